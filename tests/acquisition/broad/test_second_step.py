"""A broad feature of a survey becomes a candidate, and echoes around it decide."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from acquisition import verdict
from acquisition.broad import second_step
from acquisition.errors import InvalidParameters
from acquisition.lines import Line, LineStatus
from acquisition.methods import echo_map
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.shot import Capture
from tests.acquisition.broad import echoes, lines
from tests.acquisition.broad.test_survey_features import line, survey
from tests.acquisition.interference import Laboratory, Ringing

Real = npt.NDArray[np.float64]

PARAMETERS = ReconstructionParameters()


def with_features() -> Reconstruction:
    capture = survey(((120e3, 100e3, 8e-4),), narrow=((-200e3, 1e3, 3e-4),), seed=5)
    found = reconstruct_survey([capture], PARAMETERS)
    return second_step.with_features(found, [capture], PARAMETERS)


def test_a_broad_feature_is_one_candidate_beside_the_narrow_line() -> None:
    found = with_features()
    broad = [one for one in found.lines if second_step.is_feature(one)]
    assert len(broad) == 1 and broad[0].status is LineStatus.CANDIDATE
    assert [one for one in found.lines if not second_step.is_feature(one) and one.snr > 8]


def test_echoes_confirm_it_with_their_values_or_reject_it() -> None:
    candidate = dataclasses.replace(line(30.01e6, 90e3, 6.0), frequency_sigma_hz=15e3)
    p = second_step.echo_parameters(candidate, 32, 50e-3, 4e6)
    assert p.span_hz == pytest.approx(300e3)
    shots = second_step.echo_shots(candidate, 32, 50e-3, 4e6, lines.LIMITS)
    assert len(shots) == len(list(echo_map.shots(p, lines.LIMITS)))
    model, values = lines.gaussian(100e3)
    made = lines.captures(p, model, values, 1.0, 1)
    judged = second_step.judge(candidate, made)
    assert judged.status is LineStatus.CONFIRMED
    assert abs(judged.frequency_hz - values[0]) < 3 * judged.frequency_sigma_hz
    rng = np.random.default_rng(0)
    silent = [
        dataclasses.replace(
            c, samples=rng.standard_normal((len(c.samples), 2)).astype(np.float32).view(np.complex64)[:, 0]
        )
        for c in made
    ]
    assert second_step.judge(candidate, silent).status is LineStatus.REJECTED
    assert second_step.judge(candidate, []) == candidate


def test_what_the_instrument_cannot_play_is_an_error() -> None:
    outside = line(lines.LIMITS.frequency_max_hz, 90e3, 6.0)
    with pytest.raises(InvalidParameters):
        second_step.echo_shots(outside, 32, 50e-3, 4e6, lines.LIMITS)


def echoes_around(
    candidate: Line, parts: list[tuple[Real, Real]], noise_sigma: float, seed: int, ringing: float = 0.0
) -> list[Capture]:
    """The echoes of a candidate's map, of rotating vectors, in a probe that rings after every pulse."""
    shots = second_step.echo_shots(candidate, 32, 50e-3, 4e6, lines.LIMITS)
    frequency_hz, weight = (np.concatenate(which) for which in zip(*parts, strict=True))
    signals = [echoes.echo_signal(shot, frequency_hz, weight, lines.LIMITS) for shot in shots]
    rng = np.random.default_rng(seed)
    made = echoes.captures(shots, noise_sigma, rng, signals=signals, delay_s=0.15e-6)
    probe = Laboratory(ringing=[Ringing(ringing, 1.2e-6)])
    return [probe.disturb(capture, rng) for capture in made]


def gaussian(middle_hz: float, fwhm_hz: float, area: float = 1.0) -> tuple[Real, Real]:
    """Isochromats of a Gaussian line."""
    frequency_hz = middle_hz + np.linspace(-1.5, 1.5, 61) * fwhm_hz
    weight = np.exp(-4 * np.log(2) * ((frequency_hz - middle_hz) / fwhm_hz) ** 2)
    return frequency_hz, area * weight / weight.sum()


def feature(fwhm_hz: float) -> Line:
    made = dataclasses.replace(line(30.01e6, fwhm_hz, 60.0), reason=second_step.FEATURE)
    return dataclasses.replace(made, frequency_sigma_hz=0.2 * fwhm_hz, fwhm_sigma_hz=0.25 * fwhm_hz)


@pytest.mark.parametrize("fwhm_hz", [300.0, 5e3, 22e3])
@pytest.mark.parametrize("noise_sigma", [0.1, 2.0])
def test_the_echoes_of_a_narrow_line_confirm_no_broad_one(fwhm_hz: float, noise_sigma: float) -> None:
    """Whether the survey knows the narrow line or not, and with a width that is somewhat wrong."""
    candidate, place_hz = feature(130e3), 30.04e6
    made = echoes_around(candidate, [gaussian(place_hz, fwhm_hz)], noise_sigma, 1, ringing=300.0)
    known = line(place_hz + 0.05 * fwhm_hz, 1.1 * fwhm_hz, 40.0)
    assert second_step.judge(candidate, made, [known]).status is LineStatus.REJECTED
    assert second_step.judge(candidate, made).status is not LineStatus.CONFIRMED


@pytest.mark.parametrize("fwhm_hz", [40e3, 100e3])
@pytest.mark.parametrize("area", [0.1, 1.0])
def test_a_broad_line_keeps_its_width_beside_a_narrow_one(fwhm_hz: float, area: float) -> None:
    candidate, place_hz = feature(fwhm_hz), 30.03e6
    parts = [gaussian(30.01e6, fwhm_hz), gaussian(place_hz, 1e3, area)]
    made = echoes_around(candidate, parts, 1.0, 2)
    mapped = second_step.judge(candidate, made, [line(place_hz, 1e3, 40.0)])
    assert mapped.status is LineStatus.CONFIRMED
    assert abs(mapped.fwhm_hz - fwhm_hz) < 3 * mapped.fwhm_sigma_hz
    assert abs(mapped.frequency_hz - 30.01e6) < 3 * mapped.frequency_sigma_hz


def test_a_mapped_line_and_a_narrow_one_within_it_are_two_lines() -> None:
    broad = dataclasses.replace(line(30e6, 1e5, 50.0), status=LineStatus.CONFIRMED, reason=second_step.MAPPED)
    narrow = dataclasses.replace(line(30.01e6, 1e3, 20.0), status=LineStatus.CONFIRMED)
    assert verdict.settle([broad, narrow]) == (broad, narrow)


def test_a_feature_takes_the_place_of_its_parts_only() -> None:
    alone = survey(((120e3, 100e3, 5e-3),), seed=0)
    both = survey(((120e3, 120e3, 4e-3),), narrow=((180e3, 30e3, 3e-4),), seed=0)
    part = line(alone.centre_frequency_hz + 150e3, 60e3, 15.0)
    own = line(both.centre_frequency_hz + 180e3, 30e3, 70.0)
    for capture, one in ((alone, part), (both, own)):
        found = dataclasses.replace(reconstruct_survey([capture], PARAMETERS), lines=(one,))
        after = second_step.with_features(found, [capture], PARAMETERS).lines
        assert any(second_step.is_feature(other) for other in after)
        assert (one in after) == (one is own)
