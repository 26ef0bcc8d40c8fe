"""The driver's tests talk to a simulated radio through the real libiio; the driver cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings, InstrumentSettings

LINE_HZ = 28.05e6
SAMPLE: dict[str, Any] = {
    "name": "one strong line",
    "lines": [
        {
            "frequency_hz": LINE_HZ,
            "amplitude_over_noise": 10.0,
            "t1_s": 1e-3,
            "t2_s": 1.5e-3,
            "t2_star_s": 0.3e-3,
        }
    ],
}


def instrument(radio: SimulatedProcess, **changes: Any) -> InstrumentSettings:
    """Settings for the simulated radio with its default converter."""
    return InstrumentSettings(
        **{"slug": "test", "uri": radio.uri, "converter": ConverterSettings("upper", 400e6)} | changes
    )


@pytest.fixture(autouse=True)
def own_lock_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RASGADO_LOCK_DIR", str(tmp_path / "locks"))


@pytest.fixture(scope="module")
def shared_radio() -> Iterator[SimulatedProcess]:
    """One radio with the TDD core for the tests of a module that leave it whole."""
    with running(SAMPLE) as radio:
        yield radio


@pytest.fixture
def radio() -> Iterator[SimulatedProcess]:
    """A radio with the TDD core of a test's own."""
    with running(SAMPLE) as radio:
        yield radio


def transmissions(radio: SimulatedProcess) -> list[str]:
    """When the radio's output may have carried something: "tx_on" and "tx_off" in turn."""
    return [entry["event"] for entry in radio.log() if entry["event"] in ("tx_on", "tx_off")]
