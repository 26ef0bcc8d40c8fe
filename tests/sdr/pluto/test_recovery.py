"""A radio that was lost is found again by its serial number, and no other radio is taken for it."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from sdr import open_transceiver
from sdr.errors import RadioLost, ShotStopped, UnsuitableRadio, WrongRadio
from sdr.pluto.turn_off import turn_off
from sdr.simulated import SimulatedProcess, running
from tests.sdr.ordeal import transmits
from tests.sdr.pluto.conftest import SAMPLE, instrument
from tests.sdr.shots import shot
from tools.processes import free_port

pytestmark = pytest.mark.integration


def writes(radio: SimulatedProcess) -> int:
    return sum(entry["event"] == "write" for entry in radio.log())


def test_at_another_address_with_another_firmware(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile another radio has got the old address, and is left alone."""
    old, new = free_port(), free_port()
    monkeypatch.setenv("RASGADO_RADIO_URIS", f"ip:127.0.0.1:{old} ip:127.0.0.1:{new}")
    with running(SAMPLE, port=old, serial="ours") as radio:
        transceiver = open_transceiver(instrument(radio))
        assert transceiver.play(shot()).alignment == "tdd"
        radio.kill()
    with (
        running(SAMPLE, port=old, serial="theirs") as other,
        running(SAMPLE, port=new, serial="ours", firmware="v0.32") as radio,
    ):
        identity = transceiver.recover(10.0)
        assert (identity.uri, identity.firmware) == (f"ip:127.0.0.1:{new}", "v0.32")
        assert transceiver.identity == identity
        assert transmits(radio) == ""
        capture = transceiver.play(shot())
        assert capture.alignment == "leakage"
        assert any("v0.32" in note for note in capture.notes)
        transceiver.close()
        assert transmits(radio) == ""
        # the settings still have the old address
        with open_transceiver(instrument(radio, uri=f"ip:127.0.0.1:{old}", serial="ours")) as transceiver:
            assert transceiver.identity.uri == f"ip:127.0.0.1:{new}"
        assert turn_off(f"ip:127.0.0.1:{old}", "ours").confirmed
        assert writes(other) == 0


def test_there_and_back_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock on the first address, still held, keeps others away and not the one who holds it."""
    first, second = free_port(), free_port()
    monkeypatch.setenv("RASGADO_RADIO_URIS", f"ip:127.0.0.1:{first} ip:127.0.0.1:{second}")
    with running(SAMPLE, port=first, serial="ours") as radio:
        transceiver = open_transceiver(instrument(radio))
    with running(SAMPLE, port=second, serial="ours"):
        assert transceiver.recover(10.0).uri == f"ip:127.0.0.1:{second}"
    with running(SAMPLE, port=first, serial="ours") as radio:
        assert turn_off(f"ip:127.0.0.1:{second}", "ours").confirmed
        assert transceiver.recover(10.0).uri == radio.uri
        assert transceiver.play(shot()).averages == 8
    with running(SAMPLE, port=second, serial="ours") as radio:
        transceiver.close()
        assert transmits(radio) == ""


def test_only_another_radio_is_there() -> None:
    port = free_port()
    with running(SAMPLE, port=port, serial="ours") as radio:
        transceiver = open_transceiver(instrument(radio))
        radio.kill()
    with running(SAMPLE, port=port, serial="theirs") as other:
        with pytest.raises(WrongRadio, match="theirs"):
            transceiver.recover(0.5)
        assert writes(other) == 0
    with running(SAMPLE, port=port, serial="ours") as radio:
        transceiver.recover(10.0)
        transceiver.close()
        assert transmits(radio) == ""


def test_it_came_back_without_what_the_settings_require() -> None:
    port = free_port()
    with running(SAMPLE, port=port, serial="ours") as radio:
        transceiver = open_transceiver(instrument(radio, synchronisation="tdd"))
        radio.kill()
    with running(SAMPLE, port=port, serial="ours", firmware="v0.32") as radio:
        with pytest.raises(UnsuitableRadio, match=r"0\.39"):
            transceiver.recover(0.5)
        transceiver.close()
        assert transmits(radio) == ""


def test_nobody_is_there_and_then_it_is_back(radio: SimulatedProcess) -> None:
    transceiver = open_transceiver(instrument(radio))
    radio.command("unplug")
    with pytest.raises(RadioLost, match="0.6 s"):
        transceiver.recover(0.6)
    stop_at_s = time.monotonic() + 0.6
    with pytest.raises(ShotStopped):
        transceiver.recover(60.0, should_stop=lambda: time.monotonic() > stop_at_s)
    radio.command("plug")
    transceiver.recover(10.0)
    assert transceiver.play(shot()).averages == 8
    transceiver.close()


def test_a_radio_that_hears_and_never_answers_keeps_nobody_waiting(radio: SimulatedProcess) -> None:
    transceiver = open_transceiver(instrument(radio, reply_timeout_s=0.5))
    radio.fault("freeze-attribute")
    with pytest.raises(RadioLost):
        transceiver.play(shot())
    asked: list[float] = []
    with pytest.raises(RadioLost):
        transceiver.recover(1.5, should_stop=lambda: asked.append(time.monotonic()) is not None)
    assert max(later - earlier for earlier, later in pairwise(asked)) < 0.8
    radio.command("clear")
    transceiver.recover(10.0)
    assert transceiver.play(shot()).averages == 8
    transceiver.close()
