"""A narrow-band measurement of one line at a known frequency, at two centre frequencies; a survey's second step.

What could be interference is listened to once more without being excited, and what could be ringing of the probe is
excited once more after saturation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from acquisition import verdict
from acquisition.artefacts.unexcited import needs_control
from acquisition.artefacts.unsaturated import needs_saturation
from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import ExperimentResult, Plan, Spectrum
from acquisition.limits import InstrumentLimits
from acquisition.lines import Line, LineStatus
from acquisition.methods import checks, fits, narrow_band
from acquisition.methods.narrow_band import NarrowBandSettings
from acquisition.methods.parameters import parameter
from acquisition.methods.registry import Method
from acquisition.methods.script import ScriptedExperiment, Shots
from acquisition.quick_spectrum import quick_spectrum
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Shot

TOOTH_SPACING_HZ = 50e3
"""Stands for the spacing of a survey's teeth when the centre frequencies are chosen without a survey."""


CHECKS_MAX = 2
"""Shots that may be asked for once a line was seen: one without excitation, and one after saturation."""


@dataclass(frozen=True)
class ConfirmParameters:
    """Parameters of the method "confirm". Times in s, frequencies in Hz."""

    frequency_hz: float = parameter(
        unit="Hz", label="Frequency", display_unit="MHz", display_scale=1e6, minimum=1e3,
        help="Where the line is expected.",
    )  # fmt: skip
    averages: int = parameter(
        64, label="Averages", minimum=4,
        help="Shots at each of the two centre frequencies; rounded up to whole phase cycles of four.",
    )  # fmt: skip
    sequence: str = parameter(
        "fid", label="Sequence", choices=("fid", "spin_echo"),
        help="Free decay after one pulse, or a spin echo for lines that decay within the dead time.",
    )  # fmt: skip
    repetition_time_s: float = parameter(
        50e-3, unit="s", label="Repetition time", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="From one shot to the next.",
    )  # fmt: skip
    observation_s: float = parameter(
        2e-3, unit="s", label="Reception", display_unit="ms", display_scale=1e-3, minimum=1e-6,
        help="Length of the reception; at least three times T2*.",
    )  # fmt: skip
    flip_deg: float = parameter(
        narrow_band.POWDER_FLIP_DEG, unit="deg", label="Flip angle", display_unit="°", minimum=1.0, maximum=360.0,
        advanced=True, help="Nutation angle of the pulse; 58.6° gives the most signal of a powder with spin 3/2.",
    )  # fmt: skip
    amplitude: float = parameter(
        1.0, label="Amplitude", minimum=1e-3, maximum=1.0, advanced=True,
        help="Transmitter amplitude as a fraction of the largest that the instrument allows.",
    )  # fmt: skip
    sample_rate_hz: float = parameter(
        10e6, unit="Hz", label="Sampling rate", display_unit="MS/s", display_scale=1e6, minimum=1.0, advanced=True,
        help="Of transmitter and receiver.",
    )  # fmt: skip
    false_alarms_per_survey: float = parameter(
        ReconstructionParameters().false_alarms_per_survey, label="False alarms",
        minimum=1e-9, maximum=10.0, advanced=True, help="Expected number of false lines in the result.",
    )  # fmt: skip


def _settings(parameters: ConfirmParameters) -> NarrowBandSettings:
    return NarrowBandSettings(
        sample_rate_hz=parameters.sample_rate_hz,
        repetition_time_s=parameters.repetition_time_s,
        tooth_spacing_hz=TOOTH_SPACING_HZ,
        amplitude=parameters.amplitude,
        flip_deg=parameters.flip_deg,
    )


def _delay_s(parameters: ConfirmParameters, limits: InstrumentLimits) -> float | None:
    """Delay of the echo; lines for which an echo is needed decay within a few dead times."""
    if parameters.sequence != "spin_echo":
        return None
    t2_star_s = narrow_band.ECHO_BELOW_DEAD_TIMES * limits.dead_time_s
    return narrow_band.echo_delay_s(t2_star_s, _settings(parameters), limits)


def plan(parameters: ConfirmParameters, limits: InstrumentLimits) -> Plan:
    """What the measurement will do; raises InvalidParameters with every fault."""
    static = checks.static_faults(parameters)
    if static:
        raise InvalidParameters(static)
    p = parameters
    settings = _settings(p)
    pulse_s = narrow_band.pulse_length_s(settings, limits)
    delay_s = _delay_s(p, limits)
    averages = checks.whole_cycles(p.averages)
    shot_s = narrow_band.pulse_train(settings, limits, delay_s).total / p.sample_rate_hz + (delay_s or 0.0)
    shot_s += p.observation_s
    found: list[FieldError | None] = [
        checks.frequency_range_fault(p.frequency_hz, 0.0, limits, "frequency_hz", "frequency_hz"),
        checks.amount_fault("averages", 2 * averages, 2 * averages * p.repetition_time_s, limits),
        checks.repetition_time_fault(p.repetition_time_s, shot_s, limits),
        *narrow_band.pulse_faults(settings, limits, delay_s, "flip_deg"),
        checks.sample_rate_fault(p.sample_rate_hz, limits),
        checks.capture_fault("observation_s", shot_s, p.sample_rate_hz, limits),
    ]
    if p.observation_s <= limits.dead_time_s:
        dead = checks.time_text(limits.dead_time_s)
        found.append(FieldError("observation_s", f"The reception must be longer than the dead time of {dead}."))
    checks.raise_all(found, ConfirmParameters)
    try:
        _shots(p, limits)
    except fits.ShotDoesNotFit as fault:
        raise InvalidParameters([FieldError("frequency_hz", str(fault))]) from fault
    reach_hz = 1.0 / pulse_s
    frequency_hz = np.linspace(p.frequency_hz - reach_hz, p.frequency_hz + reach_hz, 512)
    flip_deg = p.flip_deg * np.abs(np.sinc((frequency_hz - p.frequency_hz) * pulse_s))
    duration_s = 2 * averages * p.repetition_time_s
    shots_max = 2 + CHECKS_MAX
    return Plan(
        windows_hz=((p.frequency_hz, 2 * narrow_band.reach_hz(settings, limits)),),
        shots_survey=0,
        shots_confirm_max=shots_max,
        averages_per_shot=averages,
        duration_s=duration_s,
        duration_max_s=max(duration_s, min(shots_max * averages * p.repetition_time_s, limits.run_duration_max_s)),
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=flip_deg,
    )


def _shots(p: ConfirmParameters, limits: InstrumentLimits) -> list[Shot]:
    """One shot at each of the two centre frequencies; raises ShotDoesNotFit where the instrument cannot play them."""
    settings = _settings(p)
    averages = checks.whole_cycles(p.averages)
    return [
        narrow_band.shot(p.frequency_hz, offset_hz, p.observation_s, _delay_s(p, limits), averages, settings, limits)
        for offset_hz in narrow_band.offsets_hz(p.frequency_hz, (), settings.tooth_spacing_hz, limits)
    ]


class ConfirmExperiment(ScriptedExperiment):
    """Implements `acquisition.experiment.Experiment` for the method "confirm"."""

    def __init__(self, parameters: ConfirmParameters, limits: InstrumentLimits) -> None:
        super().__init__("confirm")
        planned = plan(parameters, limits)
        self._parameters = parameters
        self._limits = limits
        self._reconstruction = ReconstructionParameters(false_alarms_per_survey=parameters.false_alarms_per_survey)
        self._lines: tuple[Line, ...] = ()
        self._duration_max_s = planned.duration_max_s
        self._messages: list[str] = []
        self._ledger.foresee(2, planned.duration_s)

    def _steps(self) -> Shots:
        for shot in _shots(self._parameters, self._limits):
            yield self._announced(shot)
        for needed, lay_out, unknown in (
            (needs_control, narrow_band.control_shot, "is interference"),
            (needs_saturation, narrow_band.saturation_shot, "is ringing of the probe"),
        ):
            self._lines = self.result().lines
            doubtful = [line for line in self._confirmed() if needed(line, self._captures)]
            if doubtful:
                yield from self._check(max(doubtful, key=lambda line: line.snr), lay_out, unknown)
        self._lines = self.result().lines

    def _confirmed(self) -> list[Line]:
        return [line for line in self._lines if line.status is LineStatus.CONFIRMED]

    def _check(self, line: Line, lay_out: Callable[..., Shot], unknown: str) -> Shots:
        """One more shot on a line, unless the instrument or its time does not allow it; then it is told."""
        p, averages = self._parameters, checks.whole_cycles(self._parameters.averages)
        otherwise = f"Whether {checks.frequency_text(line.frequency_hz)} {unknown} was not measured"
        if self._ledger.duration_done_s + averages * p.repetition_time_s > self._duration_max_s * (1.0 + 1e-9):
            self._messages.append(f"{otherwise}: the longest duration of a run does not allow it.")
            return
        try:
            shot = lay_out(p.frequency_hz, line.t2_star_s, (), averages, _settings(p), self._limits)
        except fits.ShotDoesNotFit as fault:
            self._messages.append(f"{otherwise}: {str(fault)[:1].lower()}{str(fault)[1:]}")
            return
        self._ledger.foresee(1, averages * p.repetition_time_s)
        yield self._announced(shot)

    def _announced(self, shot: Shot) -> Shot:
        self._ledger.message = f"{shot.purpose[:1].upper()}{shot.purpose[1:]}, {shot.averages} averages."
        return shot

    def _summary(self) -> str:
        confirmed = self._confirmed()
        if not confirmed:
            return f"No line was found near {checks.frequency_text(self._parameters.frequency_hz)}."
        return f"Found {', '.join(f'{line.frequency_hz / 1e6:.4f} MHz' for line in confirmed)}."

    def partial_spectrum(self) -> Spectrum | None:
        """Quick spectrum of what was captured until now."""
        return quick_spectrum(self._captures) if self._captures else None

    def candidates(self) -> tuple[Line, ...]:
        """Lines known until now."""
        return self._lines

    def result(self) -> ExperimentResult:
        """What the captures until now say."""
        if not self._captures:
            return ExperimentResult((), None, ("Nothing was measured.",))
        found = verdict.reconstruct(self._captures, self._reconstruction)
        return ExperimentResult(found.lines, found.spectrum, (*found.messages, *self._messages))


METHOD = Method(
    name="confirm",
    title="Narrow-band confirmation",
    summary="Measures one line at a known frequency with a single pulse, at two centre frequencies.",
    parameters=ConfirmParameters,
    plan=plan,
    experiment=ConfirmExperiment,
    when_to_use="To be sure of a line that was seen elsewhere: what moves with the receiver is not taken for a line.",
)
