"""From all captures of one run to its lines with their final status.

The experiment, the processing worker and any reprocessing use this one module, so that a result never depends on who
asked. Nothing but the captures is looked at: a narrow-band capture belongs to every candidate that its pulse excites.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from acquisition import methods, second_look
from acquisition.artefacts import narrow_fault, remains, unexcited
from acquisition.artefacts.faulty_samples import notes_on_samples, without_faulty_samples
from acquisition.artefacts.modulated import undisturbed
from acquisition.broad import second_step
from acquisition.calibration import corrected_all
from acquisition.coverage import excites, pulse_frequency_hz
from acquisition.errors import AcquisitionError
from acquisition.lines import Line, LineStatus
from acquisition.quick_spectrum import quick_spectrum
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.detection import of_candidates
from acquisition.shot import Capture
from acquisition.survey_band import inside, survey_bands_hz, tooth_spacing_hz
from acquisition.wide_survey import reconstruct_windows
from acquisition.wings import wing_fault

CONFIRM_SHARE = 0.1
"""Share of a survey's false alarms that a second measurement of noise peaks may contribute."""

STRONG_SNR = 6.0
"""Lines of the survey from here on are taken out of the data before something weak is looked for beside them."""

BROADEST_FWHM_HZ = 10e3
"""Width that the decimation of captures without a survey is made for: nothing is known of their lines."""


PARTS_LEAST = 2
"""Signals near one another that are there without being excited, from which on they are one modulated carrier."""

SURVEY_ONLY = "It was seen in the survey only, and not measured again by itself."


@dataclass(frozen=True)
class Judgement:
    """What the narrow-band captures say of one candidate. `decided` is False where more averages could change it."""

    line: Line
    decided: bool


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """All captures of one run, survey and confirmation alike, to lines with their final status.

    Survey captures alone give candidates, narrow-band captures alone give the confirmed lines in the band they share.
    Captures of a method that has a reconstruction of its own are left to it; raises AcquisitionError when they are
    mixed with others, except echoes, by which a survey measures its broad features. What the captures' calibrations
    know of the radio's errors is taken out of them first.
    """
    captures = corrected_all(captures)
    known = methods.methods()
    for name in {capture.method for capture in captures} & known.keys():
        own = known[name].reconstruct
        if own is None:
            continue
        if any(capture.method != name for capture in captures):
            if name == second_step.METHOD:
                continue
            raise AcquisitionError(f"Captures of the method {name} cannot be processed together with those of others.")
        return own(captures, parameters)
    echoes = [capture for capture in captures if capture.method == second_step.METHOD]
    survey = [capture for capture in captures if capture.method not in ("confirm", second_step.METHOD)]
    narrow = [capture for capture in captures if capture.method == "confirm"]
    if not survey:
        return _narrow_only(narrow, parameters)
    found = survey_candidates(survey, parameters, weak=bool(narrow))
    return second_step.judged(judge_all(found, survey, narrow, parameters), echoes)


def judge_all(
    found: Reconstruction, survey: Sequence[Capture], narrow: Sequence[Capture], parameters: ReconstructionParameters
) -> Reconstruction:
    """The survey's candidates after their second measurement, each line once, and none outside the survey's windows."""
    spacing_hz = tooth_spacing_hz(survey)
    narrow = [undisturbed(without_faulty_samples(capture), found.silenced_hz) for capture in narrow]
    wanted = candidates_of(found, survey)
    judged = [judge(line, narrow, parameters, spacing_hz, found.lines, found.silenced_hz).line for line in wanted]
    notes = notes_on_samples([*survey, *narrow])
    found = replace(found, messages=tuple(dict.fromkeys([*found.messages, *notes])))
    by_candidate = {id(line): verdict for line, verdict in zip(wanted, judged, strict=True)}
    return found.judged([by_candidate.get(id(line), line) for line in found.lines], settle([*judged, *found.artefacts]))


def candidates_of(found: Reconstruction, survey: Sequence[Capture]) -> tuple[Line, ...]:
    """Lines of the survey inside its windows; what seems to lie outside explains data, but was not asked for."""
    bands_hz = survey_bands_hz(survey)
    return tuple(line for line in found.lines if inside(line.frequency_hz, bands_hz))


def survey_candidates(
    captures: Sequence[Capture], parameters: ReconstructionParameters, *, weak: bool
) -> Reconstruction:
    """Candidates of the survey captures; with `weak` also such as noise makes about once a survey."""
    searched = parameters
    if weak:
        searched = replace(parameters, false_alarms_per_survey=of_candidates(parameters.false_alarms_per_survey))
    return second_step.with_features(reconstruct_windows(captures, searched), captures, parameters)


def judge(
    candidate: Line,
    narrow: Sequence[Capture],
    parameters: ReconstructionParameters,
    spacing_hz: float | None,
    known: Sequence[Line] = (),
    silenced_hz: Sequence[tuple[float, float]] = (),
) -> Judgement:
    """One candidate in the light of the narrow-band captures that excite it.

    Confirmed when it is there again, at every centre frequency; moved when it is on a neighbouring tooth instead;
    rejected when the captures would show it and do not. Without captures it stays a candidate, with that as
    the reason. `known` are the lines of the survey, whose strong ones are not to be taken for the candidate;
    `silenced_hz` the bands that interference filled and that were taken out of the captures.
    """
    if second_step.is_feature(candidate):
        return Judgement(candidate, decided=True)  # no single pulse shows it: echoes decide
    if remains.is_unresolved(candidate, silenced_hz):
        return Judgement(replace(candidate, status=LineStatus.REJECTED, reason=remains.UNRESOLVED), decided=True)
    strong = [line for line in known if line.snr >= STRONG_SNR and line is not candidate]
    covering = [capture for capture in narrow if excites(capture, candidate.frequency_hz)]
    if not covering:
        return Judgement(replace(candidate, reason=SURVEY_ONLY), decided=True)
    strict = CONFIRM_SHARE * parameters.false_alarms_per_survey
    half_width_hz = second_look.search_half_width_hz(candidate)
    search = second_look.Search(candidate.fwhm_hz, half_width_hz, strong)
    again = second_look.fit(covering, candidate.frequency_hz, search, strict, parameters)
    if again is not None:
        fault = again.reason or remains.fault(candidate, known, silenced_hz) or remains.fault(again, (), silenced_hz)
        fault = fault or narrow_fault(again, narrow)
        if fault:
            return Judgement(replace(candidate, status=LineStatus.REJECTED, reason=fault), decided=True)
        return Judgement(second_look.confirmed(candidate, again), decided=True)
    doubts = ""
    # Beside interference a candidate that is not there was what that left, not a line of another tooth.
    for tooth in () if remains.is_beside(candidate, silenced_hz) else _neighbours(spacing_hz):
        there_hz = candidate.frequency_hz + tooth
        captures = [capture for capture in narrow if excites(capture, there_hz)]
        elsewhere = second_look.fit(captures, there_hz, search, strict, parameters) if captures else None
        if elsewhere is None:
            continue
        fault = elsewhere.reason or remains.fault(elsewhere, (), silenced_hz) or narrow_fault(elsewhere, narrow)
        if fault:
            doubts = doubts or f" What is {abs(tooth) / 1e3:.3g} kHz {_side(tooth)} is none of the sample: {fault}"
            continue
        reason = f"The survey had it {abs(tooth) / 1e3:.3g} kHz {_side(-tooth)}, on another tooth."
        moved = replace(elsewhere, status=LineStatus.MOVED, reason=reason, unfolding_confidence=1.0)
        return Judgement(moved, decided=True)
    reason = (
        f"Measured by itself at {_centres(covering)}, there is no line within {half_width_hz / 1e3:.2g} kHz of "
        f"{candidate.frequency_hz / 1e6:.4f} MHz.{doubts}"
    )
    rejected = replace(candidate, status=LineStatus.REJECTED, reason=reason)
    return Judgement(rejected, decided=not second_look.hinted(candidate, covering, search))


def settle(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines in order of frequency, where candidates that turned out to be one line are that line once."""
    certain = [line for line in lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]
    others = [line for line in lines if line.status not in (LineStatus.CONFIRMED, LineStatus.MOVED)]
    kept: list[Line] = []
    # A line found where the survey had it goes before one that moved there.
    for line in sorted(certain, key=lambda line: (line.status is LineStatus.MOVED, -line.snr)):
        if not any(_unresolved(line, known) for known in kept):
            kept.append(line)
    return tuple(sorted([*kept, *others], key=lambda line: line.frequency_hz))


def _unresolved(line: Line, other: Line) -> bool:
    if second_step.is_mapped(line) != second_step.is_mapped(other):
        return False  # a narrow line stands for itself within a broad one
    return abs(line.frequency_hz - other.frequency_hz) < 0.5 * max(line.fwhm_hz, other.fwhm_hz)


def _narrow_only(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Narrow-band captures without a survey: the confirmed lines in the band that the first of them excites.

    Others may have been made to listen there without exciting it, or after saturation.
    """
    spectrum = quick_spectrum(captures)
    middle_hz = pulse_frequency_hz(captures[0]) if captures else 0.0
    exciting = [capture for capture in captures if excites(capture, middle_hz)]
    decays = second_look.decays_of(exciting, middle_hz, BROADEST_FWHM_HZ)
    if not decays:
        return Reconstruction((), spectrum, 0.0, ("Nothing was received after the pulses.",))
    found = reconstruct_survey([decay.capture for decay in decays], parameters)
    lines = []
    for line in found.lines:
        if not all(excites(capture, line.frequency_hz) for capture in exciting):
            continue
        fault = wing_fault(line, found.lines) or narrow_fault(line, captures)
        status = LineStatus.REJECTED if fault else LineStatus.CONFIRMED
        at_pulse = second_look.at_pulse(line, decays)
        lines.append(replace(at_pulse, status=status, reason=fault, unfolding_confidence=1.0))
    lines = _without_sidebands(lines)
    # The filter averages as many samples as the rate is lower by.
    noise_sigma = found.noise_sigma * math.sqrt(exciting[0].sample_rate_hz / decays[0].rate_hz)
    return Reconstruction(settle(lines), spectrum, noise_sigma, found.messages, detection=found.detection)


def _without_sidebands(lines: Sequence[Line]) -> list[Line]:
    """The same lines, but those among several parts of a modulated carrier, which speech moves, are rejected."""
    parts = [line for line in lines if line.reason == unexcited.REASON]
    judged = []
    for line in lines:
        near = [part for part in parts if abs(part.frequency_hz - line.frequency_hz) < remains.NEAR_LINE_HZ]
        strongest = max(near, key=lambda part: part.snr, default=None)
        if line.status is LineStatus.CONFIRMED and strongest and len(near) >= PARTS_LEAST and line.snr < strongest.snr:
            reason = f"Among parts of a modulated carrier at {strongest.frequency_hz / 1e6:.4f} MHz: interference."
            line = replace(line, status=LineStatus.REJECTED, reason=reason)
        judged.append(line)
    return judged


def _neighbours(spacing_hz: float | None) -> tuple[float, ...]:
    """Distances of the teeth on which a survey is most likely to have put a line by mistake."""
    return () if spacing_hz is None else (spacing_hz, -spacing_hz, 2 * spacing_hz, -2 * spacing_hz)


def _side(distance_hz: float) -> str:
    return "higher" if distance_hz > 0 else "lower"


def _centres(captures: Sequence[Capture]) -> str:
    centres = sorted({round(capture.centre_frequency_hz) for capture in captures})
    return "the centre frequencies " + " and ".join(f"{centre / 1e6:.4f} MHz" for centre in centres[:3])
