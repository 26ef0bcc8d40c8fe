"""The verdict on captures: confirmed, moved, rejected, each for its reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from acquisition import verdict
from acquisition.artefacts.unexcited import needs_control
from acquisition.coverage import excites
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import narrow_band
from acquisition.methods.narrow_band import NarrowBandSettings
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from acquisition.survey_band import tooth_spacing_hz
from tests.acquisition.synthetic import Carrier, SyntheticLine, synthetic_capture

LIMITS = InstrumentLimits()
SETTINGS = NarrowBandSettings(sample_rate_hz=10e6, repetition_time_s=50e-3, tooth_spacing_hz=50e3)
PARAMETERS = ReconstructionParameters()
LINE_HZ = 28.0846e6
NOISE = 2.0


def candidate(frequency_hz: float, snr: float = 5.0, confidence: float = 0.9) -> Line:
    return Line(frequency_hz, 150.0, 1e3, 200.0, 1.0, 0.1, 0.0, snr, confidence)


def narrow_captures(
    target_hz: float, lines: list[SyntheticLine], seed: int = 0, noise: float = NOISE, **extra: object
) -> list[Capture]:
    """The two captures of one candidate, each with a phase of its own."""
    captures = []
    for number, shot in enumerate(narrow_band.shots(target_hz, 300e-6, [], 16, SETTINGS, LIMITS)):
        carriers = extra.get("carriers", ())
        captures.append(
            synthetic_capture(
                shot.waveform,
                lines,
                noise,
                centre_frequency_hz=shot.centre_frequency_hz,
                tail_s=2e-3,
                rng=1000 * seed + number,
                global_phase_rad=1.7 * number,
                carriers=[c(shot.centre_frequency_hz, number) for c in carriers],  # type: ignore[attr-defined]
                averages=16,
                method="confirm",
            )
        )
    return captures


def control(target_hz: float, lines: list[SyntheticLine], carriers: Sequence[Carrier] = ()) -> Capture:
    """A capture that listens without exciting; carriers are given relative to the target."""
    shot = narrow_band.control_shot(target_hz, 300e-6, [], 16, SETTINGS, LIMITS)
    moved = [replace(c, offset_hz=target_hz + c.offset_hz - shot.centre_frequency_hz) for c in carriers]
    centre_hz = shot.centre_frequency_hz
    return synthetic_capture(
        shot.waveform, lines, NOISE, centre_frequency_hz=centre_hz, tail_s=2e-3, carriers=moved, method="confirm"
    )


def test_a_line_that_is_there_again_is_confirmed_with_the_values_of_both() -> None:
    captures = narrow_captures(LINE_HZ, [SyntheticLine(LINE_HZ, 300e-6)])
    seen = candidate(LINE_HZ + 120.0)
    line = verdict.judge(seen, captures, PARAMETERS, 50e3).line
    assert line.status is LineStatus.CONFIRMED
    assert line.frequency_sigma_hz < seen.frequency_sigma_hz
    assert abs(line.frequency_hz - LINE_HZ) < 4 * line.frequency_sigma_hz
    assert line.unfolding_confidence == 1.0


def test_a_line_on_another_tooth_is_moved() -> None:
    captures = narrow_captures(LINE_HZ + 50e3, [SyntheticLine(LINE_HZ, 300e-6)])
    line = verdict.judge(candidate(LINE_HZ + 50e3), captures, PARAMETERS, 50e3).line
    assert line.status is LineStatus.MOVED
    assert abs(line.frequency_hz - LINE_HZ) < 5 * line.frequency_sigma_hz
    assert "50 kHz" in line.reason


def test_what_is_not_there_is_rejected_with_a_reason() -> None:
    captures = narrow_captures(LINE_HZ, [])
    line = verdict.judge(candidate(LINE_HZ), captures, PARAMETERS, 50e3).line
    assert line.status is LineStatus.REJECTED
    assert "no line within" in line.reason
    assert len(line.reason) <= 300


def test_interference_of_constant_frequency_is_rejected_by_a_control() -> None:
    def at_line(centre_hz: float, number: int) -> Carrier:
        return Carrier(LINE_HZ - centre_hz, 1.0, 0.4 * number)

    captures = narrow_captures(LINE_HZ, [], carriers=[at_line])
    line = verdict.judge(candidate(LINE_HZ), captures, PARAMETERS, 50e3).line
    assert needs_control(line)
    captures.append(control(LINE_HZ, [], carriers=[Carrier(0.0, 1.0)]))
    line = verdict.judge(candidate(LINE_HZ), captures, PARAMETERS, 50e3).line
    assert line.status is LineStatus.REJECTED
    assert "without being excited" in line.reason


def test_a_narrow_line_passes_its_control() -> None:
    lines = [SyntheticLine(LINE_HZ, 4e-3)]
    captures = [*narrow_captures(LINE_HZ, lines), control(LINE_HZ, lines)]
    line = verdict.judge(candidate(LINE_HZ), captures, PARAMETERS, 50e3).line
    assert line.status is LineStatus.CONFIRMED


def test_an_artefact_that_moves_with_the_centre_is_rejected() -> None:
    first, second = narrow_captures(LINE_HZ, [])
    # A decaying signal at a fixed place of the receiver's band that happens to fall on the candidate in one capture.
    image = synthetic_capture(
        first.waveform,
        [SyntheticLine(LINE_HZ, 300e-6)],
        NOISE,
        centre_frequency_hz=first.centre_frequency_hz,
        tail_s=2e-3,
        method="confirm",
    )
    line = verdict.judge(candidate(LINE_HZ), [image, second], PARAMETERS, 50e3).line
    assert line.status is LineStatus.REJECTED
    assert "artefact of the receiver" in line.reason


def test_without_captures_it_stays_a_candidate() -> None:
    elsewhere = narrow_captures(LINE_HZ + 2e6, [])
    seen = candidate(LINE_HZ)
    judged = verdict.judge(seen, elsewhere, PARAMETERS, 50e3)
    assert judged.decided
    assert judged.line == replace(seen, reason=verdict.SURVEY_ONLY)


def test_a_strong_neighbour_is_not_taken_for_the_candidate() -> None:
    neighbour = SyntheticLine(LINE_HZ + 8e3, 300e-6)
    captures = narrow_captures(LINE_HZ, [neighbour], noise=0.5)
    known = [candidate(LINE_HZ), candidate(neighbour.frequency_hz, snr=60.0)]
    judged = verdict.judge(known[0], captures, PARAMETERS, 50e3, known)
    assert judged.line.status is LineStatus.REJECTED


def test_two_candidates_that_are_one_line_leave_one() -> None:
    captures = narrow_captures(LINE_HZ, [SyntheticLine(LINE_HZ, 300e-6)])
    judged = [
        verdict.judge(candidate(frequency), captures, PARAMETERS, 50e3).line
        for frequency in (LINE_HZ, LINE_HZ + 400.0, LINE_HZ + 50e3)
    ]
    lines = verdict.settle(judged)
    assert [line.status for line in lines].count(LineStatus.CONFIRMED) == 1
    assert [line.status for line in lines].count(LineStatus.MOVED) == 0
    assert len(lines) == 1


@pytest.mark.parametrize(("fraction", "confirmed"), [(0.015, False), (0.1, True)])
def test_what_may_be_a_wing_of_a_strong_line_is_no_line(fraction: float, confirmed: bool) -> None:
    strong = SyntheticLine(LINE_HZ, 300e-6)
    weak = SyntheticLine(LINE_HZ + 5.5e3, 300e-6, amplitude=fraction)
    captures = narrow_captures(weak.frequency_hz, [strong, weak], noise=0.02)
    known = [candidate(weak.frequency_hz), candidate(LINE_HZ, snr=400.0)]
    line = verdict.judge(known[0], captures, PARAMETERS, 50e3, known).line
    assert (line.status is LineStatus.CONFIRMED) == confirmed
    assert ("wings of the line at 28.0846 MHz" in line.reason) != confirmed


def test_narrow_band_captures_alone_give_confirmed_lines() -> None:
    captures = narrow_captures(LINE_HZ, [SyntheticLine(LINE_HZ + 2e3, 300e-6)], noise=1.0)
    found = verdict.reconstruct(captures, PARAMETERS)
    (line,) = [line for line in found.lines if line.status is LineStatus.CONFIRMED]
    assert abs(line.frequency_hz - LINE_HZ - 2e3) < 5 * line.frequency_sigma_hz
    assert verdict.reconstruct(narrow_captures(LINE_HZ, []), PARAMETERS).lines == ()


def test_the_spacing_of_the_teeth_is_read_from_the_waveform() -> None:
    from acquisition.comb import Comb

    waveform = Comb(gap_period_s=17e-6, tooth_s=1e-6, pulse_length_s=2e-3).waveform(10e6)
    capture = Capture(np.zeros(30000, dtype=np.complex64), waveform, 10e6, LINE_HZ, 4e-6, 1)
    assert tooth_spacing_hz([capture]) == pytest.approx(1 / 17e-6, rel=1e-4)
    assert tooth_spacing_hz(narrow_captures(LINE_HZ, [])) is None


def test_which_frequencies_a_capture_can_speak_about() -> None:
    (capture, _) = narrow_captures(LINE_HZ, [])
    assert excites(capture, LINE_HZ)
    assert excites(capture, LINE_HZ + 50e3)
    assert not excites(capture, LINE_HZ + 120e3)
    assert not excites(capture, LINE_HZ + 20e6)


def test_pulls_of_confirmed_lines_are_honest() -> None:
    """Error over sigma of the frequency, of the narrow-band fit alone, has a standard deviation near 1."""
    pulls = []
    for seed in range(40):
        frequency = LINE_HZ + 37.0 * seed
        captures = narrow_captures(LINE_HZ, [SyntheticLine(frequency, 300e-6)], seed=seed + 1)
        seen = Line(LINE_HZ, math.nan, 1e3, math.nan, 1.0, 0.1, 0.0, 5.0, 0.9)
        line = verdict.judge(seen, captures, PARAMETERS, 50e3).line
        if abs(frequency - LINE_HZ) < 900 and line.status is LineStatus.CONFIRMED:
            pulls.append((line.frequency_hz - frequency) / line.frequency_sigma_hz)
    assert len(pulls) >= 20
    assert 0.6 < float(np.std(pulls)) < 1.4
