"""What a scan says of radios, of what is no radio, and of radios that must not be disturbed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdr import cli, discovery
from sdr.discovery import Announced, FoundRadio
from sdr.lock import RadioLock
from sdr.simulated import SimulatedProcess, running
from tools.processes import free_port

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def own_lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.delenv("RASGADO_RADIO_URIS", raising=False)


@pytest.fixture(scope="module")
def pluto() -> SimulatedProcess:
    with running("empty", serial="1044-first") as radio:
        yield radio


@pytest.fixture(scope="module")
def module() -> SimulatedProcess:
    with running("empty", radio="adrv9361") as radio:
        yield radio


def test_radios_of_both_kinds(pluto: SimulatedProcess, module: SimulatedProcess) -> None:
    first, second = discovery.scan([pluto.uri, module.uri])
    assert (first.uri, first.serial, first.firmware, first.driver) == (pluto.uri, "1044-first", "v0.39", "pluto")
    assert (first.tuning_min_hz, first.tuning_max_hz) == (325e6, 3.8e9)
    assert first.synchronisation == "tdd"
    assert "PlutoSDR" in first.model
    assert any("converter" in warning for warning in first.warnings)
    assert (second.driver, second.serial, second.synchronisation) == ("adrv9361", "", "leakage")
    assert (second.tuning_min_hz, second.tuning_max_hz) == (70e6, 6e9)
    assert any("no serial number" in warning for warning in second.warnings)
    assert any("transmitter is not off" in warning for warning in second.warnings)


def test_a_scan_sets_nothing(pluto: SimulatedProcess) -> None:
    before = [entry for entry in pluto.log() if entry["event"] == "write"]
    discovery.scan([pluto.uri])
    assert [entry for entry in pluto.log() if entry["event"] == "write"] == before


def test_one_radio_by_two_ways(pluto: SimulatedProcess) -> None:
    for radio in discovery.scan([pluto.uri, pluto.uri.replace("127.0.0.1", "localhost")]):
        assert any("2 addresses lead to serial number 1044-first" in warning for warning in radio.warnings)


def test_a_radio_in_use_is_not_asked(pluto: SimulatedProcess) -> None:
    """A new connection would change how long the radio waits on behalf of whoever measures with it."""
    lock = RadioLock(pluto.uri)
    before = len(pluto.log())
    try:
        (found,) = discovery.scan([pluto.uri])
    finally:
        lock.release()
    assert "in use" in found.warnings[0]
    assert len(pluto.log()) == before


def test_what_is_no_radio() -> None:
    nobody = f"ip:127.0.0.1:{free_port()}"
    silent, nonsense = discovery.scan([nobody, "http://radio"])
    assert "no radio at" in silent.warnings[0]
    assert "unknown beginning" in nonsense.warnings[0]
    assert not silent.driver


def test_configured_addresses(pluto: SimulatedProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_RADIO_URIS", f" {pluto.uri}  http://nonsense {pluto.uri}")
    assert [radio.uri for radio in discovery.scan([pluto.uri])] == [pluto.uri]
    assert [found.uri for found in discovery.candidates(["usb:1.2.5"])] == ["usb:1.2.5", pluto.uri]


def test_the_serial_number_of_a_radio_on_usb_is_in_its_description(monkeypatch: pytest.MonkeyPatch) -> None:
    """As libiio's sources write it; no radio on USB was at hand."""
    described = {"usb": {"usb:1.4.5": "0456:b673 (Analog Devices Inc. PlutoSDR), serial=1044-second"}, "ip": {}}
    monkeypatch.setattr(discovery, "_scan", described.__getitem__)
    assert discovery.announced() == (Announced("usb:1.4.5", "1044-second"),)


def test_the_command(pluto: SimulatedProcess, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scan", pluto.uri]) == 0
    text = capsys.readouterr().out
    for part in (pluto.uri, "1044-first", "v0.39", "TDD core   yes", "325 to 3800 MHz", "! It tunes from 325 MHz"):
        assert part in text
    assert cli.main(["scan", "--json", pluto.uri]) == 0
    assert FoundRadio(**json.loads(capsys.readouterr().out)).driver == "pluto"
    assert cli.main(["scan", "ip:127.0.0.1:1"]) == 1
    assert "no radio at" in capsys.readouterr().out
    assert cli.main(["scan"]) == 1
    assert "No radio was found" in capsys.readouterr().out
