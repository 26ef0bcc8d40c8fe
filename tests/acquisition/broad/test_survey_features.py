"""Broad lines in a survey's gaps: seen as what they are, told from narrow lines, ringing and noise."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from acquisition.broad import broad_features
from acquisition.lines import Line, LineStatus
from acquisition.methods import get
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from tests.acquisition.broad.lines import LIMITS

P = SurveyParameters(centre_frequency_hz=30e6, span_hz=0.8e6)
LEAKAGE = 5.0
"""What of the transmission the receiver hears: thousands of times a survey's noise."""

STRICT = ReconstructionParameters(false_alarms_per_survey=0.002)


def survey(
    broad: tuple[tuple[float, float, float], ...] = (),
    narrow: tuple[tuple[float, float, float], ...] = (),
    noise_sigma: float = 1e-3,
    ringing: float = 0.0,
    seed: int = 0,
    p: SurveyParameters = P,
    leakage: float = LEAKAGE,
) -> Capture:
    """A survey's capture in linear response, with the leakage of the transmission.

    `broad`: (offset, FWHM, amplitude) of Gaussians; `narrow`: of Lorentzians.
    """
    shot = get("survey").experiment(p, LIMITS).next_shot()
    assert shot is not None
    rate, size = shot.sample_rate_hz, shot.capture_samples
    drive = np.zeros(2 * size, dtype=np.complex128)
    drive[: len(shot.waveform)] = shot.waveform
    time_s = np.arange(2 * size) / rate
    answer = np.zeros(2 * size, dtype=np.complex128)
    for offset_hz, fwhm_hz, amplitude in broad:
        decay = (math.pi * fwhm_hz * time_s) ** 2 / (4 * math.log(2))
        answer += amplitude * np.exp(2j * np.pi * offset_hz * time_s - decay)
    for offset_hz, fwhm_hz, amplitude in narrow:
        answer += amplitude * np.exp((2j * np.pi * offset_hz - np.pi * fwhm_hz) * time_s)
    answer += ringing * np.exp(-time_s / 0.5e-6)
    samples = np.fft.ifft(np.fft.fft(answer) * np.fft.fft(drive))[:size]
    samples[: len(shot.waveform)] += leakage * shot.waveform
    rng = np.random.default_rng(seed)
    samples += (rng.standard_normal(size) + 1j * rng.standard_normal(size)) * noise_sigma / math.sqrt(2)
    return Capture(
        (samples * np.exp(0.4j)).astype(np.complex64), shot.waveform, rate, shot.centre_frequency_hz,
        shot.dead_time_s, 32,
    )  # fmt: skip


def line(frequency_hz: float, fwhm_hz: float, snr: float) -> Line:
    return Line(frequency_hz, 10.0, fwhm_hz, 10.0, 1.0, 0.1, 0.0, snr, 1.0)


@pytest.mark.parametrize("fwhm_hz", [50e3, 100e3, 150e3])
def test_place_and_width_of_a_broad_feature(fwhm_hz: float) -> None:
    pulls = []
    for seed in range(4):
        capture = survey(((120e3, fwhm_hz, 4e-4 * math.exp((fwhm_hz / 100e3) ** 2)),), seed=seed)
        (feature,) = broad_features([capture], STRICT)
        pulls.append(
            (
                (feature.frequency_hz - capture.centre_frequency_hz - 120e3) / feature.frequency_sigma_hz,
                (feature.fwhm_hz - fwhm_hz) / feature.fwhm_sigma_hz,
            )
        )
    # The uncertainties hold a systematic part for the shape, so the pulls are smaller than one.
    assert np.all(np.sqrt(np.mean(np.square(pulls), axis=0)) < 1.6)


def test_noise_ringing_and_narrow_lines_are_no_broad_features() -> None:
    for seed in range(6):
        assert broad_features([survey(seed=seed)], STRICT) == ()
    assert broad_features([survey(ringing=1.0, seed=1)], STRICT) == ()
    one = survey(narrow=((130e3, 1e3, 3e-4), (-90e3, 8e3, 6e-4)), seed=2)
    assert broad_features([one], STRICT) == ()
    known = (line(one.centre_frequency_hz + 130e3, 1e3, 60.0), line(one.centre_frequency_hz - 90e3, 8e3, 40.0))
    assert broad_features([one], STRICT, known) == ()


def test_a_period_of_no_whole_number_of_samples_lets_no_transmission_into_the_gaps() -> None:
    """60 us at 7.14 MS/s are 428.57 samples: some gaps are a sample shorter, and there the next tooth is heard."""
    planned = SurveyParameters(
        centre_frequency_hz=30e6, span_hz=1e6, gap_period_s=60e-6, tooth_s=0.7e-6, sample_rate_hz=50e6 / 7
    )
    offsets_hz = (-436e3, -312e3, -296e3, 35e3)
    one = survey(narrow=tuple((offset_hz, 1e3, 3e-5) for offset_hz in offsets_hz), seed=7, p=planned)
    known = tuple(line(one.centre_frequency_hz + offset_hz, 1e3, 6.0) for offset_hz in offsets_hz)
    assert broad_features([one], STRICT, known) == ()
    heard, quiet = (survey(((120e3, 100e3, 1e-3),), seed=6, p=planned, leakage=size) for size in (LEAKAGE, 0.0))
    (feature,) = broad_features([heard], STRICT)
    assert (feature,) == broad_features([quiet], STRICT)
    assert abs(feature.frequency_hz - heard.centre_frequency_hz - 120e3) < 3 * feature.frequency_sigma_hz
    assert abs(feature.fwhm_hz - 100e3) < 3 * feature.fwhm_sigma_hz


def test_a_stretch_without_data_is_left_out_of_the_mean() -> None:
    whole = survey(broad=((120e3, 100e3, 1e-3),), seed=7)
    samples = whole.samples.copy()
    samples[9000:15000] = 0.0
    part = dataclasses.replace(whole, samples=samples, missing=((9000, 15000),))
    (one,), (other,) = broad_features([whole], STRICT), broad_features([part], STRICT)
    assert abs(one.frequency_hz - other.frequency_hz) < one.frequency_sigma_hz
    assert abs(one.amplitude / other.amplitude - 1) < 0.03
    assert len(broad_features([whole, part], STRICT)) == 1


def test_a_broad_feature_beside_narrow_lines() -> None:
    both = survey(broad=((-200e3, 90e3, 1e-3),), narrow=((130e3, 1e3, 3e-4),), seed=3)
    (feature,) = broad_features([both], STRICT, (line(both.centre_frequency_hz + 130e3, 1e3, 60.0),))
    assert abs(feature.frequency_hz - both.centre_frequency_hz + 200e3) < 4 * feature.frequency_sigma_hz
    made = feature.line()
    assert made.status is LineStatus.CANDIDATE and "echo map" in made.reason


def test_what_is_gone_within_the_dead_time_is_not_seen() -> None:
    """300 kHz leaves 0.2 % at the end of the dead time: the honest limit of a survey."""
    assert broad_features([survey(((0.0, 300e3, 1e-3),), seed=4)], STRICT) == ()


def test_averages_in_several_captures_count_together() -> None:
    captures = [survey(((120e3, 100e3, 2.6e-4),), noise_sigma=2e-3, seed=seed) for seed in range(10, 18)]
    turned = [
        dataclasses.replace(c, samples=(c.samples * np.exp(0.1j * k)).astype(np.complex64))
        for k, c in enumerate(captures)
    ]
    alone = [broad_features([capture], STRICT) for capture in captures]
    assert sum(len(found) for found in alone) < len(captures)
    assert len(broad_features(captures, STRICT)) == 1
    assert len(broad_features(turned, STRICT)) == 1


def test_captures_without_teeth_have_no_gaps_to_look_into() -> None:
    capture = Capture(np.zeros(100, np.complex64), np.ones(5, np.complex64), 4e6, 30e6, 4e-6, 4)
    assert broad_features([capture], STRICT) == ()
