"""What workers do with radios besides measuring: look which are there, and wait for one that was lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdr.errors import RadioLost, ShotStopped
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings
from tasks import radios
from tasks.lost_radio import LOSSES_MOST, LostRadio
from tasks.watch import StopReason, Watch
from tests.sdr.loopback import RADIOS, LoopbackRadio, LoopbackTransceiver
from webapp.accounts.models import Group, User
from webapp.facility.models import Instrument, RadioScan
from webapp.runs.models import Run, RunEvent
from webapp.runs.queue.claim import claim_next
from webapp.runs.queue.ownership import Claim
from webapp.samples.models import Sample

pytestmark = pytest.mark.django_db

URI = "ip:loopback"


@pytest.fixture(autouse=True)
def own_lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))


@pytest.fixture
def claim(settings: Any) -> Claim:
    settings.RASGADO_SWEEP_S = 0.0
    settings.RASGADO_RADIO_GRACE_S = 0.3
    user = User.objects.create(username="ada")
    group = Group.objects.create(name="Salts", slug="salts")
    Run.objects.create(
        instrument=Instrument.objects.create(slug="probe", name="Probe", uri=URI),
        sample=Sample.objects.create(name="KClO3", group=group, created_by=user),
        group=group, submitted_by=user, method="survey", parameters={}, state=Run.State.QUEUED,
    )  # fmt: skip
    claimed = claim_next("probe", "w")
    assert claimed is not None
    return claimed


@pytest.fixture
def radio() -> Iterator[LoopbackTransceiver]:
    RADIOS[URI] = LoopbackRadio()
    transceiver = LoopbackTransceiver(InstrumentSettings("probe", URI, converter=ConverterSettings("upper", 400e6)))
    yield transceiver
    RADIOS[URI].reachable = True
    transceiver.close()


def said() -> list[str]:
    return [event.payload["text"] for event in RunEvent.objects.filter(kind="message").order_by("pk")]


def test_a_radio_that_comes_back_is_told_and_noted(claim: Claim, radio: LoopbackTransceiver) -> None:
    RADIOS[URI].reachable = False
    timer = threading.Timer(0.1, setattr, (RADIOS[URI], "reachable", True))
    timer.start()
    LostRadio(claim, Watch(claim)).look_for(radio, RadioLost("It went."))
    timer.join()
    assert [text.split(".")[0] for text in said()] == [
        "It went",
        "The radio is back; the shot that was broken off is played again",
    ]
    assert Instrument.objects.get().identity["serial"] == "loop-1"


def test_a_radio_that_stays_away_ends_the_run_with_both_reasons(claim: Claim, radio: LoopbackTransceiver) -> None:
    RADIOS[URI].reachable = False
    lost = RadioLost("It went.")
    lost.add_note("The transmitter is not confirmed off.")
    with pytest.raises(RadioLost, match="It went. The radio did not come back within 0.3 s") as raised:
        LostRadio(claim, Watch(claim)).look_for(radio, lost)
    assert raised.value.__notes__ == lost.__notes__


def test_a_run_that_is_cancelled_meanwhile_waits_no_longer(
    claim: Claim, radio: LoopbackTransceiver, settings: Any
) -> None:
    settings.RASGADO_RADIO_GRACE_S = 60.0
    RADIOS[URI].reachable = False
    Run.objects.update(cancel_requested=True)
    watch = Watch(claim)
    with pytest.raises(ShotStopped):
        LostRadio(claim, watch).look_for(radio, RadioLost("It went."))
    assert watch.reason is StopReason.CANCEL


def test_a_radio_that_is_lost_again_and_again_is_given_up(claim: Claim, radio: LoopbackTransceiver) -> None:
    lost_radio = LostRadio(claim, Watch(claim))
    for _ in range(LOSSES_MOST):
        lost_radio.look_for(radio, RadioLost("It went."))
    with pytest.raises(RadioLost, match="once more"):
        lost_radio.look_for(radio, RadioLost("It went once more."))


@pytest.mark.integration
def test_a_scan_finds_the_radios_of_all_instruments() -> None:
    with running("empty", serial="1044-scan") as simulated:
        instrument = Instrument.objects.create(slug="a", name="A", uri=simulated.uri)
        scan = RadioScan.objects.create(instrument=instrument)
        assert radios.scan(scan.pk)
    scan.refresh_from_db()
    assert scan.finished_at is not None
    assert [(radio["uri"], radio["serial"], radio["driver"]) for radio in scan.radios] == [
        (instrument.uri, "1044-scan", "pluto")
    ]
    assert not radios.scan(scan.pk)  # nobody waits for it any more
