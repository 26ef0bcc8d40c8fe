"""T2 of one line: the height of a spin echo against the time at which it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition import curve_fits
from acquisition.curves import Axis
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import measure
from acquisition.methods import checks, curve_values, echoes, single_line
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CONSTANTS, Method
from acquisition.methods.single_line import ExcitedLineParameters, Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

ECHO_TIME = Axis("Echo time 2τ", "s", "ms", 1e-3)


@dataclass(frozen=True)
class EchoDecayParameters(ExcitedLineParameters):
    """Parameters of the method "echo_decay"."""

    shortest_delay_s: float = parameter(
        100e-6, unit="s", label="Shortest delay", display_unit="µs", display_scale=1e-6, minimum=1e-6,
        help="τ, between the middles of the pulses; the echo comes after 2τ.",
    )  # fmt: skip
    longest_delay_s: float = parameter(
        1.5e-3, unit="s", label="Longest delay", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="τ of about T2.",
    )  # fmt: skip
    delays: int = parameter(
        10, label="Delays", minimum=4, maximum=single_line.POINTS_MAX,
        help="How many, each measured with four pairs of phases.",
    )  # fmt: skip
    spacing: str = parameter(
        "linear", label="Spacing of the delays", choices=("linear", "geometric"), advanced=True,
        help="Geometric delays suit any T2 between them.",
    )  # fmt: skip
    averages: int = parameter(
        8, label="Averages", minimum=4, help="Of each shot; rounded up to whole phase cycles of four.",
    )  # fmt: skip
    observation_s: float = parameter(
        0.8e-3, unit="s", label="Reception", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="After the top of the echo; two to three times T2*.",
    )  # fmt: skip


def steps(p: EchoDecayParameters, limits: InstrumentLimits) -> list[Step]:
    """Every delay in all senses of the pulses."""
    made = []
    for delay_s in single_line.times_s(p.shortest_delay_s, p.longest_delay_s, p.delays, p.spacing):
        for senses_rad in echoes.ECHO_SENSES_RAD:
            sequence = echoes.train(
                p, limits, half_spacing_s=delay_s, echoes=1, senses_rad=senses_rad, after_top_s=p.observation_s
            )
            made.append(Step(sequence, f"echo after {checks.time_text(2 * delay_s)}", p.repetition_time_s))
    return made


def plan(p: EchoDecayParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    single_line.require_static(p)
    more = [echoes.spacing_fault("shortest_delay_s", p, limits, p.shortest_delay_s)]
    if p.longest_delay_s <= p.shortest_delay_s:
        least = checks.time_text(p.shortest_delay_s)
        more.append(FieldError("longest_delay_s", f"The longest delay must be longer than the shortest, {least}."))
    checks.raise_all(more, EchoDecayParameters)
    return single_line.plan_steps(
        p, steps(p, limits), limits, flip_deg=p.flip_deg, length_field="longest_delay_s", more=more
    )


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Height of the echo against its time, and T2 from a exp(-2 tau/T2); from the captures alone."""
    points = [point for point in single_line.points_of(captures) if len(point.pulses) > 1]
    points.sort(key=echoes.top_time_s)
    around = single_line.around_hz(points)
    # The same part of every echo, so that none of its shape is taken for decay.
    before_s = echoes.room_before_top_s(points)
    usable = [
        (point, one)
        for point in points
        if (one := point.trace(lambda c, pulses: echoes.echo_trace(c, pulses, around, before_s=before_s))) is not None
    ]
    signal = measure(
        [one for _, one in usable],
        single_line.half_width_hz(points),
        parameters.false_alarms_per_survey,
        positive=0,
    )
    if signal is None:
        return single_line.empty("No echo was received.")
    time_s = np.asarray([echoes.top_time_s(point) for point, _ in usable])
    fitted = None
    if signal.line is not None:
        grid = curve_fits.log_time_grid(time_s)
        fitted = curve_fits.fit(curve_fits.decay, grid, time_s, signal.values, signal.sigmas)
    decay = curve_values.curve(
        "echo_decay", "Echo decay", ECHO_TIME, (time_s, signal.values, signal.sigmas), fitted, "a·exp(−2τ/T₂)"
    )
    spectrum = echoes.echo_spectrum(usable[0][1], 4 * single_line.half_width_hz(points))
    noise = float(np.mean(signal.sigmas))
    if signal.line is None:
        return Reconstruction((), spectrum, noise, (single_line.no_line(around),), curves=(decay,))
    if fitted is None:
        return Reconstruction((signal.line,), spectrum, noise, (single_line.TOO_FEW,), curves=(decay,))
    t2_s = float(np.exp(fitted.theta))
    note = curve_values.joined(curve_values.misfit_note(fitted), curve_values.range_note(t2_s, time_s, "echo time"))
    t2 = curve_values.time_constant("t2_s", "T₂", fitted, note)
    return Reconstruction((signal.line,), spectrum, noise, curves=(decay,), quantities=(t2,))


RECIPE = Recipe("echo_decay", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="T₂: echo decay",
    summary="Measures how fast a line's spin echo becomes smaller when it is made later.",
    parameters=EchoDecayParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="To learn about what an echo cannot bring back (couplings, motion), and how long an echo train pays.",
    family=CONSTANTS,
)
