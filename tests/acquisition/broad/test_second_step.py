"""A broad feature of a survey becomes a candidate, and echoes around it decide."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from acquisition.broad import second_step
from acquisition.errors import InvalidParameters
from acquisition.lines import LineStatus
from acquisition.methods import echo_map
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from tests.acquisition.broad import lines
from tests.acquisition.broad.test_survey_features import line, survey

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
    judged = second_step.judge(candidate, made, PARAMETERS)
    assert judged.status is LineStatus.CONFIRMED
    assert abs(judged.frequency_hz - values[0]) < 3 * judged.frequency_sigma_hz
    rng = np.random.default_rng(0)
    silent = [
        dataclasses.replace(
            c, samples=rng.standard_normal((len(c.samples), 2)).astype(np.float32).view(np.complex64)[:, 0]
        )
        for c in made
    ]
    assert second_step.judge(candidate, silent, PARAMETERS).status is LineStatus.REJECTED
    assert second_step.judge(candidate, [], PARAMETERS) == candidate


def test_what_the_instrument_cannot_play_is_an_error() -> None:
    outside = line(lines.LIMITS.frequency_max_hz, 90e3, 6.0)
    with pytest.raises(InvalidParameters):
        second_step.echo_shots(outside, 32, 50e-3, 4e6, lines.LIMITS)
