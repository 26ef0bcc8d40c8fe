"""What the methods that measure one line at a known frequency have in common: parameters, plan, experiment, points.

Each of them is a list of steps (a sequence with its repetition time), played one after the other. Steps that differ in
the phases of their pulses only belong to one point: their signals are averaged, each turned by the phase that the
wanted signal has in it, so what does not follow that phase (free decays after pulses that are not meant to excite)
cancels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from acquisition.coverage import pulse_frequency_hz
from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import Plan, Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import Trace, trace
from acquisition.methods import checks, fits, sequences
from acquisition.methods.narrow_band import POWDER_FLIP_DEG
from acquisition.methods.parameters import parameter
from acquisition.methods.reconstructing import ReconstructingExperiment
from acquisition.methods.script import Shots
from acquisition.methods.sequences import PlayedPulse, PulseSequence, played_pulses
from acquisition.methods.stepped_windows import stitched, windows_of
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot

P = TypeVar("P", bound="LineParameters")

POINTS_MAX = 200
"""Most points of a curve."""

SEARCH_FRACTION = 0.5
"""The line is looked for within this fraction of what the pulse excites at half height."""


@dataclass(frozen=True)
class LineParameters:
    """Parameters of every method that measures one line at a known frequency. Times in s, frequencies in Hz."""

    frequency_hz: float = parameter(
        unit="Hz", label="Frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Where the line is, within a few kHz.",
    )  # fmt: skip
    averages: int = parameter(
        16, label="Averages", minimum=4, help="Of each shot; rounded up to whole phase cycles of four.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        100e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="From one shot to the next; five times T1, or values come out too small.",
    )  # fmt: skip
    observation_s: float = parameter(
        1.5e-3, unit="s", label="Reception", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="Length of the reception; three to five times T2*.",
    )  # fmt: skip
    amplitude: float = parameter(
        1.0, label="Amplitude", minimum=1e-3, maximum=1.0, advanced=True,
        help="Transmitter amplitude as a fraction of the largest that the instrument allows.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        4e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip


@dataclass(frozen=True)
class ExcitedLineParameters(LineParameters):
    """And the flip angle of the pulse that excites it."""

    flip_deg: float = parameter(
        POWDER_FLIP_DEG, unit="deg", label="Flip angle", display_unit="°", minimum=1.0, maximum=360.0,
        advanced=True, help="Nutation angle of the exciting pulse: 58.6° is best for a powder with spin 3/2, 119.3° "
        "for spin 1.",
    )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One shot to come."""

    sequence: PulseSequence
    purpose: str
    repetition_time_s: float
    phase_cycle: tuple[complex, ...] = sequences.FOUR_PHASES


def plan_steps(
    p: LineParameters,
    steps: Sequence[Step],
    limits: InstrumentLimits,
    *,
    flip_deg: float,
    length_field: str,
    pulse_field: str = "flip_deg",
    repetition_field: str = "repetition_time_s",
    more: Sequence[FieldError | None] = (),
    notes: tuple[str, ...] = (),
) -> Plan:
    """The plan of a list of steps; raises InvalidParameters with all faults, `more` among them.

    `flip_deg` is what is drawn of the first step's exciting pulse. What makes a sequence too long is blamed on
    `length_field`, a pulse that is too long on `pulse_field`, a repetition time that is too short on
    `repetition_field`. Arithmetic only, so that parameters that would fill the memory are refused at once.
    """
    rate = p.sample_rate_hz
    averages = checks.whole_cycles(p.averages)
    duration_s = sum(averages * step.repetition_time_s for step in steps)
    shortest = min(pulse.length for step in steps for pulse in step.sequence.pulses) / rate
    found: list[FieldError | None] = [
        checks.frequency_range_fault(p.frequency_hz, 1.0 / shortest, limits, "frequency_hz", "frequency_hz"),
        checks.amount_fault("averages", averages * len(steps), duration_s, limits),
        _reception_fault(p, limits),
        *more,
    ]
    for step in steps:
        found += sequences.sequence_faults(
            step.sequence, rate, step.repetition_time_s, limits,
            pulse_field=pulse_field, length_field=length_field, repetition_field=repetition_field,
        )  # fmt: skip
    checks.raise_all(_first_of_each_field(found), type(p))
    try:
        shot_of(p, min(steps, key=lambda step: step.sequence.end), limits, method="")
        fits.require_all((shot_of(p, step, limits, method="") for step in steps), limits)
    except fits.ShotDoesNotFit as fault:
        raise InvalidParameters([FieldError("frequency_hz", str(fault))]) from fault
    exciting_s = steps[0].sequence.pulses[0].length / rate
    frequency_hz = p.frequency_hz + np.linspace(-1.0, 1.0, 512) / exciting_s
    return Plan(
        windows_hz=((p.frequency_hz, 1.2 / exciting_s),),
        shots_survey=len(steps),
        shots_confirm_max=0,
        averages_per_shot=averages,
        duration_s=duration_s,
        duration_max_s=duration_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=flip_deg * np.abs(np.sinc((frequency_hz - p.frequency_hz) * exciting_s)),
        notes=notes,
    )


def require_static(p: LineParameters) -> None:
    """Raise InvalidParameters for values that are out of the limits which the fields carry."""
    static = checks.static_faults(p)
    if static:
        raise InvalidParameters(static)


def _reception_fault(p: LineParameters, limits: InstrumentLimits) -> FieldError | None:
    needed_s = limits.dead_time_s + 64 / p.sample_rate_hz
    if p.observation_s > needed_s:
        return None
    least = checks.least_time_text(needed_s)
    return FieldError("observation_s", f"The reception must be longer than {least}, dead time included.")


def _first_of_each_field(found: Sequence[FieldError | None]) -> list[FieldError]:
    """Steps have many faults in common: one sentence for each field is enough."""
    first: dict[str, FieldError] = {}
    for fault in found:
        if fault is not None:
            first.setdefault(fault.field, fault)
    return list(first.values())


def shot_of(p: LineParameters, step: Step, limits: InstrumentLimits, method: str) -> Shot:
    """A step as a shot."""
    return sequences.shot(
        step.sequence,
        method=method,
        purpose=step.purpose,
        target_hz=p.frequency_hz,
        sample_rate_hz=p.sample_rate_hz,
        averages=checks.whole_cycles(p.averages),
        repetition_time_s=step.repetition_time_s,
        limits=limits,
        phase_cycle=step.phase_cycle,
    )


def times_s(shortest_s: float, longest_s: float, points: int, spacing: str) -> list[float]:
    """Delays or lengths from the shortest to the longest, "geometric" or "linear"."""
    spread = np.geomspace if spacing == "geometric" else np.linspace
    return [float(value) for value in spread(shortest_s, longest_s, points)]


@dataclass(frozen=True)
class Recipe(Generic[P]):
    """What makes one of these methods: its name, its plan, its steps, and what its captures say."""

    method: str
    plan: Callable[[P, InstrumentLimits], Plan]
    steps: Callable[[P, InstrumentLimits], Sequence[Step]]
    reconstruct: Callable[[Sequence[Capture], ReconstructionParameters], Reconstruction]

    def experiment(self, p: P, limits: InstrumentLimits) -> StepsExperiment[P]:
        """The experiment of these parameters; raises InvalidParameters like the plan."""
        return StepsExperiment(self, p, limits)


class StepsExperiment(ReconstructingExperiment, Generic[P]):
    """Plays steps one after the other."""

    def __init__(self, recipe: Recipe[P], p: P, limits: InstrumentLimits) -> None:
        super().__init__()
        planned = recipe.plan(p, limits)
        self._recipe, self._parameters, self._limits = recipe, p, limits
        self._ledger.foresee(planned.shots_survey, planned.duration_s)

    def _steps(self) -> Shots:
        for step in self._recipe.steps(self._parameters, self._limits):
            shot = shot_of(self._parameters, step, self._limits, self._recipe.method)
            self._ledger.message = f"{step.purpose[:1].upper()}{step.purpose[1:]}, {shot.averages} averages."
            yield shot

    def _reconstruct(self) -> Reconstruction:
        return self._recipe.reconstruct(self._captures, ReconstructionParameters())


@dataclass(frozen=True, eq=False)
class Point:
    """One point of a curve: its captures (all of the same timing), and the pulses of the first of them."""

    captures: tuple[Capture, ...]
    pulses: tuple[PlayedPulse, ...]

    @property
    def rate_hz(self) -> float:
        return self.captures[0].sample_rate_hz

    def trace(self, of: Callable[[Capture, tuple[PlayedPulse, ...]], Trace | None]) -> Trace | None:
        """The mean of what `of(capture, pulses)` gives for its captures, each weighted with its averages."""
        made = [(of(capture, played_pulses(capture)), capture.averages) for capture in self.captures]
        usable = [(one, averages) for one, averages in made if one is not None]
        if not usable:
            return None
        weights = [float(max(averages, 1)) for _, averages in usable]
        return usable[0][0].mean_with([one for one, _ in usable[1:]], weights)


def points_of(captures: Sequence[Capture]) -> list[Point]:
    """Captures that belong together, in the order in which they were measured first."""
    groups: dict[tuple[object, ...], list[tuple[Capture, tuple[PlayedPulse, ...]]]] = {}
    for capture in captures:
        pulses = played_pulses(capture)
        if not pulses or capture.averages <= 0:
            continue
        timing = tuple((pulse.start, pulse.end, round(pulse.amplitude, 3)) for pulse in pulses)
        key = (timing, len(capture.samples), round(capture.centre_frequency_hz), capture.sample_rate_hz)
        groups.setdefault(key, []).append((capture, pulses))
    return [Point(tuple(capture for capture, _ in group), group[0][1]) for group in groups.values()]


def around_hz(points: Sequence[Point]) -> float:
    """The frequency of the pulses: where the line is looked for."""
    return float(np.mean([pulse_frequency_hz(point.captures[0]) for point in points])) if points else 0.0


def half_width_hz(points: Sequence[Point]) -> float:
    """How far from the pulses' frequency a line may be."""
    longest = max((pulse.length / point.rate_hz for point in points for pulse in point.pulses), default=1.0)
    return SEARCH_FRACTION * 0.6 / longest


def spectrum_of(point: Point) -> Spectrum:
    """The spectrum of one point, in the band that its pulse excites, of whatever follows its last pulse."""
    capture = point.captures[0]
    last = point.pulses[-1]
    # Seen from the last pulse on it is a free decay.
    part = replace(capture, samples=capture.samples[last.start :], waveform=capture.waveform[last.start :])
    return stitched(windows_of([part]))


def last_decay(capture: Capture, pulses: tuple[PlayedPulse, ...], around_hz: float) -> Trace | None:
    """The free decay after the last pulse, with times and phase counted from that pulse's middle."""
    read = pulses[-1]
    blind = math.ceil(capture.dead_time_s * capture.sample_rate_hz - 1e-9)
    return trace(capture, around_hz, read.end + blind, len(capture.samples), read.middle, read.phase_rad)


TOO_FEW = "More points are needed for a fit."


def no_line(around_hz: float) -> str:
    """What to say where nothing was found."""
    return f"No line was found near {around_hz / 1e6:.4f} MHz; average more, or check the frequency."


def empty(message: str) -> Reconstruction:
    """The result where nothing can be said."""
    return Reconstruction((), stitched(()), 0.0, (message,))
