"""A map of a broad line: spin echoes excited at closely spaced frequencies, summed to the distribution of frequencies.

The free decay of a line 10 kHz to some MHz wide is over within the dead time; its echo is not. Over `window_hz` the
pulses are stepped within the band of one tuning, so that all echoes of a tuning share one unknown phase. Each frequency
is measured with either sign of the first pulse, which leaves nothing of the second pulse's own free decay.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from acquisition import efg
from acquisition.broad import reconstruct as broad
from acquisition.broad.echo import Response, echo_shot, response
from acquisition.broad.label import Label
from acquisition.errors import AcquisitionError, FieldError, InvalidParameters
from acquisition.experiment import ExperimentResult, Plan, Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line
from acquisition.methods import checks, fits, sequences
from acquisition.methods.narrow_band import POWDER_FLIP_DEG
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import Method
from acquisition.methods.script import ScriptedExperiment, Shots
from acquisition.methods.sequences import FOUR_PHASES, HardPulse, PulseSequence
from acquisition.nuclides import nuclide as nuclide_of
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot

STEPS_MAX = 2_000
"""Most frequencies of one map."""

LEAST_WINDOW_S = 10e-6
"""Shortest time that must be received on either side of the echo's top: coarser than 100 kHz nothing is resolved."""

SIGNS = ((0.0, "plus"), (math.pi, "minus"))
"""Phases of the first pulse; the echo changes its sign with it, the free decay after the second pulse does not."""


@dataclass(frozen=True)
class EchoMapParameters:
    """Parameters of the method "echo_map". Times in s, frequencies in Hz."""

    centre_frequency_hz: float = parameter(
        unit="Hz", label="Centre frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Middle of the broad line.",
    )  # fmt: skip
    span_hz: float = parameter(
        1e6, unit="Hz", label="Span", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Width of the mapped range; two to three times that of the line.",
    )  # fmt: skip
    step_hz: float = parameter(
        0.0, unit="Hz", label="Step", display_unit="kHz", display_scale=1e3, minimum=0.0,
        help="Distance of neighbouring frequencies, at most half of what one echo excites; 0 takes that.",
    )  # fmt: skip
    averages: int = parameter(
        64, label="Averages", minimum=8,
        help="Echoes at each frequency; rounded up to whole phase cycles of eight.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        50e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="From one echo to the next; one to three times T1.",
    )  # fmt: skip
    echo_delay_s: float = parameter(
        60e-6, unit="s", label="Echo delay", display_unit="µs", display_scale=1e-6, minimum=1e-6,
        help="Between the middles of the two pulses. A longer one resolves more, a shorter one loses less to T2.",
    )  # fmt: skip
    nuclide: str = parameter(
        "", label="Nuclide", help="Such as 35Cl: gives the distribution of field gradients as well.",
    )  # fmt: skip
    transition: int = parameter(
        0, label="Transition", minimum=0, maximum=3, advanced=True,
        help="Which transition of the nuclide this is, 0 being the lowest; spins of 1 and from 5/2 on have several.",
    )  # fmt: skip
    pulse_length_s: float = parameter(
        0.0, unit="s", label="First pulse", display_unit="µs", display_scale=1e-6, minimum=0.0, advanced=True,
        help="Length of the first pulse; the second is twice as long. 0 takes the shortest for the flip angle.",
    )  # fmt: skip
    flip_deg: float = parameter(
        POWDER_FLIP_DEG, unit="deg", label="Flip angle", display_unit="°", minimum=1.0, maximum=360.0, advanced=True,
        help="Nutation angle of the first pulse; 58.6° gives the most signal of a powder with spin 3/2.",
    )  # fmt: skip
    window_hz: float = parameter(
        400e3, unit="Hz", label="Range of one tuning", display_unit="kHz", display_scale=1e3, minimum=1.0,
        advanced=True,
        help="The oscillator, and with it the probe, is moved after so much; smaller than the probe's bandwidth.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        4e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip


def averages_of_sign(p: EchoMapParameters) -> int:
    """Averages with each sign of the first pulse, whole phase cycles of four."""
    return checks.whole_cycles(p.averages / 2)


def sequence_of(p: EchoMapParameters, limits: InstrumentLimits, phase_rad: float = 0.0) -> PulseSequence:
    """The two pulses, and reception until as long after the echo's top as it is free before it."""
    rate = p.sample_rate_hz
    first = sequences.hard_pulse(p.flip_deg, rate, limits, phase_rad=phase_rad)
    if p.pulse_length_s:
        length = max(2, round(p.pulse_length_s * rate))
        exact = p.flip_deg / 360.0 * rate / (limits.nutation_frequency_hz * length)
        first = HardPulse(0, length, min(exact, limits.peak_amplitude), phase_rad)
    # The middles of the pulses are `delay` samples apart; the second is twice the first, so that is a whole number.
    delay = max(round(p.echo_delay_s * rate), 2 * first.length)
    second = HardPulse(delay - first.length + (first.length + 1) // 2, 2 * first.length, first.amplitude)
    top = second.start + second.end - first.length / 2
    blind = second.end + math.ceil(limits.dead_time_s * rate)
    return PulseSequence((first, second), math.ceil(top + max(top - blind, 0)) + 2)


def echo_response(p: EchoMapParameters, limits: InstrumentLimits) -> Response:
    """What one echo of the map excites."""
    sequence = sequence_of(p, limits)
    waveform = sequence.waveform(0.0, p.sample_rate_hz)
    # Long enough for the echo however short the delay is: faults of the delay are reported elsewhere.
    samples = np.zeros(4 * sequence.samples + 16, dtype=np.complex64)
    played = echo_shot(Capture(samples, waveform, p.sample_rate_hz, p.centre_frequency_hz, 0.0, 1))
    assert played is not None
    return response(played, math.radians(p.flip_deg), _spin(p.nuclide))


def _spin(name: str) -> Fraction:
    return nuclide_of(name).spin if name else Fraction(3, 2)


@lru_cache(maxsize=64)
def _bandwidth_hz(p: EchoMapParameters, limits: InstrumentLimits) -> float:
    return echo_response(p, limits).bandwidth_hz


def step_hz(p: EchoMapParameters, limits: InstrumentLimits) -> float:
    """The step asked for, or half of what one echo excites."""
    return p.step_hz or 0.5 * _bandwidth_hz(p, limits)


def places_hz(p: EchoMapParameters, limits: InstrumentLimits) -> list[float]:
    """Every frequency of the map, rising, evenly from one end of the span to the other."""
    count = math.ceil(p.span_hz / step_hz(p, limits) - 1e-9) + 1
    spacing_hz = p.span_hz / (count - 1)
    return [p.centre_frequency_hz - p.span_hz / 2 + number * spacing_hz for number in range(count)]


def tunings(p: EchoMapParameters, limits: InstrumentLimits) -> list[tuple[float, list[float]]]:
    """(centre frequency, frequencies of the pulses) of every tuning, in even shares of the range."""
    places = places_hz(p, limits)
    count = max(1, math.ceil(len(places) * (places[1] - places[0]) / p.window_hz - 1e-9))
    shares = [list(share) for share in np.array_split(np.asarray(places), count) if len(share)]
    return [(round(float(np.mean(share))), [float(place) for place in share]) for share in shares]


def plan(p: EchoMapParameters, limits: InstrumentLimits) -> Plan:
    """What the map will do; raises InvalidParameters with every fault."""
    static = checks.static_faults(p)
    if static:
        raise InvalidParameters(static)
    _require_conversion(p)
    _require_sequence(p, limits)
    bandwidth_hz = _bandwidth_hz(p, limits)
    if p.step_hz > 0.5 * bandwidth_hz * (1 + 1e-9):
        half = checks.frequency_text(math.floor(0.5 * bandwidth_hz))
        message = f"The step must be at most {half}, half of what one echo excites."
        raise InvalidParameters([FieldError("step_hz", message)])
    count = p.span_hz / step_hz(p, limits) + 1
    if count > STEPS_MAX:
        message = f"The span has {checks.count_text(count)} such steps; at most {STEPS_MAX:,} are allowed."
        raise InvalidParameters([FieldError("span_hz", message)])
    places, windows = places_hz(p, limits), tunings(p, limits)
    averages = averages_of_sign(p)
    duration_s = 2 * len(places) * averages * p.repetition_time_s
    checks.raise_all(
        [
            checks.frequency_range_fault(
                p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"
            ),
            checks.amount_fault("averages", 2 * len(places) * averages, duration_s, limits),
        ],
        EchoMapParameters,
    )  # fmt: skip
    try:
        for centre, inside in (windows[0], windows[-1]):
            for place in (inside[0], inside[-1]):
                _shot(p, limits, centre, place, SIGNS[0])
        fits.require_all((_shot(p, limits, c, f, SIGNS[0]) for c, inside in windows for f in inside), limits)
    except fits.ShotDoesNotFit as fault:
        raise InvalidParameters([FieldError("span_hz", str(fault))]) from fault
    frequency_hz = np.linspace(places[0] - bandwidth_hz, places[-1] + bandwidth_hz, min(4096, 16 * len(places)))
    return Plan(
        windows_hz=tuple((0.5 * (inside[0] + inside[-1]), inside[-1] - inside[0]) for _, inside in windows),
        shots_survey=2 * len(places),
        shots_confirm_max=0,
        averages_per_shot=averages,
        duration_s=duration_s,
        duration_max_s=duration_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=_excitation_deg(p, limits, frequency_hz, places),
        notes=_notes(p, limits, len(places), bandwidth_hz),
    )


def _excitation_deg(
    p: EchoMapParameters, limits: InstrumentLimits, frequency_hz: np.ndarray[tuple[int], np.dtype[np.float64]],
    places: list[float],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:  # fmt: skip
    """Flip angle times how well the nearest echo is excited at each frequency."""
    excited = echo_response(p, limits)
    nearest = np.asarray(places)[np.abs(frequency_hz[:, None] - np.asarray(places)[None, :]).argmin(axis=1)]
    size = np.abs(excited.at(frequency_hz - nearest)) / np.abs(excited.values).max()
    return np.asarray(p.flip_deg * size, dtype=np.float64)


def _notes(p: EchoMapParameters, limits: InstrumentLimits, count: int, bandwidth_hz: float) -> tuple[str, ...]:
    resolution_hz = _resolution_hz(p, limits)
    notes = [
        f"{count} frequencies; one echo excites {checks.frequency_text(round(bandwidth_hz, -2))}.",
        f"The reception resolves {checks.frequency_text(round(resolution_hz, -2))}.",
    ]
    if p.span_hz < 4.0 * resolution_hz:
        notes.append("The span is hardly wider than the resolution: a longer echo delay resolves more.")
    return tuple(notes)


def _resolution_hz(p: EchoMapParameters, limits: InstrumentLimits) -> float:
    from acquisition.broad.vocs import window_resolution_hz

    return window_resolution_hz(_half_window_s(sequence_of(p, limits), p.sample_rate_hz, limits))


def _half_window_s(sequence: PulseSequence, rate_hz: float, limits: InstrumentLimits) -> float:
    """Time between the end of the dead time after the second pulse and the echo's top."""
    first, second = sequence.pulses
    top = second.start + second.end - first.length / 2
    return (top - second.end) / rate_hz - limits.dead_time_s


def _require_conversion(p: EchoMapParameters) -> None:
    """A nuclide that cannot be used is an error before anything is measured."""
    if not p.nuclide:
        return
    try:
        known = nuclide_of(p.nuclide)
    except AcquisitionError as error:
        raise InvalidParameters([FieldError("nuclide", str(error))]) from error
    try:
        efg.conversion(known, p.transition)
    except AcquisitionError as error:
        raise InvalidParameters([FieldError("transition", str(error))]) from error


def _require_sequence(p: EchoMapParameters, limits: InstrumentLimits) -> None:
    """Raise InvalidParameters with all that the instrument has against the two pulses and their echo."""
    found: list[FieldError | None] = []
    shortest_s = p.flip_deg / 360.0 / (limits.nutation_frequency_hz * limits.peak_amplitude)
    if p.pulse_length_s and p.pulse_length_s < shortest_s * (1 - 1e-6):
        least = checks.least_time_text(shortest_s)
        found.append(FieldError("pulse_length_s", f"A flip angle of {p.flip_deg:g}° takes at least {least} here."))
    sequence = sequence_of(p, limits)
    length_s = sequence.pulses[0].length / p.sample_rate_hz
    # Half of both pulses lie between their middles, and half of the second one more between its end and the top.
    least_s = 1.5 * length_s + limits.dead_time_s + LEAST_WINDOW_S
    if p.echo_delay_s < least_s:
        message = (
            f"The delay must be at least {checks.least_time_text(least_s)}: pulses, dead time and "
            f"{checks.time_text(LEAST_WINDOW_S)} of the echo."
        )
        found.append(FieldError("echo_delay_s", message))
    found += sequences.sequence_faults(
        sequence, p.sample_rate_hz, p.repetition_time_s, limits,
        pulse_field="flip_deg", length_field="echo_delay_s",
    )  # fmt: skip
    widest_hz = 0.5 * p.sample_rate_hz
    if p.window_hz > widest_hz:
        message = f"One tuning reaches over at most {checks.frequency_text(widest_hz)}, half of the sampling rate."
        found.append(FieldError("window_hz", message))
    checks.raise_all(found, EchoMapParameters)


def _shot(
    p: EchoMapParameters, limits: InstrumentLimits, centre_hz: float, place_hz: float, sign: tuple[float, str]
) -> Shot:
    """One sign of one frequency; raises ShotDoesNotFit where the instrument cannot play it."""
    phase_rad, name = sign
    sequence = sequence_of(p, limits, phase_rad)
    laid_out = Shot(
        method="echo_map",
        centre_frequency_hz=centre_hz,
        sample_rate_hz=p.sample_rate_hz,
        waveform=sequence.waveform(place_hz - centre_hz, p.sample_rate_hz),
        capture_samples=sequence.samples,
        dead_time_s=limits.dead_time_s,
        averages=averages_of_sign(p),
        repetition_time_s=p.repetition_time_s,
        phase_cycle=FOUR_PHASES,
        purpose=Label(place_hz, p.flip_deg, p.nuclide, p.transition, name).text(),
    )
    return fits.require(laid_out, limits)


def shots(p: EchoMapParameters, limits: InstrumentLimits) -> Iterator[Shot]:
    """Every shot in the order in which they are played: both signs of each frequency, tuning by tuning."""
    for centre_hz, inside in tunings(p, limits):
        for place_hz, sign in itertools.product(inside, SIGNS):
            yield _shot(p, limits, centre_hz, place_hz, sign)


class EchoMapExperiment(ScriptedExperiment):
    """Implements `acquisition.experiment.Experiment` for the method "echo_map"."""

    def __init__(self, parameters: EchoMapParameters, limits: InstrumentLimits) -> None:
        super().__init__("map")
        planned = plan(parameters, limits)
        self._parameters, self._limits = parameters, limits
        self._lines: tuple[Line, ...] = ()
        self._ledger.foresee(planned.shots_survey, planned.duration_s)

    def _steps(self) -> Shots:
        for shot in shots(self._parameters, self._limits):
            self._ledger.message = f"{shot.purpose[:1].upper()}{shot.purpose[1:]}; {shot.averages} averages."
            yield shot
        self._lines = self._found().lines

    def _found(self) -> Reconstruction:
        return broad.reconstruct(self._captures, ReconstructionParameters())

    def _summary(self) -> str:
        if not self._lines:
            return "No broad line is seen in this range."
        line = self._lines[0]
        return (
            f"A broad line at {checks.frequency_text(line.frequency_hz)}, {checks.frequency_text(line.fwhm_hz)} wide."
        )

    def partial_spectrum(self) -> Spectrum | None:
        """The sum of the echoes until now."""
        return broad.quick_spectrum(self._captures)

    def candidates(self) -> tuple[Line, ...]:
        """The broad line, once the whole range has been measured."""
        return self._lines

    def result(self) -> ExperimentResult:
        """What the captures until now say."""
        if not self._captures:
            return ExperimentResult((), None, ("Nothing was measured.",))
        found = self._found()
        return ExperimentResult(found.lines, found.spectrum, found.messages)


METHOD = Method(
    name="echo_map",
    title="Echo map of a broad line",
    summary="Spin echoes at closely spaced frequencies, summed to the distribution of field gradients.",
    parameters=EchoMapParameters,
    plan=plan,
    experiment=EchoMapExperiment,
    reconstruct=broad.reconstruct,
    when_to_use="For lines 10 kHz to some MHz wide, as solid electrolytes and glasses have them: their free decay is "
    "over before the receiver hears again, their echo is not.",
)
