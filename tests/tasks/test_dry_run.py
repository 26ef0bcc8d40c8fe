"""A dry run from claim to result: real simulated radio, libiio, driver and reconstruction; no instrument is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from tasks.dry_run import do_next
from tasks.simulated_copy import sample as simulated_sample
from tools.stack import MARK
from webapp.accounts.models import Group, User
from webapp.calibrations.models import Calibration, UsedCalibration
from webapp.dryruns import queue, services
from webapp.dryruns.models import DryRun
from webapp.facility import services as facility
from webapp.facility.models import Instrument
from webapp.runs.models import CaptureRecord, Run
from webapp.samples.models import Sample
from webapp.spectra.models import Spectrum

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True), pytest.mark.one_database]

LINE_HZ = 28.0846e6
FID = {"frequency_hz": LINE_HZ, "averages": 16, "repetition_time_s": 0.02}
LONG = FID | {"averages": 100_000}
#: instrument time in which the driver has certainly put away a round of averages
ROUNDS_S = 300 * FID["repetition_time_s"]
LINE = {"frequency_hz": LINE_HZ, "amplitude_over_noise": 1.0, "t1_s": 5e-3}


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def instrument() -> Instrument:
    """One whose radio nobody could reach: 192.0.2.0/24 belongs to nobody."""
    return Instrument.objects.create(
        slug="alpha", name="Alpha", uri="ip:192.0.2.1", serial="the-real-one", rx_gain_db=40.0,
        converter={"side": "lower", "lo_hz": 600e6}, limits={"nutation_frequency_hz": 30e3, "dead_time_s": 8e-6},
    )  # fmt: skip


def start(user: User, instrument: Instrument, parameters: dict[str, Any], **more: Any) -> DryRun:
    return services.start(user, instrument=instrument, method="fid", parameters=parameters, lines=[LINE], **more)


def calibrated(user: User, instrument: Instrument, **values: float) -> None:
    """Calibrations in force, as an earlier run of the instrument has left them."""
    group = Group.objects.create(name="Staff", slug="staff")
    sample = Sample.objects.create(name="reference", group=group, created_by=user)
    run = Run.objects.create(
        instrument=instrument, sample=sample, group=group, submitted_by=user, method="calibrate_reference",
        parameters={}, state=Run.State.DONE,
    )  # fmt: skip
    now = timezone.now()
    for quantity, value in values.items():
        Calibration.objects.create(
            instrument=instrument, run=run, quantity=quantity, symbol=quantity, value=value, sigma=abs(value) / 100,
            measured_at=now, valid_until=now + timedelta(days=30), accepted_at=now,
        )  # fmt: skip


def simulators_of(pid: int) -> list[psutil.Process]:
    """Radios and guards that this process has started, but for those of a whole facility that tests share."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            if {"sdr.simulated", "sdr.guard"} & set(process.cmdline()) and MARK not in process.environ():
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_run_is_tried_on_a_copy_and_nothing_else_changes(user: User, instrument: Instrument) -> None:
    # The clock's error moves what is heard by 2.9 kHz, three widths of the line; it is taken out as in a real run.
    calibrated(user, instrument, xo_error=5e-6, nutation_frequency_hz=25e3, iq_gain_imbalance=0.02, iq_phase_rad=-0.01)
    before = Instrument.objects.values().get()
    runs = Run.objects.count()
    made = start(user, instrument, FID)
    assert do_next() is True
    made.refresh_from_db()
    assert (made.state, made.error_message) == ("done", "")
    (expected,) = made.result["expected"]
    found = made.result["lines"][expected["found"]]
    assert found["status"] == "confirmed"
    assert abs(found["frequency_hz"] - LINE_HZ) < 5 * found["frequency_sigma_hz"] + 1
    assert made.result["instrument_s"] == pytest.approx(made.plan["duration_s"])
    assert made.copied["simulated"] is True and made.copied["rx_gain_db"] == 40.0
    assert made.copied["calibrations"]["xo_error"] == 5e-6
    t2_star = next(one for one in made.result["quantities"] if one["name"] == "t2_star_s")
    assert t2_star["value"] == pytest.approx(300e-6, rel=0.1)
    # neither instrument nor anything measured knows of it
    assert Instrument.objects.values().get() == before
    assert Run.objects.count() == runs
    assert not (Spectrum.objects.exists() or CaptureRecord.objects.exists() or UsedCalibration.objects.exists())
    assert not simulators_of(os.getpid())
    assert do_next() is False
    client = Client()
    client.force_login(user)
    page = client.get(f"/dry-runs/{made.pk}/").content.decode()
    assert "Spectrum to expect" in page and "Confirmed" in page and "T₂*" in page


def test_the_copy_has_the_probe_and_the_field_of_the_instrument(instrument: Instrument) -> None:
    limits = facility.limits(instrument)
    copied = simulated_sample(instrument, limits, (), {})["probe"]
    assert copied == {"bandwidth_hz": 2.5e6, "ring_down_s": 1e-6, "nutation_hz": pytest.approx(30e3)}
    instrument.tx_attenuation_db = 16.0  # the limits' field is that of full amplitude behind this attenuation
    instrument.limits = {"probe_centre_hz": 28e6, "probe_bandwidth_hz": 1e6}
    copied = simulated_sample(instrument, facility.limits(instrument), (), {"probe_q": 100.0})["probe"]
    assert (copied["tuned_hz"], copied["bandwidth_hz"]) == (28e6, 28e4)
    assert copied["nutation_hz"] == pytest.approx(20e3 * 10 ** (6 / 20))
    instrument.probe_tuning = "prompt"
    copied = simulated_sample(instrument, facility.limits(instrument), (), {})
    assert copied["probe"]["settling_s"] == 0.0  # nobody is waited for
    assert "switch" not in copied
    instrument.tr_switch = {"by": "tdd0", "transmit_level": 0, "lag_s": 8e-6}
    copied = simulated_sample(instrument, facility.limits(instrument), (), {})
    assert copied["switch"] == {"by": "tdd0", "transmit_level": 0, "switching_s": pytest.approx(1e-6)}


def while_it_runs(made: DryRun, act: Callable[[], object]) -> None:
    """Do the dry run, and `act` as soon as several rounds of averages are done: the first are only then kept."""

    def wait_and_act() -> None:
        wait_until(lambda: DryRun.objects.get(pk=made.pk).progress.get("duration_done_s", 0.0) > ROUNDS_S, 60.0)
        act()
        connection.close()

    helper = threading.Thread(target=wait_and_act)
    helper.start()
    do_next()
    helper.join()
    made.refresh_from_db()


def test_a_running_one_is_cancelled(user: User, instrument: Instrument) -> None:
    made = start(user, instrument, LONG)
    while_it_runs(made, lambda: services.cancel(user, made))
    assert (made.state, made.slot, made.result) == ("cancelled", None, {})
    assert not simulators_of(os.getpid())


def test_at_the_time_limit_it_shows_what_it_has(user: User, instrument: Instrument, settings: Any) -> None:
    made = start(user, instrument, LONG)
    while_it_runs(made, lambda: setattr(settings, "RASGADO_DRY_RUN_S", 0.1))
    assert made.state == "done", made.error_message
    assert made.result["complete"] is False
    assert 0 < made.result["instrument_s"] < 0.9 * made.plan["duration_s"]
    assert made.result["expected"][0]["found"] is not None


def test_a_plan_that_fails_says_why(user: User, instrument: Instrument) -> None:
    made = start(user, instrument, FID)
    Instrument.objects.update(limits={"frequency_max_hz": 20e6})  # changed by staff meanwhile
    do_next()
    made.refresh_from_db()
    assert made.state == "failed"
    assert "frequency" in made.error_message.lower()


@pytest.mark.slow
def test_kill_9_of_the_worker_leaves_no_radio_behind(user: User, instrument: Instrument, tmp_path: Path) -> None:
    made = start(user, instrument, LONG)
    code = "import django; django.setup(); from tasks.dry_run import do_next; do_next()"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "webapp.config.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "RASGADO_LEASE_S": str(django_settings.RASGADO_LEASE_S),
        "TMPDIR": str(tmp_path),  # what a killed process cannot remove any more
    }
    worker = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=Path(django_settings.BASE_DIR))
    try:
        wait_until(lambda: DryRun.objects.get(pk=made.pk).copied, 60.0)
        started = simulators_of(worker.pid)
        assert started
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    wait_until(lambda: not any(process.is_running() and process.status() != "zombie" for process in started))
    DryRun.objects.update(lease_expires_at="2000-01-01T00:00:00Z")
    assert queue.sweep()["dry_runs_lost"] == 1
    made.refresh_from_db()
    assert made.state == "failed"
