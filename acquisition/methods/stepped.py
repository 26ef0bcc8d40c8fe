"""A frequency-stepped survey: one narrow-band measurement beside the next, the way laboratories customarily search.

`order` says how the windows share the time. "sequential" averages one window before it goes to the next.
"interleaved" visits all windows in turn, so that others are measured while one recovers; that needs a retuning for
every single excitation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import ExperimentResult, Plan, Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import checks, fits, sequences, stepped_windows
from acquisition.methods.narrow_band import POWDER_FLIP_DEG
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import SEARCH, Method
from acquisition.methods.script import ScriptedExperiment, Shots
from acquisition.methods.sequences import FOUR_PHASES, HardPulse, PulseSequence
from acquisition.methods.stepped_windows import Window
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.detection import threshold_note
from acquisition.shot import Shot

REACH = 0.6
"""A hard pulse of length T excites up to 0.6 / T to either side at least half as strongly as its middle."""


@dataclass(frozen=True)
class SteppedParameters:
    """Parameters of the method "stepped". Times in s, frequencies in Hz."""

    centre_frequency_hz: float = parameter(
        unit="Hz", label="Centre frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Middle of the searched range.",
    )  # fmt: skip
    span_hz: float = parameter(
        1e6, unit="Hz", label="Span", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Width of the searched range.",
    )  # fmt: skip
    step_hz: float = parameter(
        50e3, unit="Hz", label="Step", display_unit="kHz", display_scale=1e3, minimum=1e3,
        help="Largest distance of two neighbouring windows.",
    )  # fmt: skip
    averages: int = parameter(
        64, label="Averages", minimum=4, help="Excitations of each window; rounded up to whole phase cycles of four.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        50e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="From one excitation of a window to its next; three to five times T1.",
    )  # fmt: skip
    order: str = parameter(
        "sequential", label="Order", choices=("sequential", "interleaved"),
        help="One window after the other, or all in turn so that others are measured while one recovers.",
    )  # fmt: skip
    averages_per_visit: int = parameter(
        1, label="Averages per visit", minimum=1, maximum=100_000, advanced=True,
        help="Interleaved: excitations of a window before the next one's turn; more than one come in cycles of four.",
    )  # fmt: skip
    visit_repetition_time_s: float = parameter(
        0.0, unit="s", label="Repetition time within a visit", display_unit="ms", display_scale=1e-3, minimum=0.0,
        advanced=True, help="Interleaved: between the excitations of one visit; 0 follows from the repetition time.",
    )  # fmt: skip
    sequence: str = parameter(
        "fid", label="Sequence", choices=("fid", "spin_echo"),
        help="Free decay after one pulse, or a spin echo for lines that decay within the dead time.",
    )  # fmt: skip
    observation_s: float = parameter(
        1.5e-3, unit="s", label="Reception", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="Length of the reception; at least three times T2*.",
    )  # fmt: skip
    echo_delay_s: float = parameter(
        100e-6, unit="s", label="Echo delay", display_unit="µs", display_scale=1e-6, minimum=1e-6, advanced=True,
        help="Between the middles of the pulses of an echo; longer than the dead time and some T2*.",
    )  # fmt: skip
    flip_deg: float = parameter(
        POWDER_FLIP_DEG, unit="deg", label="Flip angle", display_unit="°", minimum=1.0, maximum=360.0,
        advanced=True, help="Nutation angle of the pulse; 58.6° gives the most signal of a powder with spin 3/2.",
    )  # fmt: skip
    amplitude: float = parameter(
        1.0, label="Amplitude", minimum=1e-3, maximum=1.0, advanced=True,
        help="Transmitter amplitude as a fraction of the largest that the instrument allows.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        4e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip
    false_alarms_per_survey: float = parameter(
        ReconstructionParameters().false_alarms_per_survey, label="False alarms per survey",
        minimum=1e-9, maximum=10.0, advanced=True, help="Expected number of false lines over all windows together.",
    )  # fmt: skip


@dataclass(frozen=True)
class Timing:
    """How the windows share the time: `averages` in each of `passes` visits, `repetition_time_s` within a shot."""

    passes: int
    averages: int
    repetition_time_s: float

    def duration_s(self, windows: int) -> float:
        return windows * self.passes * self.averages * self.repetition_time_s


def sequence_of(p: SteppedParameters, limits: InstrumentLimits) -> PulseSequence:
    """The pulse, or the pair for an echo, and the reception after it (after the echo's top)."""
    rate = p.sample_rate_hz
    first = sequences.hard_pulse(p.flip_deg, rate, limits, amplitude=p.amplitude)
    received = round(p.observation_s * rate)
    if p.sequence == "fid":
        return PulseSequence((first,), first.end + received)
    delay = round(p.echo_delay_s * rate)
    second = HardPulse(delay - first.length // 2, 2 * first.length, first.amplitude)
    return PulseSequence((first, second), second.end + delay + received)


def middles_hz(p: SteppedParameters) -> list[float]:
    """The middle of every window by rising frequency."""
    count = max(1, math.ceil(p.span_hz / p.step_hz - 1e-9))
    step_hz = p.span_hz / count
    low_hz = p.centre_frequency_hz - p.span_hz / 2
    return [low_hz + (number + 0.5) * step_hz for number in range(count)]


def timing_of(p: SteppedParameters, limits: InstrumentLimits) -> Timing:
    """How often each window is visited, and how long a visit takes."""
    averages = checks.whole_cycles(p.averages)
    if p.order == "sequential":
        return Timing(1, averages, p.repetition_time_s)
    shortest_s = max(sequence_of(p, limits).samples / p.sample_rate_hz + checks.GUARD_S, limits.repetition_time_min_s)
    per_visit = 1 if p.averages_per_visit == 1 else min(checks.whole_cycles(p.averages_per_visit), averages)
    passes = math.ceil(averages / per_visit)
    if p.visit_repetition_time_s > 0.0:
        return Timing(passes, per_visit, p.visit_repetition_time_s)
    return Timing(passes, per_visit, max(shortest_s, p.repetition_time_s / len(middles_hz(p)) / per_visit))


def plan(p: SteppedParameters, limits: InstrumentLimits) -> Plan:
    """What the survey will do; raises InvalidParameters with every fault."""
    static = checks.static_faults(p)
    if static:
        raise InvalidParameters(static)
    count = p.span_hz / p.step_hz
    if count > checks.WINDOWS_MAX:
        message = f"The span has {checks.count_text(count)} such steps; at most {checks.WINDOWS_MAX:,} are allowed."
        raise InvalidParameters([FieldError("step_hz", message)])
    _require_fitting(p, limits)
    middles, timing = middles_hz(p), timing_of(p, limits)
    pulse_s = sequence_of(p, limits).pulses[0].length / p.sample_rate_hz
    step_hz = p.span_hz / len(middles)
    frequency_hz = np.linspace(middles[0] - step_hz, middles[-1] + step_hz, min(4096, 64 * len(middles)))
    nearest_hz = np.asarray(middles)[np.abs(frequency_hz[:, None] - np.asarray(middles)[None, :]).argmin(axis=1)]
    duration_s = timing.duration_s(len(middles))
    return Plan(
        windows_hz=tuple((middle, step_hz) for middle in middles),
        shots_survey=len(middles) * timing.passes,
        shots_confirm_max=0,
        averages_per_shot=timing.averages,
        duration_s=duration_s,
        duration_max_s=duration_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=p.flip_deg * np.abs(np.sinc((frequency_hz - nearest_hz) * pulse_s)),
        notes=(
            *_notes(p, timing, len(middles)),
            threshold_note(p.false_alarms_per_survey, p.span_hz, measured_again=False),
        ),
    )


def _notes(p: SteppedParameters, timing: Timing, windows: int) -> tuple[str, ...]:
    if p.order == "sequential":
        return ()
    between_s = timing.repetition_time_s * windows
    notes = [f"Each window is excited again after {checks.time_text(between_s)}; the radio is retuned every time."]
    if timing.passes * windows > 1000:
        notes.append(f"That makes {checks.count_text(timing.passes * windows)} captures, each stored by itself.")
    return tuple(notes)


def _require_fitting(p: SteppedParameters, limits: InstrumentLimits) -> None:
    """Raise InvalidParameters with all that the instrument has against the survey."""
    sequence, timing = sequence_of(p, limits), timing_of(p, limits)
    windows = len(middles_hz(p))
    length_field = "observation_s" if p.sequence == "fid" else "echo_delay_s"
    found: list[FieldError | None] = [
        checks.frequency_range_fault(
            p.centre_frequency_hz, p.span_hz / 2, limits, "centre_frequency_hz", "span_hz"
        ),
        checks.amount_fault(
            "averages", windows * timing.passes * timing.averages, timing.duration_s(windows), limits
        ),
        *sequences.sequence_faults(
            sequence, p.sample_rate_hz, timing.repetition_time_s, limits,
            pulse_field="flip_deg", length_field=length_field,
        ),
    ]  # fmt: skip
    reach_hz = 2 * REACH * p.sample_rate_hz / sequence.pulses[0].length
    if p.span_hz / windows > reach_hz:
        found.append(
            FieldError(
                "step_hz",
                f"The step must be at most {checks.frequency_text(reach_hz)}, which is what a pulse of "
                f"{checks.time_text(sequence.pulses[0].length / p.sample_rate_hz)} excites.",
            )
        )
    if p.observation_s <= limits.dead_time_s:
        dead = checks.time_text(limits.dead_time_s)
        found.append(FieldError("observation_s", f"The reception must be longer than the dead time of {dead}."))
    if p.sequence == "spin_echo":
        blind_s = (sequence.pulses[1].length + sequence.pulses[0].length) / p.sample_rate_hz + limits.dead_time_s
        if p.echo_delay_s < blind_s:
            least = checks.least_time_text(blind_s)
            found.append(FieldError("echo_delay_s", f"The delay must be at least {least} (pulses and dead time)."))
    checks.raise_all(found, SteppedParameters)
    middles = middles_hz(p)
    try:
        for middle in (middles[0], middles[-1]):
            _shot(p, limits, sequence, middle, 0, timing)
        fits.require_all((_shot(p, limits, sequence, middle, 0, timing) for middle in middles), limits)
    except fits.ShotDoesNotFit as fault:
        raise InvalidParameters([FieldError("span_hz", str(fault))]) from fault


def _shot(
    p: SteppedParameters,
    limits: InstrumentLimits,
    sequence: PulseSequence,
    middle_hz: float,
    visit: int,
    timing: Timing,
) -> Shot:
    """One visit of a window. Visits of a single excitation go through the phase cycle one after the other."""
    cycle = FOUR_PHASES if timing.averages > 1 else (FOUR_PHASES[visit % len(FOUR_PHASES)],)
    return sequences.shot(
        sequence,
        method="stepped",
        purpose=f"window at {middle_hz / 1e6:.4f} MHz",
        target_hz=middle_hz,
        sample_rate_hz=p.sample_rate_hz,
        averages=timing.averages,
        repetition_time_s=timing.repetition_time_s,
        limits=limits,
        phase_cycle=cycle,
    )


def visiting_order(p: SteppedParameters, limits: InstrumentLimits) -> list[int]:
    """Numbers of the windows in the order of one pass.

    A pulse also turns the spins of neighbouring windows. Windows that a pulse reaches are therefore visited as far
    apart in time as the order allows: every n-th window, then those beside them.
    """
    count = len(middles_hz(p))
    if p.order == "sequential":
        return list(range(count))
    pulse_s = sequence_of(p, limits).pulses[0].length / p.sample_rate_hz
    stride = 1 + math.ceil(REACH / pulse_s / (p.span_hz / count))
    return [number for first in range(stride) for number in range(first, count, stride)]


def shots(p: SteppedParameters, limits: InstrumentLimits) -> Iterator[Shot]:
    """Every shot in the order in which they are played."""
    sequence, timing, middles = sequence_of(p, limits), timing_of(p, limits), middles_hz(p)
    for visit in range(timing.passes):
        for number in visiting_order(p, limits):
            yield _shot(p, limits, sequence, middles[number], visit, timing)


class SteppedExperiment(ScriptedExperiment):
    """Implements `acquisition.experiment.Experiment` for the method "stepped"."""

    def __init__(self, parameters: SteppedParameters, limits: InstrumentLimits) -> None:
        super().__init__("survey")
        planned = plan(parameters, limits)
        self._parameters, self._limits = parameters, limits
        self._reconstruction = ReconstructionParameters(false_alarms_per_survey=parameters.false_alarms_per_survey)
        self._lines: tuple[Line, ...] = ()
        self._ledger.foresee(planned.shots_survey, planned.duration_s)
        # What is shown of a run in progress: the windows until then, and how many captures are in them.
        self._windows: list[Window] = []
        self._spectrum: Spectrum | None = None
        self._stitched = 0
        self._per_pass = 1 if parameters.order == "sequential" else len(planned.windows_hz)

    def _steps(self) -> Shots:
        for shot in shots(self._parameters, self._limits):
            self._ledger.message = f"{shot.purpose[:1].upper()}{shot.purpose[1:]}, {shot.averages} averages."
            yield shot
        self._lines = self.result().lines

    def _summary(self) -> str:
        confirmed = [line for line in self._lines if line.status is LineStatus.CONFIRMED]
        if not confirmed:
            return "No line was found."
        return f"Found {', '.join(f'{line.frequency_hz / 1e6:.4f} MHz' for line in confirmed)}."

    def partial_spectrum(self) -> Spectrum | None:
        """The windows that have been measured, stitched; after every whole pass through them."""
        fresh = self._captures[self._stitched :]
        if self._windows and len(fresh) < self._per_pass:
            return self._spectrum
        self._windows = stepped_windows.windows_of([*(window.capture for window in self._windows), *fresh])
        self._stitched = len(self._captures)
        self._spectrum = stepped_windows.stitched(self._windows) if self._windows else None
        return self._spectrum

    def candidates(self) -> tuple[Line, ...]:
        """Lines are looked for when all windows have been measured."""
        return self._lines

    def result(self) -> ExperimentResult:
        """What the captures until now say."""
        if not self._captures:
            return ExperimentResult((), None, ("Nothing was measured.",))
        found = stepped_windows.reconstruct(self._captures, self._reconstruction)
        return ExperimentResult(found.lines, found.spectrum, found.messages)


METHOD = Method(
    name="stepped",
    title="Stepped survey",
    summary="Searches a range window by window with single pulses or echoes, the customary way.",
    parameters=SteppedParameters,
    plan=plan,
    experiment=SteppedExperiment,
    reconstruct=stepped_windows.reconstruct,
    when_to_use="The customary way to search a range, and the yardstick for the survey. It can win where the field "
    "is weak, the decay short or T1 long; the plan of a survey says which is faster.",
    family=SEARCH,
)
