"""Wide surveys: windows in groups, lines on their edges, one spectrum with the noise and phase of each window."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import survey_checks, survey_shots, survey_windows
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.quick_spectrum import QuickLook, quick_spectrum
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.detection import expected
from acquisition.shot import Capture
from acquisition.survey_band import SurveyWindow, windows_of
from acquisition.wide_survey import GROUP_WINDOWS, groups_of, reconstruct_windows
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

LIMITS = InstrumentLimits()
CENTRE_HZ = 30e6


def surveyed(
    lines: Sequence[SyntheticLine], noises: Sequence[float] = (1.0,), phases_rad: Sequence[float] = (), **changes: Any
) -> tuple[tuple[survey_windows.Window, ...], list[Capture]]:
    """A capture of each window of a survey; noises and phases are taken in turn, a random phase where none is given."""
    values: dict[str, Any] = {"centre_frequency_hz": CENTRE_HZ, "pulse_length_s": 2e-3} | changes
    parameters = SurveyParameters(**values)
    layout = survey_checks.validate(parameters, LIMITS)
    windows = survey_shots.windows_of(parameters, layout, LIMITS)
    rng = np.random.default_rng(7)
    captures = []
    for number, window in enumerate(windows):
        shot = survey_shots.survey_shot(parameters, LIMITS, layout, window, 32)
        heard = [
            line for line in lines if abs(line.frequency_hz - shot.centre_frequency_hz) < 0.49 * shot.sample_rate_hz
        ]
        phase = phases_rad[number % len(phases_rad)] if phases_rad else rng.uniform(0, 2 * math.pi)
        captures.append(
            synthetic_capture(
                shot.waveform,
                heard,
                noises[number % len(noises)],
                sample_rate_hz=shot.sample_rate_hz,
                centre_frequency_hz=shot.centre_frequency_hz,
                tail_s=parameters.tail_s,
                rng=rng,
                global_phase_rad=phase,
                averages=32,
            )
        )
    return windows, captures


def test_groups_share_their_outermost_window() -> None:
    windows = [SurveyWindow(1e6 * k, (2 * k, 2 * k + 1)) for k in range(2 * GROUP_WINDOWS)]
    groups = groups_of(windows)
    assert {window for group in groups for window in group.windows} == set(windows)
    assert all(len(group.windows) <= GROUP_WINDOWS for group in groups)
    for group, after in itertools.pairwise(groups):
        assert group.windows[-1] == after.windows[0]
        assert group.high_hz == after.low_hz == group.windows[-1].comb_hz
    assert (groups[0].low_hz, groups[-1].high_hz) == (-math.inf, math.inf)
    assert len(groups_of(windows[:GROUP_WINDOWS])) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("span_hz", "tooth_s", "noise"), [(10e6, 1e-6, 1.0), (30e6, 0.2e-6, 0.2)])
def test_lines_on_the_edges_of_windows_are_found_once(span_hz: float, tooth_s: float, noise: float) -> None:
    windows, _ = surveyed([], span_hz=span_hz, tooth_s=tooth_s)
    assert len(windows) > GROUP_WINDOWS
    # On the edge of a window, on the bounds between groups, and beside them.
    edges = [window.centre_hz + window.width_hz / 2 for window in windows[:-1]]
    bounds = [window.centre_hz for window in windows[GROUP_WINDOWS - 1 :: GROUP_WINDOWS - 1]]
    places = sorted(
        [*edges[1::3], *(bound + 37.0 for bound in bounds), windows[-1].centre_hz + 0.49 * windows[-1].width_hz]
    )
    lines = [SyntheticLine(place, 300e-6) for place in places]
    _, captures = surveyed(lines, (noise,), span_hz=span_hz, tooth_s=tooth_s)
    found = reconstruct_windows(captures, ReconstructionParameters())
    assert len(found.lines) == len(lines)
    for line, place in zip(found.lines, places, strict=True):
        assert abs(line.frequency_hz - place) < 5 * line.frequency_sigma_hz + 1
    stated = [message for message in found.messages if "looked for above" in message]
    assert found.detection is not None and stated == [found.detection.sentence], "one threshold, of the whole survey"
    assert found.detection.false_alarms == ReconstructionParameters().false_alarms_per_survey
    assert found.detection.snr == pytest.approx(expected(found.detection.false_alarms, span_hz).snr, rel=0.02)
    spectrum = found.spectrum
    assert spectrum.x0_hz <= CENTRE_HZ - span_hz / 2
    assert spectrum.x0_hz + spectrum.dx_hz * len(spectrum.values) >= CENTRE_HZ + span_hz / 2
    axis = spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values))
    for place in places:
        near = np.abs(axis - place) < 2e3
        assert np.max(np.abs(spectrum.values[near])) > 5 * spectrum.noise_sigma


def test_each_window_has_its_noise_and_phase() -> None:
    (first, second, *_), _ = surveyed([], span_hz=2.5e6)
    line = SyntheticLine((first.centre_hz + second.centre_hz) / 2, 300e-6)
    windows, captures = surveyed([line], noises=(0.5, 1.0, 2.0), phases_rad=(0.4, 1.9, 2.5), span_hz=2.5e6)
    spectrum = reconstruct_windows(captures, ReconstructionParameters()).spectrum
    assert len(spectrum.windows) == len(windows) == 3
    axis = spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values))
    for window, noise in zip(spectrum.windows, (0.5, 1.0, 2.0), strict=True):
        values = spectrum.values[(axis >= window.low_hz) & (axis < window.high_hz)]
        assert window.noise_sigma == pytest.approx(noise * spectrum.windows[1].noise_sigma, rel=0.02)
        measured = math.sqrt(float(np.median(np.abs(values) ** 2)) / math.log(2.0))
        assert measured == pytest.approx(window.noise_sigma, rel=0.15)
    assert [window.phase_known for window in spectrum.windows] == [True, True, False]
    assert spectrum.windows[1].phase_rad == pytest.approx(1.9 - 0.4, abs=0.2)


def test_a_rejected_line_is_drawn_as_it_was_received() -> None:
    line = SyntheticLine(CENTRE_HZ - 0.2e6, 300e-6)
    _, captures = surveyed([line], span_hz=1.5e6)
    found = reconstruct_windows(captures, ReconstructionParameters())
    (seen,) = found.lines
    rejected = [type(seen)(**{**seen.__dict__, "status": LineStatus.REJECTED})]
    again = found.judged(rejected, ())
    axis = found.spectrum.x0_hz + found.spectrum.dx_hz * np.arange(len(found.spectrum.values))
    image = np.abs(axis - seen.frequency_hz - 50e3) < 500
    assert np.max(np.abs(again.spectrum.values[image])) > 1.5 * np.max(np.abs(found.spectrum.values[image]))
    np.testing.assert_array_equal(found.judged(found.lines, found.lines).spectrum.values, found.spectrum.values)


def test_the_quick_look_is_the_quick_spectrum_of_all_captures() -> None:
    _, captures = surveyed([SyntheticLine(CENTRE_HZ + 0.1e6, 300e-6)], span_hz=2.5e6)
    look = QuickLook()
    assert look.spectrum() is None
    for capture in [captures[0], *captures]:
        look.add(capture)
    shown, expected = look.spectrum(), quick_spectrum([captures[0], *captures])
    assert shown is not None
    np.testing.assert_array_equal(shown.values, expected.values)
    assert len(shown.windows) == len(windows_of(captures)) == 3
