"""The dead time: how long after a strong short pulse nothing can be heard."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.calibration import quantities, ring_down
from acquisition.curves import Axis, Curve, Quantity
from acquisition.errors import FieldError
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import calibration_shots, checks, curve_values, single_line
from acquisition.methods.parameters import parameter
from acquisition.methods.reconstructing import ReconstructingExperiment
from acquisition.methods.registry import CALIBRATION, Method
from acquisition.methods.script import Shots
from acquisition.methods.sequences import FOUR_PHASES
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot

NAME = "calibrate_dead_time"
REPEATS = 8
"""Captures: their scatter tells when the receiver passes its noise again."""

LEVEL_DEFAULT = 0.1
POINTS_MOST = 400
TIME = Axis("After the pulse", "s", "µs", 1e-6)
SIZE = Axis("Ring-down, of one reception's noise", logarithmic=True)


@dataclass(frozen=True)
class CalibrateDeadTimeParameters:
    """Parameters of the method "calibrate_dead_time"."""

    frequency_hz: float = parameter(
        unit="Hz", label="Frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Where the probe is tuned to, and no line is.",
    )  # fmt: skip
    averages: int = parameter(
        512, label="Averages", minimum=4, help=f"Of each of {REPEATS} captures; rounded up to whole phase cycles."
    )
    level: float = parameter(
        LEVEL_DEFAULT, label="Level", minimum=1e-3, maximum=10.0,
        help="The dead time is over when the ring-down is below so many standard deviations of one sample's noise: "
        "one over the square root of the averages of your surveys.",
    )  # fmt: skip
    pulse_s: float = parameter(
        2e-6, unit="s", label="Pulse", display_unit="µs", display_scale=1e-6, minimum=1e-7, maximum=20e-6,
        help="Long against the probe's ring-down.",
    )  # fmt: skip
    amplitude: float = parameter(
        1.0, label="Amplitude", minimum=1e-3, maximum=1.0,
        help="Fraction of the largest that the instrument allows: the one that is used in measurements.",
    )  # fmt: skip
    observation_s: float = parameter(
        100e-6, unit="s", label="Reception", display_unit="µs", display_scale=1e-6, minimum=2e-5, maximum=10e-3,
        help="After the pulse; several times the expected dead time.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        5e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6, advanced=True,
        help="From one pulse to the next.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="That of your surveys: filters of lower rates ring longer.",
    )  # fmt: skip


def shot(p: CalibrateDeadTimeParameters, limits: InstrumentLimits, number: int) -> Shot:
    """One of the equal shots."""
    samples = max(2, round(p.pulse_s * p.sample_rate_hz))
    amplitude = p.amplitude * limits.peak_amplitude
    return Shot(
        method=NAME,
        centre_frequency_hz=p.frequency_hz,
        sample_rate_hz=p.sample_rate_hz,
        waveform=np.full(samples, amplitude, dtype=np.complex64),
        capture_samples=samples + round(p.observation_s * p.sample_rate_hz),
        dead_time_s=0.0,  # what is looked for
        averages=checks.whole_cycles(p.averages),
        repetition_time_s=p.repetition_time_s,
        phase_cycle=FOUR_PHASES,
        purpose=f"ring-down {number + 1} of {REPEATS}, to a level of {p.level:g}",
    )


def plan(p: CalibrateDeadTimeParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    few = p.observation_s * p.sample_rate_hz < 128
    noisy = p.level < 1.5 / math.sqrt(REPEATS * checks.whole_cycles(p.averages))
    checks.raise_all(
        [
            *checks.static_faults(p),
            FieldError("observation_s", "The reception must have at least 128 samples.") if few else None,
            FieldError("level", "The level is below what noise leaves; average more, or raise it.") if noisy else None,
            checks.sample_rate_fault(p.sample_rate_hz, limits),
            checks.capture_fault("observation_s", p.observation_s, p.sample_rate_hz, limits),
        ],
        type(p),
    )
    return calibration_shots.plan_shots(p, [shot(p, limits, k) for k in range(REPEATS)], limits, levels=False)


class DeadTimeExperiment(ReconstructingExperiment):
    """Plays the equal shots."""

    def __init__(self, p: CalibrateDeadTimeParameters, limits: InstrumentLimits) -> None:
        super().__init__()
        planned = plan(p, limits)
        self._parameters, self._limits = p, limits
        self._ledger.foresee(planned.shots_survey, planned.duration_s)

    def _steps(self) -> Shots:
        for number in range(REPEATS):
            one = shot(self._parameters, self._limits, number)
            self._ledger.message = f"{one.purpose[:1].upper()}{one.purpose[1:]}, {one.averages} averages."
            yield one

    def _reconstruct(self) -> Reconstruction:
        return reconstruct(self._captures, ReconstructionParameters())


def reconstruct(captures: Sequence[Capture], parameters: ReconstructionParameters) -> Reconstruction:
    """The dead time and the ring-down that shows it; from the captures alone."""
    del parameters  # nothing is searched here
    found = ring_down.ring_down(captures, _level_of(captures))
    if found is None:
        return single_line.empty("Too little was received after the pulses.")
    empty = single_line.empty("")
    message = "The reception does not fall to the level: listen longer, or take what rings or answers out of the probe."
    messages = () if math.isfinite(found.dead_time_s) else (message,)
    return Reconstruction(
        (), empty.spectrum, 0.0, messages, curves=(_curve(found),), quantities=_quantities(found)
    )  # fmt: skip


def _level_of(captures: Sequence[Capture]) -> float:
    """The level that the captures were taken for."""
    for capture in captures:
        found = re.search(r"to a level of ([0-9.e-]+)$", capture.purpose)
        if found:
            return float(found[1])
    return LEVEL_DEFAULT


def _curve(found: ring_down.RingDown) -> Curve:
    until = 4 * found.dead_time_s if math.isfinite(found.dead_time_s) else math.inf
    shown = (found.time_s <= max(until, 20 * found.time_s[0])) & (found.size > 0)
    x, y, sigma = (values[shown][:POINTS_MOST] for values in (found.time_s, found.size, found.size_sigma))
    level = np.full(2, found.level)
    ends = np.asarray([x[0], x[-1]]) if len(x) else np.zeros(2)
    return Curve("ring_down", "After the pulse", TIME, SIZE, x, y, sigma, ends, level, "the level")


def _quantities(found: ring_down.RingDown) -> tuple[Quantity, ...]:
    if not math.isfinite(found.dead_time_s):
        return ()
    note = f"Until the ring-down is below {found.level:g} of one sample's noise."
    if math.isfinite(found.ringing_s):
        note += f" It ends with a decay time of {found.ringing_s * 1e6:.3g} µs."
    if found.recovery_s >= found.dead_time_s:
        note = "Until the receiver, overloaded by the pulse, passes its noise again."
    return (curve_values.time(quantities.DEAD_TIME, "dead time", found.dead_time_s, found.dead_time_sigma_s, note),)


METHOD = Method(
    name=NAME,
    title="Dead time",
    summary="How long probe and receiver are blind after a pulse, from the ring-down and the return of the noise.",
    parameters=CalibrateDeadTimeParameters,
    plan=plan,
    experiment=DeadTimeExperiment,
    reconstruct=reconstruct,
    when_to_use="After a change of probe, amplifier, duplexer or gain, with an empty probe.",
    family=CALIBRATION,
)
