"""What the methods that calibrate an instrument have in common: weak shots at a level that the receiver bears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from acquisition.errors import FieldError, InvalidParameters
from acquisition.experiment import Plan
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.methods.reconstructing import ReconstructingExperiment
from acquisition.methods.script import Shots
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot
from acquisition.shot_limits import first_fault

LEVEL = "finding a level"
"""Purpose of the shots that look how strong the leakage is; nothing else is read from them."""

LEVEL_AVERAGES = 4
LEVELS_MOST = 4
FIRST_PART = 0.25
"""The first level is this part of the strongest that may be sent."""

HEARD, TARGET, TOO_LOUD = 0.12, 0.35, 0.8
"""Of the receiver's full scale: loud enough, aimed at, and near to saturation."""

FALL = 1 / 8

PROFILE_POINTS = 512

RAMP_SAMPLES = 32
RAMP_LEAST = 0.05

_BLAMED = {"duty": "repetition_time_s", "pulse_length_s": "pulse_s"}
"""Field of a shot -> field of the parameters, where they have other names."""

ShotsOf = Callable[[float], Sequence[Shot]]


def measured(captures: Sequence[Capture]) -> list[Capture]:
    """The captures without those that looked for a level."""
    return [capture for capture in captures if capture.purpose != LEVEL]


class LevelledExperiment(ReconstructingExperiment):
    """Finds a level with the first of its shots, then plays all of them at it.

    `shots(amplitude)` are the shots at an amplitude of the transmitter, at most `most`.
    """

    def __init__(
        self,
        planned: Plan,
        shots: ShotsOf,
        most: float,
        reconstruct: Callable[[Sequence[Capture], ReconstructionParameters], Reconstruction],
    ) -> None:
        super().__init__()
        self._shots, self._most, self._read = shots, most, reconstruct
        self._ledger.foresee(planned.shots_survey, planned.duration_s)

    def _steps(self) -> Shots:
        amplitude, loudest = FIRST_PART * self._most, self._most
        foreseen_s = level_shot(self._shots(amplitude)).duration_s
        tried = 0
        while tried < LEVELS_MOST:
            tried += 1
            self._ledger.message = f"Looking how strong the leakage is, at {100 * amplitude:.3g} % of full scale."
            capture = yield level_shot(self._shots(amplitude))
            level = _loudest(capture)
            if level > TOO_LOUD:
                loudest, following = amplitude, amplitude * FALL
            else:
                following = min(amplitude * TARGET / max(level, 1e-6), self._most, 0.9 * loudest)
            if HEARD <= level <= TOO_LOUD or following >= 0.99 * amplitude >= 0.98 * self._most:
                break
            amplitude = following
        self._ledger.leave_out(LEVELS_MOST - tried, (LEVELS_MOST - tried) * foreseen_s)
        for shot in self._shots(amplitude):
            self._ledger.message = f"{shot.purpose[:1].upper()}{shot.purpose[1:]}, {shot.averages} averages."
            yield shot

    def _reconstruct(self) -> Reconstruction:
        return self._read(self._captures, ReconstructionParameters())


def soft(samples: int) -> npt.NDArray[np.float64]:
    """An envelope (samples,) of 1 that rises and falls over some samples, but is nowhere zero.

    A weak pulse that begins with a jump has its first samples taken for the jump of another one by the noise.
    """
    edge = RAMP_LEAST + (1.0 - RAMP_LEAST) * np.sin(0.5 * np.pi * np.arange(RAMP_SAMPLES) / RAMP_SAMPLES) ** 2
    envelope = np.ones(samples)
    envelope[:RAMP_SAMPLES], envelope[-RAMP_SAMPLES:] = edge, edge[::-1]
    return envelope


def level_shot(shots: Sequence[Shot]) -> Shot:
    """The shot that looks for a level: the first one, short and without a trace in the result."""
    first = shots[0]
    return Shot(
        method=first.method,
        centre_frequency_hz=first.centre_frequency_hz,
        sample_rate_hz=first.sample_rate_hz,
        waveform=first.waveform,
        capture_samples=first.capture_samples,
        dead_time_s=first.dead_time_s,
        averages=LEVEL_AVERAGES,
        repetition_time_s=first.repetition_time_s,
        phase_cycle=(1, 1j, -1, -1j),
        purpose=LEVEL,
    )


def _loudest(capture: Capture) -> float:
    """The largest real or imaginary part while the transmitter was on, as a fraction of full scale."""
    heard = np.asarray(capture.samples[: len(capture.waveform)])
    return float(max(np.abs(heard.real).max(initial=0.0), np.abs(heard.imag).max(initial=0.0)))


def plan_shots(
    parameters: Any, shots: Sequence[Shot], limits: InstrumentLimits, *, levels: bool, notes: tuple[str, ...] = ()
) -> Plan:
    """The plan of shots at their largest amplitude; raises InvalidParameters where the instrument cannot play one."""
    trials_s = LEVELS_MOST * level_shot(shots).duration_s if levels else 0.0
    duration_s = trials_s + sum(shot.duration_s for shot in shots)
    count = len(shots) + (LEVELS_MOST if levels else 0)
    checks.raise_all(
        [checks.amount_fault("averages", sum(shot.averages for shot in shots), duration_s, limits)], type(parameters)
    )
    for shot in shots:
        fault = first_fault(shot, limits)
        if fault is not None:
            field = _BLAMED.get(fault.field, fault.field)
            known = field if hasattr(parameters, field) else frequency_field(parameters)
            raise InvalidParameters([FieldError(known, fault.message)])
    frequency_hz, flip_deg = _profile(shots, limits)
    return Plan(
        windows_hz=tuple((shot.centre_frequency_hz, shot.sample_rate_hz) for shot in shots[:1]),
        shots_survey=count,
        shots_confirm_max=0,
        averages_per_shot=shots[0].averages,
        duration_s=duration_s,
        duration_max_s=duration_s,
        excitation_frequency_hz=frequency_hz,
        excitation_flip_deg=flip_deg,
        notes=notes,
    )


def frequency_field(parameters: Any) -> str:
    """The field of the parameters that says where is measured."""
    return next(name for name in ("centre_frequency_hz", "frequency_hz") if hasattr(parameters, name))


def _profile(shots: Sequence[Shot], limits: InstrumentLimits) -> tuple[np.ndarray, np.ndarray]:
    """What the first shot excites: (frequencies in Hz, small-angle flip angles in degrees)."""
    first = shots[0]
    size = max(2 * PROFILE_POINTS, 1 << (2 * len(first.waveform) - 1).bit_length())
    spectrum = np.abs(np.fft.fftshift(np.fft.fft(first.waveform, size)))
    offset_hz = np.fft.fftshift(np.fft.fftfreq(size, 1.0 / first.sample_rate_hz))
    step = size // PROFILE_POINTS
    highest = spectrum[: step * PROFILE_POINTS].reshape(PROFILE_POINTS, step).max(axis=1)
    flip_deg = 360.0 * limits.nutation_frequency_hz * highest / first.sample_rate_hz
    return first.centre_frequency_hz + offset_hz[: step * PROFILE_POINTS : step], flip_deg
