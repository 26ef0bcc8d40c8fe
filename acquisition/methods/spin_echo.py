"""A spin echo at a known frequency, or a train of them (CPMG, in NQR also called SLSE), added up with their decay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from acquisition import curve_fits
from acquisition.curve_fits import CurveFit
from acquisition.curves import Axis, Curve, Quantity, Real
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import Trace, measure
from acquisition.methods import checks, curve_values, echoes, line_pictures, single_line
from acquisition.methods.echoes import REFOCUSING
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import Method
from acquisition.methods.sequences import echo_tops
from acquisition.methods.single_line import ExcitedLineParameters, Point, Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

ECHOES_MAX = 2000
ECHO_TIME = Axis("Time of the echo", "s", "ms", 1e-3)


@dataclass(frozen=True)
class SpinEchoParameters(ExcitedLineParameters):
    """Parameters of the method "spin_echo"."""

    averages: int = parameter(
        16, label="Averages", minimum=4,
        help="Of each of the shots (four for one echo, two for a train); rounded up to whole phase cycles of four.",
    )  # fmt: skip
    echoes: int = parameter(
        1, label="Echoes", minimum=1, maximum=ECHOES_MAX, help="More than one: a train of refocusing pulses.",
    )  # fmt: skip
    echo_spacing_s: float = parameter(
        600e-6, unit="s", label="Echo spacing", display_unit="µs", display_scale=1e-6, minimum=1e-6,
        help="From top to top, twice the delay between the first two pulses; some T2* are seen of each echo.",
    )  # fmt: skip
    observation_s: float = parameter(
        1.0e-3, unit="s", label="Reception", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="After the top of the last echo; two to three times T2*.",
    )  # fmt: skip
    refocusing: float = parameter(
        REFOCUSING, label="Refocusing pulse", minimum=0.25, maximum=4.0, advanced=True,
        help="Length of a refocusing pulse in lengths of the exciting one.",
    )  # fmt: skip


def steps(p: SpinEchoParameters, limits: InstrumentLimits) -> list[Step]:
    """The echo or the train in all senses of the pulses."""
    what = "spin echo" if p.echoes == 1 else f"train of {p.echoes} echoes"
    return [
        Step(
            echoes.train(
                p, limits, half_spacing_s=p.echo_spacing_s / 2, echoes=p.echoes, senses_rad=senses_rad,
                after_top_s=p.observation_s, refocusing=p.refocusing,
            ),
            what, p.repetition_time_s,
        )
        for senses_rad in (echoes.ECHO_SENSES_RAD if p.echoes == 1 else echoes.TRAIN_SENSES_RAD)
    ]  # fmt: skip


def plan(p: SpinEchoParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    single_line.require_static(p)
    half_s = p.echo_spacing_s / 2
    factor = max(1.0, (1 + p.refocusing) / (1 + REFOCUSING))
    more: list[FieldError | None] = [echoes.spacing_fault("echo_spacing_s", p, limits, half_s / factor, 2.0 * factor)]
    checks.raise_all(more, SpinEchoParameters)
    length_field = "echoes" if p.echoes > 1 else "echo_spacing_s"
    return single_line.plan_steps(
        p, steps(p, limits), limits, flip_deg=p.flip_deg, length_field=length_field, pulse_field="flip_deg"
    )


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The echo (of a train their weighted mean), its spectrum and line, and the decay of a train; from captures."""
    points = [point for point in single_line.points_of(captures) if len(point.pulses) > 1]
    if not points:
        return single_line.empty("No echo was received.")
    point, around = points[0], single_line.around_hz(points[:1])
    half_width_hz = single_line.half_width_hz(points[:1])
    seen = _echoes(point, around)
    signal = measure([one for _, one in seen], half_width_hz, parameters.false_alarms_per_survey, positive=0)
    if signal is None:
        return single_line.empty("No echo was received.")
    time_s = np.asarray([time for time, _ in seen])
    fitted = None
    if signal.line is not None and len(seen) > 1:
        grid = curve_fits.log_time_grid(time_s)
        fitted = curve_fits.fit(curve_fits.decay, grid, time_s, signal.values, signal.sigmas)
    summed, gain = _weighted_sum(seen, time_s, fitted)
    # From its top on an echo decays like a free decay; before it, what is irreversible works the other way round.
    whole = measure([_from_top(summed)], half_width_hz, parameters.false_alarms_per_survey)
    if whole is None:
        return single_line.empty("The echoes are too close together to see their shape.")
    spectrum = echoes.echo_spectrum(summed, 4 * half_width_hz)
    noise = float(whole.sigmas[0])
    if whole.line is None:
        return Reconstruction((), spectrum, noise, (single_line.no_line(around),))
    picture = line_pictures.signal_curve(
        "echo", "Echo" if len(seen) == 1 else "Echo, sum of the train", summed, whole, float(whole.values[0]),
        "a·exp(−|t|/T₂*)",
    )  # fmt: skip
    curves: list[Curve] = [picture]
    quantities = [
        curve_values.time(
            "t2_star_s", "T₂*", whole.line.t2_star_s,
            whole.line.t2_star_s * whole.line.fwhm_sigma_hz / whole.line.fwhm_hz,
        ),
        Quantity("echo_snr", "SNR", whole.line.snr, math.nan, ""),
    ]  # fmt: skip
    if len(seen) > 1:
        points_of_train = (time_s, signal.values, signal.sigmas)
        curves.append(
            curve_values.curve("train", "Decay of the train", ECHO_TIME, points_of_train, fitted, "a·exp(−t/T₂ₑ)")
        )
    if fitted is not None:
        quantities += _train_quantities(fitted, time_s, gain)
    return Reconstruction((whole.line,), spectrum, noise, curves=tuple(curves), quantities=tuple(quantities))


def _echoes(point: Point, around_hz: float) -> list[tuple[float, Trace]]:
    """(time, trace) of every echo of the train; all of them over the same times around their tops."""
    capture, rate = point.captures[0], point.rate_hz
    tops = echo_tops(capture, point.pulses)
    before_s = min(top.place - top.clear_from for top in tops) / rate
    after_s = min(top.clear_to - top.place for top in tops) / rate
    made = []
    for number in range(len(tops)):
        of_this = partial(echoes.echo_trace, around_hz=around_hz, number=number, before_s=before_s, after_s=after_s)
        one = point.trace(of_this)
        if one is not None:
            made.append((echoes.top_time_s(point, number), one))
    return made


def _from_top(echo: Trace) -> Trace:
    """The part of an echo from its top on."""
    later = echo.time_s >= 0.0
    return Trace(echo.time_s[later], echo.data[later], echo.around_hz, echo.step_s)


def _weighted_sum(seen: Sequence[tuple[float, Trace]], time_s: Real, fitted: CurveFit | None) -> tuple[Trace, float]:
    """The mean echo, as high as the first, and by how much its SNR is better than that of the first.

    Each echo is weighted by the decay that was fitted (not by its own height, which would favour noise).
    """
    first = seen[0][1]
    if fitted is None:
        return first, 1.0
    length = min(len(one.data) for _, one in seen)
    weights = np.exp(-(time_s - time_s[0]) / math.exp(fitted.theta))
    data = sum(weight * one.data[:length] for weight, (_, one) in zip(weights, seen, strict=True))
    energy = float(np.sum(weights**2))
    return Trace(
        first.time_s[:length], np.asarray(data, dtype=np.complex128) / energy, first.around_hz, first.step_s
    ), math.sqrt(energy)


def _train_quantities(fitted: CurveFit, time_s: Real, gain: float) -> list[Quantity]:
    t2e_s = math.exp(fitted.theta)
    note = curve_values.joined(curve_values.misfit_note(fitted), curve_values.range_note(t2e_s, time_s, "train"))
    return [
        curve_values.time_constant("t2e_s", "T₂ₑ", fitted, note),
        Quantity("train_snr_gain", "SNR gain", gain, math.nan, "", f"Of {len(time_s)} echoes against the first alone."),
    ]


RECIPE = Recipe("spin_echo", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="Spin echo, echo train",
    summary="Spectrum and line of a spin echo at a known frequency; with several echoes (SLSE, CPMG) their sum.",
    parameters=SpinEchoParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="For lines whose free decay is over within the dead time; with many echoes for weak lines whose T₂ is "
    "much longer than T₂*.",
)
