"""Which measurement would tell the explanations apart, as a run that can be submitted as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from acquisition.assignment import report
from acquisition.assignment.sites import Hypothesis, Lines
from acquisition.assignment.values import Measurement, PredictedLine
from acquisition.limits import InstrumentLimits

CONFIRM_HALF_WIDTH_HZ = 20e3
"""Half of what one narrow-band pulse of usual strength looks at; wider predictions need a survey."""

SURVEY_SPAN_MIN_HZ = 200e3
SURVEY_SPAN_MAX_HZ = 20e6
"""Predictions wider than this are no measurement to propose, but a search."""

WANTED_SNR = 10.0
AVERAGES_MIN, AVERAGES_MAX = 16, 4096
FAINT = 0.02
"""Lines with less than this part of the signal of the site's strongest line are not proposed."""

TEMPERATURE_STEP_K = 10.0
COEFFICIENT_PER_K = 3e-4
"""Relative shift per kelvin up to which a shifted line is looked for."""

MARGIN_HZ = 20e3
"""What is proposed stays this far inside the range of the instruments: a pulse is wider than what it looks at."""

MEASUREMENTS = 3

DEFAULT_REACH_HZ = (InstrumentLimits().frequency_min_hz, InstrumentLimits().frequency_max_hz)


def measurements(
    sites: Sequence[Hypothesis],
    unexplained: Sequence[int],
    lines: Lines,
    rivals: Sequence[Sequence[Hypothesis]],
    reach_hz: tuple[float, float],
) -> tuple[Measurement, ...]:
    """Up to three measurements, the most telling first, that support or refute the sites of one explanation."""
    found: list[tuple[float, Measurement]] = []
    for site in sites:
        reference = _strongest(site, lines)
        for predicted in report.missing(site, lines):
            line = _within(predicted, reach_hz)
            if line is None:
                continue
            span_hz = _span_hz(line, lines.observations[reference].fwhm_hz)
            if line.relative_signal < FAINT or span_hz > SURVEY_SPAN_MAX_HZ or line.chance_seen > 0.8:
                continue
            alone = sum(not _predicts(rival, lines, line) for rival in rivals)
            merit = _merit(site, line) + alone / max(len(rivals), 1)
            found.append((merit, _of_line(site, line, lines, reference, span_hz)))
    found.sort(key=lambda entry: -entry[0])
    chosen = [measurement for _, measurement in found[:MEASUREMENTS]]
    doubtful = [site.places[0] for site in sites if len(site.places) == 1] + list(unexplained)
    if doubtful and len(chosen) < MEASUREMENTS:
        chosen.append(_at_another_temperature(doubtful[0], lines))
    return tuple(chosen)


def _within(line: PredictedLine, reach_hz: tuple[float, float]) -> PredictedLine | None:
    """The part of a prediction that can be measured, or None; a sharp one must be well inside."""
    lowest, highest = reach_hz
    if line.sigma_hz is not None:
        return line if lowest + MARGIN_HZ <= line.low_hz and line.high_hz <= highest - MARGIN_HZ else None
    low_hz, high_hz = max(line.low_hz, lowest + MARGIN_HZ), min(line.high_hz, highest - MARGIN_HZ)
    return replace(line, low_hz=low_hz, high_hz=high_hz) if low_hz < high_hz else None


def _merit(site: Hypothesis, line: PredictedLine) -> float:
    """A partner at a sharp frequency says most; a faint line or a wide range says less."""
    seen = {site.element.columns[column].nuclide.label for column in site.columns}
    partner = 2.0 if line.nuclide not in seen and line.sigma_hz is not None else 0.0
    sharp = 1.0 if line.sigma_hz is not None else 0.0
    return partner + sharp + 0.25 * max(-4.0, math.log10(max(line.relative_signal, 1e-6)))


def _of_line(site: Hypothesis, line: PredictedLine, lines: Lines, reference: int, span_hz: float) -> Measurement:
    seen = {site.element.columns[column].nuclide.label for column in site.columns}
    what = f"{line.nuclide} {line.transition}"
    if line.nuclide not in seen:
        kind, title = "isotope_partner", f"Isotope partner {what} at {_mhz(line)}"
    elif site.element.reference.spin == 1 and len(site.places) == 2:
        kind, title = "third_line", f"Third line {what} at {_mhz(line)}"
    else:
        kind, title = "other_transition", f"Line {what} at {_mhz(line)}"
    observation = lines.observations[reference]
    needed = observation.averages * (WANTED_SNR / (observation.snr * max(line.relative_signal, 1e-6))) ** 2
    averages = _whole_cycles(min(max(needed, AVERAGES_MIN), AVERAGES_MAX))
    method, parameters = _looking_at(line.frequency_hz, line.low_hz, line.high_hz, span_hz, averages)
    return Measurement(
        kind=kind,
        title=title,
        method=method,
        parameters=parameters,
        frequency_hz=line.frequency_hz,
        sigma_hz=line.sigma_hz,
        if_seen=f"A line there supports {what} of this site; by chance it would hardly lie just there.",
        if_not=f"No line there, at {line.relative_signal:.2g} of the signal already seen, speaks against it.",
    )


def _at_another_temperature(place: int, lines: Lines) -> Measurement:
    observation = lines.observations[place]
    frequency_hz = observation.frequency_hz
    shift_hz = COEFFICIENT_PER_K * TEMPERATURE_STEP_K * frequency_hz
    span_hz = max(2.0 * shift_hz + 10.0 * observation.fwhm_hz, SURVEY_SPAN_MIN_HZ)
    averages = _whole_cycles(min(max(observation.averages, AVERAGES_MIN), AVERAGES_MAX))
    known = observation.temperature_k
    method, parameters = _looking_at(frequency_hz, frequency_hz, frequency_hz, span_hz, averages)
    return Measurement(
        kind="temperature",
        title=f"The line at {frequency_hz / 1e6:.4f} MHz again, {TEMPERATURE_STEP_K:g} K warmer",
        method=method,
        parameters=parameters,
        frequency_hz=frequency_hz,
        sigma_hz=shift_hz,
        if_seen="A line that has moved, mostly down by about 1e-4 of its frequency per kelvin, belongs to a solid.",
        if_not="One that stays exactly where it was is interference.",
        temperature_k=None if known is None else known + TEMPERATURE_STEP_K,
    )


def _looking_at(
    frequency_hz: float, low_hz: float, high_hz: float, span_hz: float, averages: int
) -> tuple[str, dict[str, Any]]:
    """A narrow-band measurement where one pulse covers the prediction, else a survey of it."""
    if span_hz <= 2.0 * CONFIRM_HALF_WIDTH_HZ:
        return "confirm", {"frequency_hz": round(frequency_hz, 1), "averages": averages}
    centre_hz = (low_hz + high_hz) / 2.0
    return "survey", {
        "centre_frequency_hz": round(centre_hz, 1),
        "span_hz": round(max(span_hz, SURVEY_SPAN_MIN_HZ), 1),
        "averages": averages,
        "averages_max": max(256, averages),
    }


def _span_hz(line: PredictedLine, fwhm_hz: float) -> float:
    """Width to look at: three sigma to either side, or everything that eta allows, and the line's own width."""
    if line.sigma_hz is not None:
        return 6.0 * line.sigma_hz + 4.0 * fwhm_hz
    return line.high_hz - line.low_hz + 4.0 * fwhm_hz


def _predicts(rival: Sequence[Hypothesis], lines: Lines, line: PredictedLine) -> bool:
    """Whether another explanation has a sharp line at the same place."""
    for site in rival:
        for other in report.missing(site, lines):
            if other.sigma_hz is None or other.relative_signal < FAINT:
                continue
            near_hz = 3.0 * math.hypot(other.sigma_hz, line.sigma_hz or 0.0) + 5e3
            if abs(other.frequency_hz - line.frequency_hz) <= near_hz:
                return True
    return False


def _strongest(site: Hypothesis, lines: Lines) -> int:
    return max(site.places, key=lambda place: lines.observations[place].snr)


def _whole_cycles(averages: float) -> int:
    """Up to the next multiple of four, the steps of the phase cycle."""
    return 4 * math.ceil(averages / 4.0)


def _mhz(line: PredictedLine) -> str:
    if line.sigma_hz is None:
        return f"{line.low_hz / 1e6:.3f} to {line.high_hz / 1e6:.3f} MHz"
    return f"{line.frequency_hz / 1e6:.4f} ± {max(line.sigma_hz, 1.0) / 1e6:.4f} MHz"
