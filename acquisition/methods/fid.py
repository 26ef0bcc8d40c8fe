"""The free decay after one pulse at a known frequency: its spectrum, its lines and T2*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.line_signal import measure
from acquisition.lines import Line, LineStatus
from acquisition.methods import curve_values, line_pictures, sequences, single_line, stepped_windows
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import Method
from acquisition.methods.sequences import PulseSequence
from acquisition.methods.single_line import ExcitedLineParameters, Recipe, Step
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture

TWO_PHASES = (1, -1)
"""Takes out DC and the leakage of the oscillator, but not the quadrature image."""


@dataclass(frozen=True)
class FidParameters(ExcitedLineParameters):
    """Parameters of the method "fid"."""

    averages: int = parameter(
        64, label="Averages", minimum=4, help="Rounded up to whole phase cycles of four.",
    )  # fmt: skip
    phase_steps: str = parameter(
        "4", label="Steps of the phase cycle", choices=("4", "2"), advanced=True,
        help="Two take half of the pulses to be loaded; the receiver's image is then left to its calibration.",
    )  # fmt: skip


def steps(p: FidParameters, limits: InstrumentLimits) -> list[Step]:
    """The one shot."""
    pulse = sequences.hard_pulse(p.flip_deg, p.sample_rate_hz, limits, amplitude=p.amplitude)
    sequence = PulseSequence((pulse,), pulse.end + round(p.observation_s * p.sample_rate_hz))
    cycle = sequences.FOUR_PHASES if p.phase_steps == "4" else TWO_PHASES
    return [Step(sequence, "free decay", p.repetition_time_s, cycle)]


def plan(p: FidParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    single_line.require_static(p)
    return single_line.plan_steps(p, steps(p, limits), limits, flip_deg=p.flip_deg, length_field="observation_s")


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """Spectrum, lines, and of the strongest line its decay with T2*; from the captures alone."""
    windows = stepped_windows.windows_of(captures)
    if not windows:
        return single_line.empty("Nothing was received after the pulse.")
    lines, noise, _ = stepped_windows.lines_of(windows, parameters)
    spectrum = stepped_windows.stitched(windows)
    found = [line for line in lines if line.status is LineStatus.CONFIRMED]
    if not found:
        message = single_line.no_line(windows[0].middle_hz)
        return Reconstruction(lines, spectrum, noise, (message,))
    strongest = max(found, key=lambda line: line.snr)
    return _with_decay(captures, strongest, Reconstruction(lines, spectrum, noise))


def _with_decay(captures: Sequence[Capture], line: Line, known: Reconstruction) -> Reconstruction:
    """The result with the free decay of its strongest line."""
    point = single_line.points_of(captures)[0]
    decay = point.trace(lambda c, pulses: single_line.last_decay(c, pulses, line.frequency_hz))
    signal = measure([decay], max(line.fwhm_hz, 1e3), 1.0) if decay is not None else None
    if decay is None or signal is None:
        return known
    picture = line_pictures.signal_curve("decay", "Free decay", decay, signal, float(signal.values[0]), "a·exp(−t/T₂*)")
    t2_star_s = line.t2_star_s
    t2_star = curve_values.time("t2_star_s", "T₂*", t2_star_s, t2_star_s * line.fwhm_sigma_hz / line.fwhm_hz)
    return Reconstruction(
        known.lines, known.spectrum, known.noise_sigma, known.messages, curves=(picture,), quantities=(t2_star,)
    )


RECIPE = Recipe("fid", plan, steps, reconstruct)

METHOD = Method(
    name=RECIPE.method,
    title="Free decay",
    summary="Spectrum and lines of the free decay after one pulse at a known frequency.",
    parameters=FidParameters,
    plan=plan,
    experiment=RECIPE.experiment,
    reconstruct=reconstruct,
    when_to_use="To look at a line that is known: its frequency, width and T₂*, quickly and often, for instance while "
    "the temperature changes.",
)
