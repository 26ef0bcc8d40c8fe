"""The T/R switch at channel 0 of the TDD core, on a simulated probe that is blind or exposed when it is set wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sdr import open_transceiver
from sdr.errors import SafetyLimitExceeded, UnsuitableRadio
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import SwitchSettings
from tests.sdr.pluto.conftest import LINE_HZ, SAMPLE, instrument
from tests.sdr.shots import shot

PULSE = np.ones(100, dtype=np.complex64)


def heard(radio: SimulatedProcess, switch: SwitchSettings) -> float:
    """Height of the line after one pulse of 10 us."""
    played = shot(waveform=PULSE, centre_frequency_hz=LINE_HZ - 30e3, capture_samples=20_000, dead_time_s=6e-6)
    with open_transceiver(instrument(radio, switch=switch)) as transceiver:
        capture = transceiver.play(played)
    spectrum = np.fft.fft(capture.samples * capture.receive_mask)
    at = round(30e3 / 10e6 * len(spectrum))
    return float(np.abs(spectrum[at - 20 : at + 21]).max())


def exposures(radio: SimulatedProcess) -> int:
    return sum(entry["event"] == "exposed" for entry in radio.log())


@pytest.mark.parametrize("level", [1, 0])
def test_either_polarity_lets_the_pulse_out_and_the_line_in(level: int) -> None:
    with running(SAMPLE) as radio:
        unswitched = heard(radio, SwitchSettings())
    with_switch: dict[str, Any] = {"by": "tdd0", "transmit_level": level, "switching_s": 0.2e-6}
    with running(SAMPLE | {"switch": with_switch}) as radio:
        right = heard(radio, SwitchSettings("tdd0", level))
        assert right == pytest.approx(unswitched, rel=0.15)
        assert exposures(radio) == 0
        wrong = heard(radio, SwitchSettings("tdd0", 1 - level))
        assert wrong < 0.05 * right
        assert exposures(radio) > 0


def test_the_window_covers_the_pulse_to_the_sample() -> None:
    """With no lead and one sample of lag: nothing of the pulse may meet a switch that points to the receiver."""
    with running(SAMPLE | {"switch": {"by": "tdd0"}}) as radio:
        heard(radio, SwitchSettings("tdd0", 1, lead_s=0.0, lag_s=0.1e-6))
        assert exposures(radio) == 0


def test_a_comb_and_a_radio_without_the_core_are_refused() -> None:
    tdd = SwitchSettings("tdd0")
    with running(SAMPLE) as radio:
        with open_transceiver(instrument(radio, switch=tdd)) as transceiver:
            before = len(radio.log())
            with pytest.raises(SafetyLimitExceeded, match="between its pulses"):
                transceiver.play(shot(capture_samples=5000, dead_time_s=1e-6))
            assert not [e for e in radio.log()[before:] if e["event"] == "tx_on"]
        with pytest.raises(UnsuitableRadio, match="TDD core"):
            open_transceiver(instrument(radio, switch=tdd, synchronisation="leakage"))
