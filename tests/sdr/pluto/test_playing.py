"""What comes back from a shot, with and without the TDD core and for either side of the converter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from acquisition.shot import Capture, Shot
from sdr import open_transceiver
from sdr.errors import SafetyLimitExceeded
from sdr.pluto.samples import TX_FULL_SCALE
from sdr.simulated import SimulatedProcess, running
from sdr.transceiver import ConverterSettings
from tests.sdr.pluto.conftest import LINE_HZ, SAMPLE, instrument, transmissions
from tests.sdr.shots import comb, shot

pytestmark = pytest.mark.integration

PULSE_SAMPLES = 80  # 8 us at 20 kHz nutation: the powder's best flip


def fid(centre_frequency_hz: float, **changes: Any) -> Shot:
    return shot(
        **{
            "method": "fid",
            "centre_frequency_hz": centre_frequency_hz,
            "waveform": np.ones(PULSE_SAMPLES, dtype=np.complex64),
            "capture_samples": 10_000,
            "averages": 16,
        }
        | changes
    )


def line_of(capture: Capture) -> tuple[float, float]:
    """Absolute frequency (Hz) and phase (rad, at the first transmitted sample) of the strongest line."""
    data = np.where(capture.receive_mask, capture.samples, 0)
    n = 16 * len(data)
    spectrum = np.fft.fft(data, n)
    peak = int(np.argmax(np.abs(spectrum)))
    return capture.centre_frequency_hz + float(np.fft.fftfreq(n, 1 / capture.sample_rate_hz)[peak]), float(
        np.angle(spectrum[peak])
    )


def assert_capture_fits(capture: Capture, played: Shot) -> None:
    assert capture.samples.shape == (played.capture_samples,)
    assert capture.samples.dtype == np.complex64
    assert capture.averages == played.averages
    assert capture.sample_rate_hz == played.sample_rate_hz
    assert capture.centre_frequency_hz == pytest.approx(played.centre_frequency_hz, abs=5)
    assert capture.dead_time_s == played.dead_time_s
    assert capture.method == played.method
    np.testing.assert_allclose(capture.waveform, played.waveform, atol=0.8 / TX_FULL_SCALE)
    # Sample 0 is the first transmitted one: leakage from there on, noise before was cut off.
    heard = np.abs(capture.samples)
    teeth = np.flatnonzero((played.waveform[1:] != 0) & (played.waveform[:-1] == 0)) + 1
    assert heard[0] > 0.5
    assert np.all(heard[teeth] > 0.5)
    assert np.all(heard[teeth - 1] < 0.3)
    assert np.max(heard[capture.receive_mask]) < 0.3


@pytest.mark.parametrize(("firmware", "way"), [("v0.39", "tdd"), ("v0.32", "leakage")])
def test_a_survey_shot_comes_back_aligned(firmware: str, way: str) -> None:
    played = shot(centre_frequency_hz=LINE_HZ - 130e3, averages=8, phase_cycle=(1, 1j, -1, -1j))
    done: list[int] = []
    with running(SAMPLE, firmware=firmware) as radio:
        with open_transceiver(instrument(radio)) as transceiver:
            assert transceiver.identity.synchronisation == way
            assert transceiver.identity.firmware == firmware
            assert transmissions(radio) == []
            capture = transceiver.play(played, on_average=done.append)
            assert transceiver.partial() is None
            assert transmissions(radio)[-1] == "tx_off"
        assert_capture_fits(capture, played)
        assert capture.alignment == way
        assert capture.instrument == "test"
        assert any("Phase turned" in note and "reference pulse" in note for note in capture.notes)
        assert any("upper side of 400000000 Hz" in note for note in capture.notes)
        assert not any("overloaded" in note for note in capture.notes)
        assert done[-1] == 8
        assert done == sorted(done)


@pytest.mark.parametrize(("firmware", "side"), [("v0.39", "lower"), ("v0.32", "upper")])
def test_a_line_has_its_frequency_and_a_stable_phase_after_every_tuning(firmware: str, side: str) -> None:
    """Also when the centre moves: on the lower side a wrong sign would mirror the line about each centre."""
    with running(SAMPLE, firmware=firmware, converter=f"{side}:400e6", seed=5) as radio:
        settings = instrument(radio, converter=ConverterSettings(side, 400e6))
        with open_transceiver(settings) as transceiver:
            near = [transceiver.play(fid(LINE_HZ - 40e3)) for _ in range(3)]
            far = [transceiver.play(fid(LINE_HZ + 60e3)) for _ in range(2)]
            near += [transceiver.play(fid(LINE_HZ - 40e3)) for _ in range(2)]
    for captures in (near, far):
        frequencies, phases = zip(*(line_of(capture) for capture in captures), strict=True)
        assert np.max(np.abs(np.array(frequencies) - LINE_HZ)) < 150
        spread = np.angle(np.exp(1j * (np.array(phases) - phases[0])))
        assert np.max(np.abs(spread)) < np.radians(8)


def test_without_a_converter() -> None:
    """On the radio's own frequency, which an NQR line would have to have."""
    high = {**SAMPLE, "lines": [{**SAMPLE["lines"][0], "frequency_hz": 350e6}]}
    limits = InstrumentLimits(frequency_max_hz=400e6)
    with (
        running(high, converter="none") as radio,
        open_transceiver(instrument(radio, converter=ConverterSettings(), limits=limits)) as transceiver,
    ):
        frequency_hz, _ = line_of(transceiver.play(fid(350e6 - 40e3)))
        assert abs(frequency_hz - 350e6) < 150
        with pytest.raises(SafetyLimitExceeded, match="325 MHz"):
            transceiver.play(fid(28e6))


def test_other_rates_and_a_queue_that_must_hold_a_burst(shared_radio: SimulatedProcess) -> None:
    with open_transceiver(instrument(shared_radio)) as transceiver:
        for rate_hz in (2.5e6, 20e6):
            waveform = comb(samples=2000, period=200, tooth=10, rate_hz=rate_hz)
            played = shot(
                centre_frequency_hz=LINE_HZ,
                sample_rate_hz=rate_hz,
                waveform=waveform,
                capture_samples=round(4.5e-3 * rate_hz),
                averages=100,
                dead_time_s=5e-6,
            )
            assert_capture_fits(transceiver.play(played), played)


def test_overload_of_data_is_noted(shared_radio: SimulatedProcess) -> None:
    with open_transceiver(instrument(shared_radio, rx_gain_db=60.0)) as transceiver:
        capture = transceiver.play(shot(centre_frequency_hz=LINE_HZ, dead_time_s=0.0))
    assert any("overloaded in" in note for note in capture.notes)
