"""From all captures of one run to its lines with their final status.

The experiment, the processing worker and any reprocessing use this one module, so that a result never depends on who
asked. Nothing but the captures is looked at: a narrow-band capture belongs to every candidate that its pulse excites.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition import methods
from acquisition.errors import AcquisitionError
from acquisition.experiment import Spectrum
from acquisition.free_decay import FreeDecay, free_decay, pulses
from acquisition.lines import Line, LineStatus
from acquisition.presence import presence, presence_threshold
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.correlate import correlation_spectrum
from acquisition.reconstruction.record import Record
from acquisition.reconstruction.search import excited_band_hz
from acquisition.reconstruction.teeth import tooth_spacing_samples
from acquisition.shot import Capture
from acquisition.survey_band import inside, survey_bands_hz
from acquisition.wings import wing_fault

WEAK_FALSE_ALARMS = 1.0
"""Expected number of noise peaks among the candidates of a survey whose candidates are measured again."""

CONFIRM_SHARE = 0.1
"""Share of a survey's false alarms that a second measurement of noise peaks may contribute."""

FALSE_ALARMS_MOST = 10.0
"""Largest rate that a reconstruction accepts."""

HINT_FALSE_ALARMS = 0.1
"""A weak signal that noise makes once in so many measurements is worth more averages before it is rejected."""

WORTH_FITTING = 0.7
"""A fit is made where the matched filter alone comes this near to the threshold."""

STRONG_SNR = 6.0
"""Lines of the survey from here on are taken out of the data before something weak is looked for beside them."""

SEARCH_SIGMAS = 5.0
SEARCH_LEAST_HZ = 1.0e3
"""Where a candidate is looked for again: this many standard deviations around it, at least this far."""

EXCITED_FRACTION = 0.5
"""A capture can speak about a frequency if its pulse excites it at least to this fraction of its strongest."""

ONE_SIDED = 0.5
"""Least amplitude that each centre frequency must show, three standard deviations granted, of that which shows most."""

BROADEST_FWHM_HZ = 10e3
"""Width that the decimation of captures without a survey is made for: nothing is known of their lines."""

UNEXCITED_FRACTION = 0.25
"""A capture whose pulse excites a frequency less than this, relative to its strongest, is a control there."""

NARROW_HZ = 100.0
"""A signal that may be narrower than this (within two standard deviations) may be interference: it needs a control."""


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
    mixed with others.
    """
    known = methods.methods()
    for name in {capture.method for capture in captures} & known.keys():
        own = known[name].reconstruct
        if own is None:
            continue
        if any(capture.method != name for capture in captures):
            raise AcquisitionError(f"Captures of the method {name} cannot be processed together with those of others.")
        return own(captures, parameters)
    survey = [capture for capture in captures if capture.method != "confirm"]
    narrow = [capture for capture in captures if capture.method == "confirm"]
    if not survey:
        return _narrow_only(narrow, parameters)
    found = survey_candidates(survey, parameters, weak=bool(narrow))
    return judge_all(found, survey, narrow, parameters)


def judge_all(
    found: Reconstruction, survey: Sequence[Capture], narrow: Sequence[Capture], parameters: ReconstructionParameters
) -> Reconstruction:
    """The survey's candidates after their second measurement, each line once, and none outside the survey's windows."""
    spacing_hz = tooth_spacing_hz(survey)
    wanted = candidates_of(found, survey)
    judged = [judge(line, narrow, parameters, spacing_hz, found.lines).line for line in wanted]
    by_candidate = {id(line): verdict for line, verdict in zip(wanted, judged, strict=True)}
    return found.judged([by_candidate.get(id(line), line) for line in found.lines], settle(judged))


def candidates_of(found: Reconstruction, survey: Sequence[Capture]) -> tuple[Line, ...]:
    """Lines of the survey inside its windows; what seems to lie outside explains data, but was not asked for."""
    bands_hz = survey_bands_hz(survey)
    return tuple(line for line in found.lines if inside(line.frequency_hz, bands_hz))


def survey_candidates(
    captures: Sequence[Capture], parameters: ReconstructionParameters, *, weak: bool
) -> Reconstruction:
    """Candidates of the survey captures; with `weak` also such as noise makes about once a survey."""
    if weak:
        level = max(WEAK_FALSE_ALARMS, parameters.false_alarms_per_survey)
        parameters = replace(parameters, false_alarms_per_survey=level)
    return reconstruct_survey(captures, parameters)


def tooth_spacing_hz(captures: Iterable[Capture]) -> float | None:
    """Spacing of the comb's teeth in frequency, from the waveforms; None without a comb."""
    for capture in captures:
        spacing = tooth_spacing_samples(np.asarray(capture.waveform, dtype=np.complex128))
        if spacing:
            return capture.sample_rate_hz / spacing
    return None


def judge(
    candidate: Line,
    narrow: Sequence[Capture],
    parameters: ReconstructionParameters,
    spacing_hz: float | None,
    known: Sequence[Line] = (),
) -> Judgement:
    """One candidate in the light of the narrow-band captures that excite it.

    Confirmed when it is there again, at every centre frequency; moved when it is on a neighbouring tooth instead;
    rejected when the captures would show it and do not. Without captures it stays a candidate, with that as
    the reason. `known` are the lines of the survey, whose strong ones are not to be taken for the candidate.
    """
    strong = [line for line in known if line.snr >= STRONG_SNR and line is not candidate]
    covering = [capture for capture in narrow if excites(capture, candidate.frequency_hz)]
    if not covering:
        return Judgement(replace(candidate, reason=SURVEY_ONLY), decided=True)
    strict = CONFIRM_SHARE * parameters.false_alarms_per_survey
    half_width_hz = _search_half_width_hz(candidate)
    search = _Search(candidate.fwhm_hz, half_width_hz, strong)
    again = _fit(covering, candidate.frequency_hz, search, strict, parameters)
    if again is not None:
        fault = again.reason or _fault(again, narrow)
        if fault:
            return Judgement(replace(candidate, status=LineStatus.REJECTED, reason=fault), decided=True)
        return Judgement(_confirmed(candidate, again), decided=True)
    for tooth in _neighbours(spacing_hz):
        there_hz = candidate.frequency_hz + tooth
        captures = [capture for capture in narrow if excites(capture, there_hz)]
        elsewhere = _fit(captures, there_hz, search, strict, parameters) if captures else None
        if elsewhere is not None and not (elsewhere.reason or _fault(elsewhere, narrow)):
            reason = (
                f"The survey had it {abs(tooth) / 1e3:.3g} kHz {'lower' if tooth > 0 else 'higher'}, on another tooth."
            )
            moved = replace(elsewhere, status=LineStatus.MOVED, reason=reason, unfolding_confidence=1.0)
            return Judgement(moved, decided=True)
    reason = (
        f"Measured by itself at {_centres(covering)}, there is no line within {half_width_hz / 1e3:.2g} kHz of "
        f"{candidate.frequency_hz / 1e6:.4f} MHz."
    )
    rejected = replace(candidate, status=LineStatus.REJECTED, reason=reason)
    return Judgement(rejected, decided=not _hinted(candidate, covering, search))


def excites(capture: Capture, frequency_hz: float) -> bool:
    """Whether the pulse of a narrow-band capture excites this frequency and the receiver hears it."""
    return _hears(capture, frequency_hz) and _excitation(capture, frequency_hz) >= EXCITED_FRACTION


def is_control(capture: Capture, frequency_hz: float) -> bool:
    """Whether a narrow-band capture hears this frequency without exciting it."""
    return _hears(capture, frequency_hz) and _excitation(capture, frequency_hz) < UNEXCITED_FRACTION


def needs_control(line: Line) -> bool:
    """Whether a confirmed line is so narrow that it could be interference of constant frequency."""
    sigma_hz = line.fwhm_sigma_hz if math.isfinite(line.fwhm_sigma_hz) else 0.0
    return line.fwhm_hz - 2.0 * sigma_hz < NARROW_HZ


def _hears(capture: Capture, frequency_hz: float) -> bool:
    return abs(frequency_hz - capture.centre_frequency_hz) <= 0.45 * capture.sample_rate_hz


def _excitation(capture: Capture, frequency_hz: float) -> float:
    """|X| of the first pulse at a frequency relative to its largest: there all samples add up."""
    stretches = pulses(capture.waveform)
    if not stretches:
        return 0.0
    place = np.arange(*stretches[0])
    pulse = np.asarray(capture.waveform[place], dtype=np.complex128)
    turns = (frequency_hz - capture.centre_frequency_hz) / capture.sample_rate_hz * place
    return float(abs(np.sum(pulse * np.exp(-2j * np.pi * turns))) / np.sum(np.abs(pulse)))


def quick_spectrum(captures: Sequence[Capture]) -> Spectrum:
    """The correlation spectrum of captures, without any search for lines; what people watch during a run."""
    records = [
        record for record in (Record(capture) for capture in captures) if record.count and record.drive_scale > 0
    ]
    if not records:
        return Spectrum(0.0, 1.0, np.zeros(0, dtype=np.complex64), 0.0)
    bands = [excited_band_hz(record, ReconstructionParameters().excitation_floor) for record in records]
    sigmas = np.asarray([math.sqrt(max(record.energy / record.count, 1e-300)) for record in records])
    band_hz = (min(low for low, _ in bands), max(high for _, high in bands))
    return correlation_spectrum(records, [record.received for record in records], sigmas, band_hz)


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
    return abs(line.frequency_hz - other.frequency_hz) < 0.5 * max(line.fwhm_hz, other.fwhm_hz)


def _narrow_only(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Narrow-band captures without a survey: the confirmed lines in the band that all of them excite."""
    spectrum = quick_spectrum(captures)
    middle_hz = float(np.mean([_pulse_frequency_hz(capture) for capture in captures])) if captures else 0.0
    decays = _decays(captures, middle_hz, BROADEST_FWHM_HZ)
    if not decays:
        return Reconstruction((), spectrum, 0.0, ("Nothing was received after the pulses.",))
    found = reconstruct_survey([decay.capture for decay in decays], parameters)
    lines = []
    for line in found.lines:
        if not all(excites(capture, line.frequency_hz) for capture in captures):
            continue
        fault = wing_fault(line, found.lines) or _fault(line, captures)
        status = LineStatus.REJECTED if fault else LineStatus.CONFIRMED
        at_pulse = _at_pulse(line, decays)
        lines.append(replace(at_pulse, status=status, reason=fault, unfolding_confidence=1.0))
    # The filter averages as many samples as the rate is lower by.
    noise_sigma = found.noise_sigma * math.sqrt(captures[0].sample_rate_hz / decays[0].rate_hz)
    return Reconstruction(settle(lines), spectrum, noise_sigma, found.messages)


def _pulse_frequency_hz(capture: Capture) -> float:
    """Absolute frequency of the first pulse, from the mean step of its phase."""
    stretches = pulses(capture.waveform)
    pulse = np.asarray(capture.waveform[slice(*stretches[0])], dtype=np.complex128) if stretches else np.zeros(1)
    step_rad = float(np.angle(np.vdot(pulse[:-1], pulse[1:])))
    return capture.centre_frequency_hz + step_rad * capture.sample_rate_hz / (2.0 * math.pi)


def _at_pulse(line: Line, decays: Sequence[FreeDecay]) -> Line:
    """The line with the amplitude that it had at the pulse (or at the top of the echo)."""
    lost = math.exp(min(math.pi * line.fwhm_hz * decays[0].delay_s, 20.0))
    return replace(line, amplitude=line.amplitude * lost, amplitude_sigma=line.amplitude_sigma * lost)


@dataclass(frozen=True)
class _Search:
    """What is looked for: a line of about this width, this far around a place, beside strong lines that are known."""

    fwhm_hz: float
    half_width_hz: float
    strong: Sequence[Line] = ()


def _fit(
    captures: Sequence[Capture],
    near_hz: float,
    search: _Search,
    false_alarms: float,
    parameters: ReconstructionParameters,
) -> Line | None:
    """The strongest line near a frequency in narrow-band captures, or None.

    All lines of the decimated band are fitted together, so that a strong neighbour does not disturb; the threshold is
    that of `false_alarms` within the searched range. The amplitude is that right after the pulse; a reason says why it
    may not be a line of its own.
    """
    half_width_hz = search.half_width_hz
    decays = _decays(captures, near_hz, search.fwhm_hz)
    if not decays:
        return None
    threshold = WORTH_FITTING * presence_threshold(false_alarms, half_width_hz)
    if _presence(decays, near_hz, search) < threshold:
        return None
    band_hz = min(decay.capture.sample_rate_hz for decay in decays)
    in_band = min(false_alarms * max(1.0, band_hz / (2.0 * half_width_hz)), FALSE_ALARMS_MOST)
    level = replace(parameters, false_alarms_per_survey=in_band, minimum_confidence=0.0)
    found = reconstruct_survey([decay.capture for decay in decays], level)
    near = [line for line in found.lines if abs(line.frequency_hz - near_hz) <= half_width_hz]
    if not near:
        return None
    best = max(near, key=lambda line: line.snr)
    return replace(_at_pulse(best, decays), reason=wing_fault(best, found.lines))


def _hinted(candidate: Line, captures: Sequence[Capture], search: _Search) -> bool:
    """Whether something is seen at the candidate's place, though too weakly to be called a line."""
    decays = _decays(captures, candidate.frequency_hz, search.fwhm_hz)
    return _presence(decays, candidate.frequency_hz, search) >= presence_threshold(
        HINT_FALSE_ALARMS, search.half_width_hz
    )


def _decays(captures: Sequence[Capture], near_hz: float, fwhm_hz: float) -> list[FreeDecay]:
    return [decay for capture in captures if (decay := free_decay(capture, near_hz, fwhm_hz)) is not None]


def _presence(decays: Sequence[FreeDecay], near_hz: float, search: _Search) -> float:
    """Presence near a frequency after strong lines outside the searched range were taken out."""
    outside = [line for line in search.strong if abs(line.frequency_hz - near_hz) > search.half_width_hz]
    return presence([decay.without(outside) for decay in decays], near_hz, search.half_width_hz)


def _search_half_width_hz(candidate: Line) -> float:
    sigma_hz = candidate.frequency_sigma_hz
    uncertain = SEARCH_SIGMAS * sigma_hz if math.isfinite(sigma_hz) else 0.0
    return max(uncertain, candidate.fwhm_hz, SEARCH_LEAST_HZ)


def _neighbours(spacing_hz: float | None) -> tuple[float, ...]:
    """Distances of the teeth on which a survey is most likely to have put a line by mistake."""
    return () if spacing_hz is None else (spacing_hz, -spacing_hz, 2 * spacing_hz, -2 * spacing_hz)


def _centres(captures: Sequence[Capture]) -> str:
    centres = sorted({round(capture.centre_frequency_hz) for capture in captures})
    return "the centre frequencies " + " and ".join(f"{centre / 1e6:.4f} MHz" for centre in centres[:3])


def _fault(line: Line, narrow: Sequence[Capture]) -> str:
    """Why a signal that is there is not a line of the sample; empty if nothing speaks against it."""
    by_centre: dict[int, list[tuple[float, float]]] = {}
    for capture in narrow:
        if excites(capture, line.frequency_hz):
            for decay in _decays([capture], line.frequency_hz, line.fwhm_hz):
                by_centre.setdefault(round(capture.centre_frequency_hz), []).append(decay.amplitude(line))
    seen = {centre: _root_mean_square(values) for centre, values in by_centre.items()}
    if not seen:
        return ""
    most = max(amplitude for amplitude, _ in seen.values())
    missing = min(seen, key=lambda centre: seen[centre][0])
    least, sigma = seen[missing]
    if least + 3.0 * sigma < ONE_SIDED * most:
        return f"It is gone when the centre frequency is moved to {missing / 1e6:.4f} MHz: an artefact of the receiver."
    controls = [capture for capture in narrow if is_control(capture, line.frequency_hz)]
    unexcited = [decay.amplitude(line) for decay in _decays(controls, line.frequency_hz, line.fwhm_hz)]
    if unexcited:
        amplitude, sigma = _root_mean_square(unexcited)
        if amplitude - 3.0 * sigma > ONE_SIDED * most:
            return "It is there without being excited: interference, not an answer of the sample."
    return ""


def _root_mean_square(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(amplitude, sigma) over captures of the same tuning, whose phases are unrelated."""
    amplitude = math.sqrt(float(np.mean([amplitude**2 for amplitude, _ in values])))
    return amplitude, math.sqrt(float(np.mean([sigma**2 for _, sigma in values])) / len(values))


def _confirmed(candidate: Line, again: Line) -> Line:
    """The candidate with the values of both measurements; the second alone where they disagree."""
    frequency_hz, frequency_sigma_hz = _combined(
        (candidate.frequency_hz, candidate.frequency_sigma_hz), (again.frequency_hz, again.frequency_sigma_hz)
    )
    fwhm_hz, fwhm_sigma_hz = _combined(
        (candidate.fwhm_hz, candidate.fwhm_sigma_hz), (again.fwhm_hz, again.fwhm_sigma_hz)
    )
    return replace(
        again,
        frequency_hz=frequency_hz,
        frequency_sigma_hz=frequency_sigma_hz,
        fwhm_hz=fwhm_hz,
        fwhm_sigma_hz=fwhm_sigma_hz,
        unfolding_confidence=1.0,
        status=LineStatus.CONFIRMED,
        reason="",
    )


def _combined(survey: tuple[float, float], narrow: tuple[float, float]) -> tuple[float, float]:
    """(value, sigma) of two independent measurements, weighted by their inverse variances."""
    (a, sigma_a), (b, sigma_b) = survey, narrow
    if not (math.isfinite(sigma_a) and sigma_a > 0):
        return narrow
    if not (math.isfinite(sigma_b) and sigma_b > 0):
        return b, sigma_a
    if abs(a - b) > 4.0 * math.hypot(sigma_a, sigma_b):
        return narrow
    weight_a, weight_b = sigma_a**-2, sigma_b**-2
    return (a * weight_a + b * weight_b) / (weight_a + weight_b), (weight_a + weight_b) ** -0.5
