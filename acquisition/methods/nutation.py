"""The strength of the field at a line: its signal after pulses of different length, fitted with a powder's nutation."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition import curve_fits
from acquisition.curve_fits import CurveFit
from acquisition.curves import Axis, Quantity, Real
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import measure
from acquisition.methods import checks, curve_values, single_line
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import CONSTANTS, Method
from acquisition.methods.sequences import HardPulse, PulseSequence
from acquisition.methods.single_line import LineParameters, Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

ADVICE = "At full amplitude. Enter it as the nutation frequency of the instrument, and flip angles are right."

SPINS = ("3/2", "1", "5/2", "7/2", "9/2", "crystal")

LENGTH = Axis("Pulse length", "s", "µs", 1e-6)

FREQUENCIES_TRIED = 200
FEWEST_TURNS = 0.04
"""The slowest nutation that is tried turns by so much of a turn in the longest pulse."""


@dataclass(frozen=True)
class NutationParameters(LineParameters):
    """Parameters of the method "nutation"."""

    shortest_pulse_s: float = parameter(
        2e-6, unit="s", label="Shortest pulse", display_unit="µs", display_scale=1e-6, minimum=1e-8,
        help="At least two samples.",
    )  # fmt: skip
    longest_pulse_s: float = parameter(
        32e-6, unit="s", label="Longest pulse", display_unit="µs", display_scale=1e-6, minimum=1e-8,
        help="About three times the best pulse, so that the signal's maximum and its next zero are seen.",
    )  # fmt: skip
    lengths: int = parameter(
        16, label="Lengths", minimum=4, maximum=single_line.POINTS_MAX, help="How many, evenly spaced.",
    )  # fmt: skip
    spin: str = parameter(
        "3/2", label="Spin", choices=SPINS,
        help="Of the nuclide; of half-integer spins their lowest line. A crystal nutates like a sine.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver; pulses are whole samples.",
    )  # fmt: skip


def steps(p: NutationParameters, limits: InstrumentLimits) -> list[Step]:
    """One step for each length; lengths that come out as the same number of samples are one."""
    rate = p.sample_rate_hz
    lengths_s = single_line.times_s(p.shortest_pulse_s, p.longest_pulse_s, p.lengths, "linear")
    made = []
    for count in sorted({max(2, round(length_s * rate)) for length_s in lengths_s}):
        sequence = PulseSequence(
            (HardPulse(0, count, limits.peak_amplitude * p.amplitude),), count + round(p.observation_s * rate)
        )
        # What the captures are processed with must be in them: the spin is read from here again.
        purpose = f"pulse of {checks.time_text(count / rate)}, {_spin_text(p.spin)}"
        made.append(Step(sequence, purpose, p.repetition_time_s))
    return made


def _spin_text(spin: str) -> str:
    return spin if spin == "crystal" else f"spin {spin}"


def _spin_of(captures: Sequence[Capture]) -> str:
    """The spin that the captures were taken for; 3/2 where they do not say."""
    for capture in captures:
        found = re.search(r"(?:spin (\d(?:/2)?)|(crystal))$", capture.purpose)
        if found and (found[1] or found[2]) in SPINS:
            return str(found[1] or found[2])
    return SPINS[0]


def plan(p: NutationParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    single_line.require_static(p)
    more: list[FieldError | None] = []
    shortest = checks.time_text(p.shortest_pulse_s)
    if p.longest_pulse_s <= p.shortest_pulse_s:
        more.append(FieldError("longest_pulse_s", f"The longest pulse must be longer than the shortest, {shortest}."))
    longest_deg = 360.0 * limits.nutation_frequency_hz * limits.peak_amplitude * p.amplitude * p.longest_pulse_s
    made = steps(p, limits)
    if len(made) < 4 and not more:
        more.append(FieldError("lengths", f"At this sampling rate only {len(made)} lengths differ; 4 are needed."))
    return single_line.plan_steps(
        p, made, limits,
        flip_deg=longest_deg * p.shortest_pulse_s / p.longest_pulse_s,
        length_field="observation_s", pulse_field="longest_pulse_s", more=more,
        notes=(f"By the instrument's calibration the longest pulse turns by {longest_deg:.3g}°.",),
    )  # fmt: skip


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Signal against pulse length, and the nutation frequency; from the captures alone."""
    points = sorted(single_line.points_of(captures), key=lambda point: point.pulses[0].length)
    around = single_line.around_hz(points)
    usable = [
        (point, one)
        for point in points
        if (one := point.trace(lambda capture, pulses: single_line.last_decay(capture, pulses, around))) is not None
    ]
    signal = measure([one for _, one in usable], single_line.half_width_hz(points), parameters.false_alarms_per_survey)
    if signal is None:
        return single_line.empty("Nothing was received after the pulses.")
    length_s = np.asarray([point.pulses[0].length / point.rate_hz for point, _ in usable])
    values, spin = signal.values, _spin_of(captures)
    fitted = _fit(length_s, values, signal.sigmas, spin) if signal.line is not None else None
    if fitted is not None and fitted.coefficients[0] < 0:
        values = -values  # the largest signal was one that had turned too far
        fitted = _fit(length_s, values, signal.sigmas, spin)
    nutation = curve_values.curve(
        "nutation", "Nutation", LENGTH, (length_s, values, signal.sigmas), fitted,
        f"(a − b·t)·S(2πν₁t), powder of spin {spin}" if spin != "crystal" else "(a − b·t)·sin(2πν₁t)",
    )  # fmt: skip
    best = usable[int(np.argmax(np.abs(values)))][0]
    spectrum, noise = single_line.spectrum_of(best), float(np.mean(signal.sigmas))
    if signal.line is None:
        return Reconstruction((), spectrum, noise, (single_line.no_line(around),), curves=(nutation,))
    if fitted is None:
        return Reconstruction((signal.line,), spectrum, noise, (single_line.TOO_FEW,), curves=(nutation,))
    amplitude = float(np.mean([point.pulses[0].amplitude for point, _ in usable]))
    quantities = _quantities(fitted, length_s, spin, amplitude)
    return Reconstruction((signal.line,), spectrum, noise, curves=(nutation,), quantities=quantities)


def _fit(length_s: Real, values: Real, sigmas: Real, spin: str) -> CurveFit | None:
    slowest = FEWEST_TURNS / float(length_s.max())
    step_s = float(np.median(np.diff(length_s))) if len(length_s) > 1 else float(length_s[0])
    # Faster than this, neighbouring lengths would be more than a third of a turn apart.
    fastest = max(2 * slowest, 1.0 / (3.0 * step_s))
    grid = np.geomspace(slowest, fastest, FREQUENCIES_TRIED)
    return curve_fits.fit(curve_fits.nutation_basis(spin), grid, length_s, values, sigmas)


def _quantities(fitted: CurveFit, length_s: Real, spin: str, amplitude: float) -> tuple[Quantity, ...]:
    relative = fitted.theta_sigma / fitted.theta
    best_s = curve_fits.best_nutation_angle_rad(spin) / (2 * math.pi * fitted.theta)
    note = curve_values.misfit_note(fitted)
    if best_s > float(length_s.max()):
        note = curve_values.joined(note, "The signal was still rising with the longest pulse; measure longer ones.")
    full_hz = fitted.theta / amplitude
    return (
        Quantity(
            "nutation_frequency_hz", "ν₁", full_hz, full_hz * relative, "Hz", curve_values.joined(ADVICE, note),
            "kHz", 1e3,
        ),
        curve_values.time(
            "best_pulse_s", "best pulse", best_s, best_s * relative, f"At {amplitude:.3g} of full amplitude."
        ),
    )  # fmt: skip


RECIPE = Recipe("nutation", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="Nutation: calibrate the pulse",
    summary="Measures a line's signal against the length of the pulse, and from it the strength of the field.",
    parameters=NutationParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="After a change of probe, sample coil or power, with a strong known line. Its result is the "
    "instrument's nutation frequency, on which all flip angles rest.",
    family=CONSTANTS,
)
