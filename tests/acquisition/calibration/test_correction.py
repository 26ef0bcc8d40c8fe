"""A corrected capture is what a radio without errors would have received."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from acquisition.calibration import corrected
from acquisition.calibration.reference import reference_error
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.fid import FidParameters
from acquisition.reception import RadioState, UsedCalibration
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture, Shot
from acquisition.verdict import reconstruct
from tests.acquisition.calibration.laboratory import Laboratory
from tests.acquisition.methods.spins import SpinLine, captured, noiseless

IMAGE = 0.5 * (0.06 - 0.03j)
IQ = (UsedCalibration("iq_gain_imbalance", 0.06, 1e-4), UsedCalibration("iq_phase_rad", -0.03, 1e-4))


def tone_shot(phase_cycle: tuple[complex, ...]) -> Shot:
    waveform = (0.01 * np.exp(2j * np.pi * 0.11 * np.arange(1500))).astype(np.complex64)
    return Shot("fid", 28e6, 10e6, waveform, 2000, 1e-6, 4 * len(phase_cycle), 1e-3, phase_cycle)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("phase_cycle", [(1,), (1j,), (1, -1), (1, 1j), (1, 1j, -1, -1j)])
def test_the_image_goes_whatever_cycle_and_converter(phase_cycle: tuple[complex, ...], inverted: bool) -> None:
    sound = Laboratory(bandwidth_hz=8e6, noise=0.0, inverted=inverted)
    uneven = replace(sound, image=IMAGE)
    shot = tone_shot(phase_cycle)
    wanted = sound.capture(shot, np.random.default_rng(1))
    spoilt = replace(uneven.capture(shot, np.random.default_rng(1)), calibrations=IQ)
    mended = corrected(spoilt)
    before = float(np.abs(spoilt.samples - wanted.samples).max())
    assert spoilt.radio is not None
    # Where the cycle takes the image out, no correction may spoil that.
    assert (before > 1e-3) == (abs(spoilt.radio.image_left) > 0.5)
    np.testing.assert_allclose(mended.samples, wanted.samples, atol=2e-6)
    assert mended.calibrations == ()
    assert corrected(mended) is mended


def fid_capture(line: SpinLine, **changes: object) -> Capture:
    p = FidParameters(frequency_hz=28.084e6)
    experiment = get("fid").experiment(p, InstrumentLimits())
    shot = experiment.next_shot()
    assert shot is not None
    capture = captured(shot, noiseless(shot, line), 4e-3, np.random.default_rng(7))
    return replace(capture, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("inverted", [False, True])
def test_a_line_is_where_it_is_although_the_reference_is_off(inverted: bool) -> None:
    """Seen by a radio whose oscillator and sample rate are 5 ppm too high; what the driver says is nominal."""
    error, line = 5e-6, SpinLine(frequency_hz=28.0846e6)
    true = fid_capture(line)
    radio = RadioState(400e6 - 28e6 if inverted else 428e6, inverted, 0.0, (1, 1j, -1, -1j))
    shift_hz = radio.frequency_hz * error * (-1 if inverted else 1)
    seen = replace(
        true,
        centre_frequency_hz=true.centre_frequency_hz - shift_hz,
        sample_rate_hz=true.sample_rate_hz / (1 + error),
        radio=radio,
    )

    def measured(capture: Capture) -> tuple[float, float]:
        result = reconstruct([capture], ReconstructionParameters())
        (found,) = (one for one in result.lines if one.status is LineStatus.CONFIRMED)
        return found.frequency_hz, found.frequency_sigma_hz

    seen_hz, sigma_hz = measured(seen)
    assert abs(seen_hz - line.frequency_hz) > 1500 > 30 * sigma_hz
    known = (UsedCalibration("xo_error", error, 1e-8),)
    right_hz, _ = measured(replace(seen, calibrations=known))
    assert abs(right_hz - line.frequency_hz) < 4 * sigma_hz
    found, found_sigma = reference_error(seen_hz, sigma_hz, 28.0846e6, 0.0, seen.centre_frequency_hz, radio)
    assert abs(found - error) < 4 * found_sigma < 0.8e-6


def test_a_late_reception_turns_no_line() -> None:
    """Lines keep the phase of their pulse wherever they lie in the band, once the delay is known."""
    early = fid_capture(SpinLine())
    late_s = 2e-6
    frequency = np.fft.fftfreq(2 * len(early.samples), 1 / early.sample_rate_hz)
    padded = np.zeros(2 * len(early.samples), dtype=complex)
    padded[: len(early.samples)] = early.samples
    moved = np.fft.ifft(np.fft.fft(padded) * np.exp(-2j * np.pi * frequency * late_s))[: len(early.samples)]
    late = replace(early, samples=moved.astype(np.complex64))
    known = replace(late, calibrations=(UsedCalibration("timing_error_s", late_s, 1e-9, early.sample_rate_hz),))
    elsewhere = replace(late, calibrations=(UsedCalibration("timing_error_s", late_s, 1e-9, 20e6),))
    phases = []
    for capture in (early, late, known, elsewhere):
        found = reconstruct([capture], ReconstructionParameters()).spectrum
        phases.append(float(np.angle(found.values[np.argmax(np.abs(found.values))])))
    turn = 2 * np.pi * late_s * (28.0846e6 - early.centre_frequency_hz)
    assert abs(turn) > 0.2

    def apart(a: float, b: float) -> float:
        return abs(np.angle(np.exp(1j * (a - b))))

    assert apart(phases[1], phases[0] - turn) < 0.03
    assert apart(phases[2], phases[0]) < 0.03
    assert apart(phases[3], phases[1]) == 0.0  # it is true for another sample rate only


def test_what_is_not_known_is_not_corrected() -> None:
    capture = fid_capture(SpinLine(), calibrations=(*IQ, UsedCalibration("xo_error", 1e-6), UsedCalibration("odd", 3)))
    assert capture.radio is None
    mended = corrected(capture)
    assert mended.centre_frequency_hz == capture.centre_frequency_hz
    assert mended.samples is capture.samples
