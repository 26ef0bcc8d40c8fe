"""Planning of a survey: windows, excitation, averages, duration, and everything that can be wrong with the parameters.

Counts are checked by arithmetic before anything is laid out, so that planning an absurd survey is instantaneous.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.comb import Comb, gate
from acquisition.errors import FieldError, InvalidParameters
from acquisition.excited_band import excited_band_hz
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, narrow_band, survey_advice
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.shot import ComplexArray, Shot
from acquisition.shot_limits import first_fault, near_forbidden

WINDOW_OVERLAP = 0.1
"""Fraction of a window that it shares with each neighbour, so that no line lies on an edge of all its windows."""

USABLE_BAND = 0.8
"""Fraction of the sampling rate over which the receiver is flat."""

EXCITED_HALF_BAND = 0.49
"""Half width, in units of 1 / tooth length, of the band that must lie inside the instrument's range. A comb's band ends
on a replica of its sweep, half a tooth spacing further out at most."""

COUNTED_SAMPLES_MAX = 1_000_000
"""Longest excitation whose transmitting samples are counted where their upper bound is too coarse."""

DISTANCE_FROM_CENTRE_HZ = 20e3
"""Least distance of a window's edge from the frequency that the radio is tuned to."""

CANDIDATES_EXPECTED = 4
CANDIDATES_MAX = 40
"""Confirmations that the expected and the longest duration of a plan allow for."""

PROFILE_POINTS = 2048


@dataclass(frozen=True)
class Window:
    """One stretch of the range that a single excitation covers.

    The middle of the comb, `comb_hz`, is that of the window except at an end of the instrument's range. It lies
    `offset_hz` (a multiple of the tooth spacing) above the frequency that the radio is tuned to, so that the whole
    window lies on one side of it: no line can then sit at zero frequency, where receivers distort, nor on the
    quadrature image of another line of the window.
    """

    centre_hz: float
    width_hz: float
    comb_hz: float
    offset_hz: float

    @property
    def tuned_hz(self) -> float:
        """Centre frequency of the shots of this window."""
        return self.comb_hz - self.offset_hz


@dataclass(frozen=True)
class Layout:
    """The numbers that follow from the parameters before anything is made."""

    window_width_hz: float
    windows: int
    averages: int
    averages_max: int
    capture_samples: int


def comb_of(parameters: SurveyParameters, limits: InstrumentLimits) -> Comb:
    """The excitation of a survey; its amplitude is in units of the transmitter's full scale."""
    return Comb(
        gap_period_s=parameters.gap_period_s,
        tooth_s=parameters.tooth_s,
        pulse_length_s=parameters.pulse_length_s,
        hs_order=parameters.hs_order,
        amplitude=parameters.amplitude * limits.peak_amplitude,
    )


def validate(parameters: SurveyParameters, limits: InstrumentLimits) -> Layout:
    """The layout of a survey; raises InvalidParameters with every fault."""
    faults = checks.static_faults(parameters)
    if faults:
        raise InvalidParameters(faults)
    p = parameters
    found: list[FieldError | None] = [
        checks.frequency_range_fault(p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"),
        checks.probe_fault(p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"),
        *_averages_faults(p),
        checks.repetition_time_fault(p.repetition_time_s, p.pulse_length_s + p.tail_s, limits),
        *_comb_faults(p, limits),
        checks.pulse_length_fault("pulse_length_s", p.pulse_length_s, limits),
        checks.sample_rate_fault(p.sample_rate_hz, limits),
        checks.capture_fault("tail_s", p.pulse_length_s + p.tail_s, p.sample_rate_hz, limits),
    ]
    window_width_hz = min(1.0 / sampled_tooth_s(p), USABLE_BAND * p.sample_rate_hz)
    found.append(_reach_fault(p, limits))
    step_hz = window_width_hz * (1.0 - WINDOW_OVERLAP)
    windows = 1 + max(0, math.ceil((p.span_hz - window_width_hz) / step_hz - 1e-9))
    averages = checks.whole_cycles(p.averages)
    shots = windows * averages
    blamed = "span_hz" if windows > averages else "averages"
    found.append(checks.amount_fault(blamed, shots, shots * p.repetition_time_s, limits))
    if windows > checks.WINDOWS_MAX:
        found.append(
            FieldError(
                "span_hz",
                f"The range takes {checks.count_text(windows)} windows of {checks.frequency_text(window_width_hz)}; at "
                f"most {checks.WINDOWS_MAX:,} are allowed. A shorter tooth makes windows wider.",
            )
        )
    if p.confirm and not any(found):
        found += _confirmation_faults(p, limits)
    checks.raise_all(found, SurveyParameters)
    layout = Layout(
        window_width_hz=window_width_hz,
        windows=windows,
        averages=averages,
        averages_max=checks.whole_cycles(p.averages_max),
        capture_samples=math.ceil((p.pulse_length_s + p.tail_s) * p.sample_rate_hz - 1e-9),
    )
    _require_allowed(p, layout, limits)
    return layout


def _require_allowed(p: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> None:
    """Raise InvalidParameters for what only the sampled waveforms tell: forbidden bands and the average power."""
    if not limits.forbidden_bands_hz and limits.average_power_max >= limits.duty_max:
        return  # nothing that is on for so little of the time can exceed it
    laid = windows(p, layout, limits)
    near = [one for one in laid if near_forbidden(one.tuned_hz, p.sample_rate_hz, limits)]
    for window in (laid[0], *near):
        fault = first_fault(survey_shot(p, limits, layout, window, layout.averages), limits)
        if fault is not None:
            names = {known.name for known in dataclasses.fields(SurveyParameters)}
            field = fault.field if fault.field in names else "centre_frequency_hz"
            low = checks.frequency_text(window.centre_hz - window.width_hz / 2)
            high = checks.frequency_text(window.centre_hz + window.width_hz / 2)
            raise InvalidParameters([FieldError(field, f"In the window {low} to {high}: {fault.message}")])


def sampled_tooth_s(p: SurveyParameters) -> float:
    """Length of the longest teeth as they are sampled: a window is as wide as the inverse of that.

    Where the gap period is a whole number of samples all teeth have this length; else they vary by a sample, and the
    length asked for is their mean.
    """
    if not _whole_gaps(p) and p.tooth_s * p.sample_rate_hz >= 1.0:
        return p.tooth_s
    return max(1, math.ceil(p.tooth_s * p.sample_rate_hz - 1e-6)) / p.sample_rate_hz


def _whole_gaps(p: SurveyParameters) -> bool:
    """Whether the gap period is a whole number of samples, so that all teeth are alike."""
    per_gap = p.gap_period_s * p.sample_rate_hz
    return abs(per_gap - round(per_gap)) <= 1e-6


def narrow_settings(p: SurveyParameters) -> narrow_band.NarrowBandSettings:
    """What the confirmations of a survey have in common."""
    return narrow_band.NarrowBandSettings(
        sample_rate_hz=p.sample_rate_hz,
        repetition_time_s=p.repetition_time_s,
        tooth_spacing_hz=1.0 / p.gap_period_s,
        amplitude=p.amplitude,
    )


def _confirmation_faults(p: SurveyParameters, limits: InstrumentLimits) -> list[FieldError]:
    """The single pulse of a confirmation, and the spin echo that a broad line needs, must fit as well."""
    settings = narrow_settings(p)
    faults = narrow_band.timing_faults(settings, limits, None, "amplitude")
    broadest_s = narrow_band.ECHO_BELOW_DEAD_TIMES * limits.dead_time_s
    if broadest_s > 0.0 and not faults:
        delay_s = narrow_band.echo_delay_s(broadest_s, settings, limits)
        faults = narrow_band.timing_faults(settings, limits, delay_s, "amplitude")
    return [FieldError(fault.field, f"For the confirmation of candidates: {fault.message}") for fault in faults]


def _reach_hz(p: SurveyParameters) -> float:
    """Distance from the middle of the comb to the ends of the band that it excites.

    Where teeth vary by a sample, the few strong ones of a short pulse may all be short.
    """
    shortest_s = sampled_tooth_s(p)
    if not _whole_gaps(p):
        shortest_s = max(1, math.floor(p.tooth_s * p.sample_rate_hz + 1e-6)) / p.sample_rate_hz
    return EXCITED_HALF_BAND / shortest_s + 0.5 / p.gap_period_s


def _reach_fault(p: SurveyParameters, limits: InstrumentLimits) -> FieldError | None:
    width_hz, allowed_hz = 2.0 * _reach_hz(p), limits.frequency_max_hz - limits.frequency_min_hz
    if width_hz <= allowed_hz:
        return None
    return FieldError(
        "tooth_s",
        f"Teeth of {checks.time_text(p.tooth_s)} every {checks.time_text(p.gap_period_s)} excite a band of "
        f"{checks.frequency_text(width_hz)}; the instrument's range is {checks.frequency_text(allowed_hz)} wide.",
    )


def _averages_faults(p: SurveyParameters) -> list[FieldError | None]:
    if p.averages_max > checks.SHOTS_MAX >= p.averages:
        return [FieldError("averages_max", f"Must be at most {checks.SHOTS_MAX:,}; it is {p.averages_max:,}.")]
    if p.averages_max >= p.averages:
        return []
    return [FieldError("averages_max", f"Must be at least the averages, {p.averages:,}; it is {p.averages_max:,}.")]


def _comb_faults(p: SurveyParameters, limits: InstrumentLimits) -> list[FieldError | None]:
    """Tooth, dead time and gap must leave something to receive, and the sampling must resolve a tooth."""
    faults: list[FieldError | None] = []
    gap, tooth, dead = (checks.time_text(t) for t in (p.gap_period_s, p.tooth_s, limits.dead_time_s))
    receive_s = p.gap_period_s - p.tooth_s - limits.dead_time_s
    needed_s = checks.RECEIVE_SAMPLES_MIN / p.sample_rate_hz
    if p.tooth_s >= p.gap_period_s:
        faults.append(FieldError("tooth_s", f"The tooth of {tooth} must be shorter than the gap period of {gap}."))
        return faults
    faults.append(_duty_fault(p, limits))
    if receive_s < needed_s * (1.0 - 1e-9):
        shortest = checks.time_text(p.tooth_s + limits.dead_time_s + needed_s)
        faults.append(
            FieldError(
                "gap_period_s",
                f"A gap period of {gap} leaves nothing to receive after the tooth of {tooth} and the dead time of "
                f"{dead}; it must be at least {shortest}.",
            )
        )
    if p.tooth_s * p.sample_rate_hz < 1.0 - 1e-9:
        faults.append(
            FieldError(
                "tooth_s",
                f"A tooth of {tooth} is shorter than one sample at {p.sample_rate_hz / 1e6:g} MS/s, which is "
                f"{checks.least_time_text(1.0 / p.sample_rate_hz)}; it needs at least {1e-6 / p.tooth_s:.4g} MS/s.",
            )
        )
    if p.pulse_length_s < 5 * p.gap_period_s * (1.0 - 1e-9):
        least = checks.time_text(5 * p.gap_period_s)
        faults.append(FieldError("pulse_length_s", f"The pulse must hold at least five gap periods, {least}."))
    return faults


def _duty_fault(p: SurveyParameters, limits: InstrumentLimits) -> FieldError | None:
    """Duty of the waveform as it is sampled: a tooth is a whole number of samples, up to one more than its length."""
    samples = p.pulse_length_s * p.sample_rate_hz
    teeth = math.ceil(samples / (p.gap_period_s * p.sample_rate_hz) + 1e-6)
    on_samples = teeth * math.ceil(p.tooth_s * p.sample_rate_hz)
    fault = checks.duty_fault("repetition_time_s", on_samples / p.sample_rate_hz, p.repetition_time_s, limits)
    if fault is None or samples > COUNTED_SAMPLES_MAX:
        return fault
    # The bound is a sample per tooth too high at worst, so count before anything is refused.
    on_samples = int(np.count_nonzero(gate(round(samples), p.gap_period_s, p.tooth_s, p.sample_rate_hz)))
    return checks.duty_fault("repetition_time_s", on_samples / p.sample_rate_hz, p.repetition_time_s, limits)


def windows(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> tuple[Window, ...]:
    """Overlapping windows that cover the range exactly, from low to high frequency."""
    p = parameters
    width = min(layout.window_width_hz, p.span_hz)
    if layout.windows == 1:
        centres = np.array([p.centre_frequency_hz])
    else:
        reach = (p.span_hz - width) / 2
        centres = p.centre_frequency_hz + np.linspace(-reach, reach, layout.windows)
    return tuple(_window(p, float(centre), width, limits) for centre in centres)


def _window(p: SurveyParameters, centre_hz: float, width_hz: float, limits: InstrumentLimits) -> Window:
    """A window with its comb, whose excitation stays inside the instrument's range."""
    reach_hz = _reach_hz(p)
    lowest, highest = limits.frequency_min_hz + reach_hz, limits.frequency_max_hz - reach_hz
    comb_hz = min(max(centre_hz, lowest), highest)
    tooth_spacing_hz = 1.0 / p.gap_period_s
    far_edge_hz = width_hz / 2 + abs(centre_hz - comb_hz)
    offset_hz = math.ceil((far_edge_hz + DISTANCE_FROM_CENTRE_HZ) / tooth_spacing_hz) * tooth_spacing_hz
    if offset_hz + far_edge_hz > USABLE_BAND / 2 * p.sample_rate_hz:
        offset_hz = 0.0
    elif comb_hz - offset_hz < limits.frequency_min_hz:
        offset_hz = -offset_hz if comb_hz + offset_hz <= limits.frequency_max_hz else 0.0
    if offset_hz and not _stays_inside(comb_hz - offset_hz, offset_hz, p, limits):
        offset_hz = 0.0
    return Window(centre_hz, width_hz, comb_hz, offset_hz)


def _stays_inside(tuned_hz: float, offset_hz: float, p: SurveyParameters, limits: InstrumentLimits) -> bool:
    """Whether what a comb beside the tuned frequency excites stays inside the instrument's range.

    Its skirts beyond half the sampling rate come out on the other side of the tuned frequency.
    """
    lowest_hz, highest_hz = limits.frequency_min_hz - tuned_hz, limits.frequency_max_hz - tuned_hz
    half_rate_hz = p.sample_rate_hz / 2
    if lowest_hz <= -half_rate_hz and half_rate_hz <= highest_hz:
        return True
    samples = max(1, math.floor(p.tooth_s * p.sample_rate_hz))
    below_hz, above_hz = _tooth_band_hz(samples, offset_hz, p.sample_rate_hz)
    margin_hz = 0.5 / p.gap_period_s
    return lowest_hz <= below_hz - margin_hz and above_hz + margin_hz <= highest_hz


@functools.lru_cache(maxsize=64)
def _tooth_band_hz(samples: int, offset_hz: float, sample_rate_hz: float) -> tuple[float, float]:
    """The band that a single tooth excites: that of the comb without its sweep."""
    cycles = offset_hz / sample_rate_hz * np.arange(samples)
    return excited_band_hz(np.exp(2j * np.pi * cycles).astype(np.complex64), sample_rate_hz)


def survey_waveform(parameters: SurveyParameters, limits: InstrumentLimits, window: Window) -> ComplexArray:
    """The excitation of one window, shifted to its place beside the radio's centre."""
    waveform = comb_of(parameters, limits).waveform(parameters.sample_rate_hz)
    cycles = window.offset_hz / parameters.sample_rate_hz * np.arange(len(waveform))
    return np.asarray(waveform * np.exp(2j * np.pi * cycles), dtype=np.complex64)


def survey_shot(
    parameters: SurveyParameters, limits: InstrumentLimits, layout: Layout, window: Window, averages: int
) -> Shot:
    """A shot of one window."""
    low = checks.frequency_text(window.centre_hz - window.width_hz / 2)
    high = checks.frequency_text(window.centre_hz + window.width_hz / 2)
    return Shot(
        method="survey",
        centre_frequency_hz=window.tuned_hz,
        sample_rate_hz=parameters.sample_rate_hz,
        waveform=survey_waveform(parameters, limits, window),
        capture_samples=layout.capture_samples,
        dead_time_s=limits.dead_time_s,
        averages=averages,
        repetition_time_s=parameters.repetition_time_s,
        phase_cycle=(1, 1j, -1, -1j),
        purpose=f"survey {low} to {high}",
        probe_frequency_hz=window.centre_hz,
    )


def plan(parameters: SurveyParameters, limits: InstrumentLimits) -> Plan:
    """What the survey will do; raises InvalidParameters with every fault."""
    layout = validate(parameters, limits)
    laid = windows(parameters, layout, limits)
    survey_s = layout.windows * (layout.averages * parameters.repetition_time_s + limits.settling_s)
    confirm_s = 0.0
    if parameters.confirm:
        confirm_s = confirmation_s(parameters, layout) + CANDIDATES_EXPECTED * limits.settling_s
    longest_s = duration_max_s(parameters, layout, limits)
    frequency_hz, flip_deg = excitation(parameters, limits, laid)
    return Plan(
        windows_hz=tuple((window.centre_hz, window.width_hz) for window in laid),
        shots_survey=layout.windows,
        shots_confirm_max=_confirm_most(layout)[0] if parameters.confirm else 0,
        averages_per_shot=layout.averages,
        duration_s=min(survey_s + confirm_s, longest_s),
        duration_max_s=longest_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=flip_deg,
        notes=survey_advice.notes(parameters, limits, flip_deg=_middle_flip_deg(parameters, limits), laid=laid),
    )


def _middle_flip_deg(parameters: SurveyParameters, limits: InstrumentLimits) -> float:
    """Flip angle in the middle of a window, as far as a passage turns at all."""
    flip_rad = float(comb_of(parameters, limits).tooth_flip_rad(0, limits.nutation_frequency_hz))
    return min(90.0, math.degrees(flip_rad))


def confirmation_s(parameters: SurveyParameters, layout: Layout) -> float:
    """Time that the expected number of candidates takes."""
    per_candidate = 2 * narrow_band.averages_per_shot(layout.averages)
    return CANDIDATES_EXPECTED * per_candidate * parameters.repetition_time_s


def duration_max_s(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> float:
    """The bound of the whole experiment, which keeps to it."""
    shots = layout.windows * layout.averages_max + (_confirm_most(layout)[1] if parameters.confirm else 0)
    settling_s = settling_max_s(parameters, layout, limits)
    return min(shots * parameters.repetition_time_s + settling_s, limits.run_duration_max_s)


def settling_max_s(parameters: SurveyParameters, layout: Layout, limits: InstrumentLimits) -> float:
    """Time for which the probe settles, at most: once for each window and each candidate."""
    return (layout.windows + (CANDIDATES_MAX if parameters.confirm else 0)) * limits.settling_s


def _confirm_most(layout: Layout) -> tuple[int, int]:
    """(captures, averages of all of them) of as many candidates as are measured, each in every way there is."""
    rounds = narrow_band.rounds(layout.averages, layout.averages_max)
    # Two centre frequencies in each round, and once more on both neighbouring teeth; then a control and a saturation.
    captures = 2 * len(rounds) + 4 + 2
    averages = 2 * sum(rounds) + (4 + 2) * narrow_band.averages_per_shot(layout.averages)
    return CANDIDATES_MAX * captures, CANDIDATES_MAX * averages


def excitation(
    parameters: SurveyParameters, limits: InstrumentLimits, laid: tuple[Window, ...]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(frequency in Hz, small-angle flip angle in degrees) over the whole range: the best window at each frequency."""
    low = laid[0].centre_hz - laid[0].width_hz / 2
    high = laid[-1].centre_hz + laid[-1].width_hz / 2
    frequency = np.linspace(low, high, PROFILE_POINTS)
    centres = np.array([window.comb_hz for window in laid])
    nearest = centres[np.searchsorted((centres[1:] + centres[:-1]) / 2, frequency)]
    comb = comb_of(parameters, limits)
    tooth = (frequency - nearest) / comb.tooth_spacing_hz
    flip_rad = comb.tooth_flip_rad(tooth, limits.nutation_frequency_hz)
    return frequency, np.degrees(flip_rad)
