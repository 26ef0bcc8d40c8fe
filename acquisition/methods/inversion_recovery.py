"""T1 of one line: the magnetisation is inverted or saturated, and read after delays of different length.

Each delay is measured twice, the second time with the preparation turned by 180 degrees, so that transverse
magnetisation left by an imperfect preparation cancels in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition import curve_fits
from acquisition.curves import Axis, Quantity
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import measure
from acquisition.methods import checks, curve_values, sequences, single_line
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CONSTANTS, Method
from acquisition.methods.sequences import HardPulse, PulseSequence
from acquisition.methods.single_line import ExcitedLineParameters, Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

INVERSION = 2.0
"""Length of an inverting pulse in lengths of the exciting one: 117.2 degrees for a powder with spin 3/2."""

SATURATING_PULSES = 8
SATURATION_SPACING_S = 0.6e-3
SATURATION_TURN_RAD = math.radians(117.0)
"""A train of exciting pulses, each turned further against the one before, so that they build up no echoes."""

WAIT = Axis("Delay", "s", "ms", 1e-3, logarithmic=True)


@dataclass(frozen=True)
class InversionRecoveryParameters(ExcitedLineParameters):
    """Parameters of the method "inversion_recovery". `repetition_time_s` is the wait after each reception here."""

    repetition_time_s: float = parameter(
        100e-3, unit="s", label="Wait", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="After each reception, until the next preparation: five times T1 with inversion, any with saturation.",
    )  # fmt: skip
    shortest_delay_s: float = parameter(
        1e-3, unit="s", label="Shortest delay", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="Between preparation and reading; a twentieth of T1 is good.",
    )  # fmt: skip
    longest_delay_s: float = parameter(
        100e-3, unit="s", label="Longest delay", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="Five times T1 is good.",
    )  # fmt: skip
    delays: int = parameter(
        12, label="Delays", minimum=4, maximum=single_line.POINTS_MAX, help="How many, each measured twice.",
    )  # fmt: skip
    preparation: str = parameter(
        "inversion", label="Preparation", choices=("inversion", "saturation"),
        help="One pulse of twice the flip angle, or a train of pulses that leaves nothing and needs no long wait.",
    )  # fmt: skip
    spacing: str = parameter(
        "geometric", label="Spacing of the delays", choices=("geometric", "linear"), advanced=True,
        help="Geometric delays suit any T1 between them.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        2.5e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver; low, because the delays are recorded too.",
    )  # fmt: skip


def _preparation(p: InversionRecoveryParameters, limits: InstrumentLimits, phase_rad: float) -> list[HardPulse]:
    pulse = sequences.hard_pulse(p.flip_deg, p.sample_rate_hz, limits, amplitude=p.amplitude, phase_rad=phase_rad)
    if p.preparation == "inversion":
        return [HardPulse(0, round(INVERSION * pulse.length), pulse.amplitude, phase_rad)]
    spacing = round(SATURATION_SPACING_S * p.sample_rate_hz) + pulse.length
    return [
        HardPulse(number * spacing, pulse.length, pulse.amplitude, phase_rad + SATURATION_TURN_RAD * number**2)
        for number in range(SATURATING_PULSES)
    ]


def steps(p: InversionRecoveryParameters, limits: InstrumentLimits) -> list[Step]:
    """Every delay with the preparation in both senses."""
    made = []
    rate = p.sample_rate_hz
    for delay_s in single_line.times_s(p.shortest_delay_s, p.longest_delay_s, p.delays, p.spacing):
        for phase_rad in (0.0, math.pi):
            prepared = _preparation(p, limits, phase_rad)
            start = prepared[-1].end + round(delay_s * rate)
            read = sequences.hard_pulse(p.flip_deg, rate, limits, amplitude=p.amplitude, start=start)
            sequence = PulseSequence((*prepared, read), read.end + round(p.observation_s * rate))
            purpose = f"{p.preparation}, read after {checks.time_text(delay_s)}"
            made.append(Step(sequence, purpose, sequence.samples / rate + p.repetition_time_s))
    return made


def plan(p: InversionRecoveryParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    single_line.require_static(p)
    more: list[FieldError | None] = []
    if p.longest_delay_s <= p.shortest_delay_s:
        least = checks.time_text(p.shortest_delay_s)
        more.append(FieldError("longest_delay_s", f"The longest delay must be longer than the shortest, {least}."))
    notes = []
    if p.preparation == "inversion" and p.repetition_time_s < p.longest_delay_s:
        notes.append("The wait is shorter than the longest delay: what has not recovered by then is not inverted.")
    return single_line.plan_steps(
        p,
        steps(p, limits),
        limits,
        flip_deg=p.flip_deg,
        length_field="longest_delay_s",
        more=more,
        notes=tuple(notes),
    )


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Signal against delay, and T1 from a - b exp(-t/T1); from the captures alone."""
    points = [point for point in single_line.points_of(captures) if len(point.pulses) > 1]
    if not points:
        return single_line.empty("Nothing was received after a delay.")
    points.sort(key=lambda point: point.pulses[-1].middle - point.pulses[-2].middle)
    around = single_line.around_hz(points)
    traces = [point.trace(lambda capture, pulses: single_line.last_decay(capture, pulses, around)) for point in points]
    usable = [(point, one) for point, one in zip(points, traces, strict=True) if one is not None]
    signal = measure(
        [one for _, one in usable],
        single_line.half_width_hz(points),
        parameters.false_alarms_per_survey,
        positive=len(usable) - 1,
    )
    if signal is None:
        return single_line.empty("Nothing was received after a delay.")
    delay_s = np.asarray([(p.pulses[-1].middle - p.pulses[-2].middle) / p.rate_hz for p, _ in usable])
    spectrum = single_line.spectrum_of(usable[-1][0])
    found = None
    if signal.line is not None:
        found = curve_fits.fit(
            curve_fits.recovery, curve_fits.log_time_grid(delay_s), delay_s, signal.values, signal.sigmas
        )
    recovery = curve_values.curve(
        "recovery", "Recovery", WAIT, (delay_s, signal.values, signal.sigmas), found, "a − b·exp(−t/T₁)"
    )
    noise = float(np.mean(signal.sigmas))
    if signal.line is None:
        return Reconstruction((), spectrum, noise, (single_line.no_line(around),), curves=(recovery,))
    if found is None:
        return Reconstruction((signal.line,), spectrum, noise, (single_line.TOO_FEW,), curves=(recovery,))
    t1_s = math.exp(found.theta)
    note = curve_values.joined(curve_values.misfit_note(found), curve_values.range_note(t1_s, delay_s, "delay"))
    quantities = [curve_values.time_constant("t1_s", "T₁", found, note)]
    full, lost = (float(value) for value in found.coefficients)
    if full > 0:
        quantities.append(_depth(full, lost, *(float(s) for s in found.coefficient_sigmas)))
    return Reconstruction((signal.line,), spectrum, noise, curves=(recovery,), quantities=tuple(quantities))


def _depth(full: float, lost: float, full_sigma: float, lost_sigma: float) -> Quantity:
    """b/a: 1 after saturation, 2 after a perfect inversion."""
    depth = lost / full
    sigma = abs(depth) * math.hypot(full_sigma / full, lost_sigma / lost) if lost else math.nan
    return Quantity("inversion_depth", "b/a", depth, sigma, "", "2 is a perfect inversion, 1 a perfect saturation.")


RECIPE = Recipe("inversion_recovery", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="T₁: inversion or saturation recovery",
    summary="Measures how fast a line's magnetisation comes back after it was inverted or saturated.",
    parameters=InversionRecoveryParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="To choose repetition times, and to learn about motion and paramagnetic neighbours. Start with delays "
    "from a twentieth to five times the T₁ you expect.",
    family=CONSTANTS,
)
