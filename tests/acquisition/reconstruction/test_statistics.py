"""What the result says of itself is true: thresholds, confidences, uncertainties, and lines that are not resolved."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from acquisition.reconstruction import ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.noise import Colour, colour_of
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.search import excited_band_hz, transform_of
from acquisition.shot import Capture
from benchmarks.false_alarm_rate import SETUP, coloured, false_lines, white
from benchmarks.uncertainty_pulls import BLOCH, pulls
from benchmarks.unfolding_calibration import SETUPS, outcomes
from tests.acquisition.reconstruction.survey_trials import CENTRE_HZ, Setup
from tests.acquisition.synthetic import SyntheticLine

FWHM_HZ = 1.0 / (math.pi * 300e-6)


def test_threshold_is_stated() -> None:
    result = reconstruct_survey([SETUP.capture([], 1.0, 1)], ReconstructionParameters(false_alarms_per_survey=0.05))
    assert any("0.05 times a survey" in message and "ratio of" in message for message in result.messages)


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "surveys"), [(white, 40), (coloured, 20)], ids=["white", "coloured"])
def test_noise_of_any_colour_gives_the_stated_false_alarms(noise: Callable[[int], list[Capture]], surveys: int) -> None:
    """At one false line a survey: within three Poisson deviations. The benchmark `false_alarm_rate` has many more."""
    count = false_lines((noise(1000 + seed) for seed in range(surveys)), 1.0)
    assert abs(count - surveys) < 3 * math.sqrt(surveys)


def test_white_noise_is_left_alone_and_a_slope_is_followed() -> None:
    def colour(capture: Capture) -> tuple[Colour, tuple[float, float]]:
        record = Record(capture)
        band = excited_band_hz(record, 0.25)
        return colour_of(record, transform_of(record, record.data), band, record.energy / record.count), band

    assert all(not colour(white(seed)[0])[0].coefficients for seed in range(5))
    capture = coloured(3)[0]
    found, (low, high) = colour(capture)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft(capture.samples))) ** 2
    axis = capture.centre_frequency_hz + np.fft.fftshift(np.fft.fftfreq(len(spectrum), 1 / capture.sample_rate_hz))
    ends = [np.mean(spectrum[np.abs(axis - place) < 0.1 * (high - low)]) for place in (low, high)]
    assert found.factor(high) / found.factor(low) == pytest.approx(ends[1] / ends[0], rel=0.25)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setup", "surveys", "within"), [(Setup(), 100, 0.2), (BLOCH, 50, 0.3)], ids=["linear", "bloch"]
)
def test_pulls_of_frequency_width_and_amplitude(setup: Setup, surveys: int, within: float) -> None:
    """The deviation of 100 pulls is itself uncertain by 0.07, that of 50 by 0.1."""
    found = pulls(setup, range(10_000, 10_000 + surveys))
    for values in (found.frequency, found.fwhm, found.amplitude):
        assert len(values) >= surveys - 1
        assert np.std(values) == pytest.approx(1.0, abs=within)
    assert abs(np.mean(found.frequency)) < 0.35


@pytest.mark.slow
def test_confidence_is_the_share_of_right_teeth() -> None:
    """Over lines of all confidences, to three standard deviations of what those confidences allow."""
    found = outcomes(SETUPS[:1], range(5_000, 5_045))
    stated = np.asarray([one.confidence for one in found])
    right = np.asarray([one.right for one in found])
    sigma = math.sqrt(float(np.sum(stated * (1 - stated))))
    assert len(found) > 30 and not right.all()
    assert abs(right.sum() - stated.sum()) < 3 * sigma


@pytest.mark.parametrize("separation", [0.3, 0.6, 0.8, 1.0])
def test_lines_within_a_width_are_not_resolved_silently(separation: float) -> None:
    """They are said to overlap or not to be Lorentzian, or are one line that the data cannot tell from two."""
    pair = [SyntheticLine(CENTRE_HZ + 61e3, 300e-6), SyntheticLine(CENTRE_HZ + 61e3 + separation * FWHM_HZ, 300e-6)]
    lines = reconstruct_survey([Setup().capture(pair, 0.1, 1)], ReconstructionParameters()).lines
    if separation >= 0.6:
        assert all("Unresolved" in line.reason or "Not Lorentzian" in line.reason for line in lines)
    assert len(lines) == 1 or all("Unresolved" in line.reason for line in lines)


def test_lines_three_widths_apart_are_resolved() -> None:
    pair = [SyntheticLine(CENTRE_HZ + 61e3, 300e-6), SyntheticLine(CENTRE_HZ + 61e3 + 3 * FWHM_HZ, 300e-6)]
    lines = reconstruct_survey([Setup().capture(pair, 0.1, 1)], ReconstructionParameters()).lines
    assert [line.reason for line in lines] == ["", ""]
