"""A run that loses its radio for good keeps the averages that it has, and what they show is found in them."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from sdr.simulated import SimulatedProcess, running
from tasks.acquire import acquire
from tasks.processing import process
from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument
from webapp.runs import services
from webapp.runs.models import Run
from webapp.runs.queue.claim import claim_next
from webapp.runs.services import captures
from webapp.samples.models import Sample
from webapp.spectra.models import SpectralLine, Spectrum

pytestmark = [
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_database,
]

LINE_HZ = 28.05e6
SAMPLE = {
    "name": "one line",
    "lines": [
        {"frequency_hz": LINE_HZ, "amplitude_over_noise": 1.5, "t1_s": 4e-3, "t2_s": 2e-3, "t2_star_s": 0.8e-3},
    ],
}
AVERAGES = 20_000


def kill_when_it_has_averages(radio: SimulatedProcess, bursts: int) -> threading.Thread:
    """After so many bursts of the run's only shot."""

    def wait_and_kill() -> None:
        deadline_s = time.monotonic() + 30
        while time.monotonic() < deadline_s:
            if sum(entry["event"] == "acquisition" and entry["samples"] > 5000 for entry in radio.log()) > bursts:
                break
            time.sleep(0.02)
        radio.kill()

    thread = threading.Thread(target=wait_and_kill, daemon=True)
    thread.start()
    return thread


def test_what_was_averaged_is_stored_and_reconstructed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.setattr("django.conf.settings.RASGADO_RADIO_GRACE_S", 0.3)
    group = Group.objects.create(name="Staff", slug="staff")
    staff = User.objects.create_user("stella", is_staff=True)
    sample = Sample.objects.create(name="Reference", formula="KClO3", group=group, created_by=staff)
    with running(SAMPLE, seed=11) as radio:
        instrument = Instrument.objects.create(
            slug="lost", name="Lost", uri=radio.uri, converter={"side": "upper", "lo_hz": 400e6}
        )
        parameters = {"frequency_hz": LINE_HZ + 20e3, "averages": AVERAGES, "repetition_time_s": 20e-3}
        run = services.submit(staff, instrument=instrument, sample=sample, method="fid", parameters=parameters)
        claim = claim_next("lost", "test")
        assert claim is not None
        killer = kill_when_it_has_averages(radio, bursts=5)
        acquire(claim)
        killer.join()
    run.refresh_from_db()
    instrument.refresh_from_db()
    assert (run.state, run.error_code) == (Run.State.INTERRUPTED, "radio_lost")
    assert instrument.status == Instrument.Status.NEEDS_CHECK
    [stored] = run.captures.all()
    assert not stored.complete
    capture = captures.load(stored)
    assert 0 < capture.averages < AVERAGES
    assert capture.averages % 2 == 0
    assert process(Spectrum.objects.get(run=run).pk)
    lines = SpectralLine.objects.filter(spectrum__run=run)
    assert min(abs(line.frequency_hz - LINE_HZ) for line in lines) < 200
