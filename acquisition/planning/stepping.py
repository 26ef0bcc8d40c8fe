"""Choosing pulse, step and repetition time of a stepped search, sequential or interleaved.

A rectangular pulse of any offset is one rotation about a tilted axis, so its answer is exact (relaxation within the
pulse apart). Stepping may use short weak pulses with wide steps as well as long strong ones with narrow steps.

*Sequential*: all averages of a step, then the next step. *Interleaved*: a few averages of each step in turn, so that
one recovers while the others are measured. The driver turns every capture to the phase of its own leakage, so the
visits of a step add coherently; every visit pays for tuning and arming.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from acquisition.limits import InstrumentLimits
from acquisition.methods import checks
from acquisition.planning import detection
from acquisition.planning.answer import EDGE, Answer, averages_needed
from acquisition.planning.goal import Goal
from acquisition.planning.overheads import Overheads, receive_gain, transmit_gain
from acquisition.planning.powder import Affine, powder, recovering, series, summed
from acquisition.planning.proposal import Proposal

Real = npt.NDArray[np.float64]

PULSES_S = (
    0.2e-6,
    0.4e-6,
    0.7e-6,
    1e-6,
    1.5e-6,
    2e-6,
    3e-6,
    4e-6,
    6e-6,
    8e-6,
    11e-6,
    15e-6,
    20e-6,
    28e-6,
    40e-6,
    60e-6,
)
STEPS_PER_BAND = (0.7, 0.95, 1.2)
"""Step times pulse length: 0.96 is the distance of the half-power points of a pulse's spectrum."""

REPETITIONS = (1.0, 1.5, 2.5, 5.0, 10.0, 25.0)
VISITS = (1, 4, 8, 16, 32, 64, 128)
"""Shots of a step in one turn, if interleaved: a single one, or whole phase cycles."""

BESIDE_HZ = 68.5e3
"""The method's distance of a step's middle from the tuned frequency."""

LISTEN_T2_STARS = 2.5
PULSE_SAMPLES_MIN = 2
PLACES = 11
RANKED = 12
STEPS_MAX = 5000


@dataclass(frozen=True)
class Stepping:
    """The settings of a stepped search; times in s, frequencies in Hz. `visit` shots of a step are played in one turn,
    0 means all of them."""

    pulse_s: float
    step_hz: float
    steps: int
    repetition_time_s: float
    listen_s: float
    sample_rate_hz: float
    visit: int = 0

    def flip_rad(self, nutation_frequency_hz: float) -> float:
        """omega_1 t on resonance."""
        return 2.0 * math.pi * nutation_frequency_hz * self.pulse_s

    def duration_s(self, averages: int, overheads: Overheads) -> float:
        """Instrument time of so many averages in each step."""
        shots = 1 if self.visit == 0 else math.ceil(averages / self.visit)
        return self.steps * (averages * self.repetition_time_s + shots * self.overhead_s(overheads))

    def overhead_s(self, overheads: Overheads) -> float:
        """Overhead of one turn of a step."""
        return overheads.shot_s(retuned=self.steps > 1, waveforms=1 if self.visit == 1 else 4)

    def pause_s(self, overheads: Overheads) -> float:
        """What passes between the turns of a step beyond one repetition time."""
        overhead_s = self.overhead_s(overheads)
        return (self.steps - 1) * (self.visit * self.repetition_time_s + overhead_s) + overhead_s


def propose(goal: Goal, limits: InstrumentLimits, overheads: Overheads, *, interleaved: bool) -> Proposal | None:
    """The fastest stepped search for a goal; `goal.nutation_frequency_hz` must be the actual one."""
    log_tail = detection.threshold(goal.false_alarms, goal.span_hz)
    ranked: list[tuple[float, Stepping]] = []
    for stepping in candidates(goal, limits, interleaved=interleaved):
        ranked.append((_rough_duration_s(goal, limits, overheads, stepping, log_tail), stepping))
    ranked.sort(key=lambda item: item[0])
    best: Proposal | None = None
    for _, stepping in ranked[:RANKED]:
        found = finish(goal, limits, overheads, stepping, log_tail)
        if found is not None and (best is None or found.duration_s < best.duration_s):
            best = found
    return best


def candidates(goal: Goal, limits: InstrumentLimits, *, interleaved: bool) -> Iterator[Stepping]:
    """Every setting that is tried and that the instrument can play."""
    listen_s = LISTEN_T2_STARS * goal.t2_star_s
    for pulse_s in PULSES_S:
        if goal.nutation_frequency_hz * limits.peak_amplitude * pulse_s > 0.3:
            continue  # beyond the powder's optimum of 58.6 degrees by far
        for ratio in STEPS_PER_BAND:
            step_hz = min(ratio / pulse_s, goal.span_hz)
            rate = sample_rate_hz(pulse_s, step_hz, limits)
            if rate is None:
                continue
            steps = max(1, math.ceil(goal.span_hz / step_hz - 1e-9))
            if steps > STEPS_MAX or (interleaved and steps == 1):
                continue
            step_hz = goal.span_hz / steps
            shortest_s = max(
                pulse_s + limits.dead_time_s + listen_s + checks.GUARD_S,
                limits.repetition_time_min_s,
                1.001 * pulse_s / limits.duty_max,
            )
            for factor in REPETITIONS:
                time_s = math.ceil(shortest_s * factor * 1e5 - 1e-6) / 1e5
                for visit in VISITS if interleaved else (0,):
                    yield Stepping(pulse_s, step_hz, steps, time_s, listen_s, rate, visit)


def sample_rate_hz(pulse_s: float, step_hz: float, limits: InstrumentLimits) -> float | None:
    """The least rate with room for a step beside the centre and two samples in a pulse; None where there is none."""
    room_hz = (step_hz + 2.0 * BESIDE_HZ) / 0.8
    wanted = max(min(room_hz, limits.sample_rate_max_hz), limits.sample_rate_min_hz)
    samples = max(PULSE_SAMPLES_MIN, math.ceil(wanted * pulse_s - 1e-9))
    if round(samples / pulse_s) > limits.sample_rate_max_hz:
        samples = math.floor(limits.sample_rate_max_hz * pulse_s + 1e-9)
    rate = float(round(samples / pulse_s)) if samples >= PULSE_SAMPLES_MIN else 0.0
    return rate if rate >= max(limits.sample_rate_min_hz, room_hz * (1.0 - 1e-9)) else None


def answers(goal: Goal, limits: InstrumentLimits, stepping: Stepping, neighbour: int = 0) -> Answer:
    """What lines at evenly spread places of a step answer to its pulses, or to those of a neighbouring step."""
    grains = powder()
    place_hz = ((np.arange(PLACES) + 0.5) / PLACES - 0.5) * stepping.step_hz - neighbour * stepping.step_hz
    offset_hz = place_hz + neighbour * stepping.step_hz + BESIDE_HZ
    sent = transmit_gain(offset_hz - neighbour * stepping.step_hz, stepping.sample_rate_hz, limits.probe_bandwidth_hz)
    heard = receive_gain(offset_hz, limits.probe_bandwidth_hz)
    nutation_hz = goal.nutation_frequency_hz * limits.peak_amplitude * sent[:, None] * grains.nutation
    effective_hz = np.hypot(nutation_hz, place_hz[:, None])
    sine, cosine = nutation_hz / effective_hz, place_hz[:, None] / effective_hz
    turned = 2.0 * math.pi * effective_hz * stepping.pulse_s
    transverse = sine * np.sin(turned) + 1j * sine * cosine * (1.0 - np.cos(turned))
    left = cosine**2 + sine**2 * np.cos(turned)
    blind_s = limits.dead_time_s + stepping.pulse_s / 2.0
    share = math.exp(-2.0 * blind_s / goal.t2_star_s) * -math.expm1(-2.0 * stepping.listen_s / goal.t2_star_s)
    unit = goal.snr_density_hz * 0.5 * goal.t2_star_s * share * heard**2
    recovery = np.asarray(math.exp(-stepping.repetition_time_s / goal.t1_s))
    return Answer(unit, grains.pickup * transverse, left, recovery)


def finish(
    goal: Goal, limits: InstrumentLimits, overheads: Overheads, stepping: Stepping, log_tail: float
) -> Proposal | None:
    """The averages that these settings really need, as a proposal; None if no number suffices."""
    averages = averages_needed(
        lambda n: detection.probability(energies(goal, limits, overheads, stepping, n), log_tail), goal.detection
    )
    if averages is None:
        return None
    whole = max(4, stepping.visit)
    averages = whole * math.ceil(averages / whole)
    name = "interleaved" if stepping.visit else "sequential"
    return Proposal(
        name=name,
        method="stepped",
        parameters=parameters(goal, stepping, averages),
        duration_s=stepping.duration_s(averages, overheads),
        windows=stepping.steps,
        averages=averages,
        flip_deg=math.degrees(stepping.flip_rad(goal.nutation_frequency_hz * limits.peak_amplitude)),
        repetition_time_s=stepping.repetition_time_s,
        settings=stepping,
    )


def parameters(goal: Goal, stepping: Stepping, averages: int) -> Mapping[str, Any]:
    """Settings under the names of the method "stepped"."""
    return {
        "centre_frequency_hz": goal.centre_frequency_hz,
        "span_hz": goal.span_hz,
        "step_hz": stepping.step_hz,
        "pulse_length_s": stepping.pulse_s,
        "averages": averages,
        "repetition_time_s": stepping.repetition_time_s,
        "observation_s": stepping.listen_s,
        "sample_rate_hz": stepping.sample_rate_hz,
        "order": "interleaved" if stepping.visit else "sequential",
        "averages_per_visit": stepping.visit or averages,
    }


def energies(goal: Goal, limits: InstrumentLimits, overheads: Overheads, stepping: Stepping, averages: float) -> Real:
    """Mean detection statistic at the places of a step, which its neighbours' pulses saturate, too."""
    own = answers(goal, limits, stepping)
    shots = float(stepping.visit or averages)
    turns = float(max(1, math.ceil(averages / shots - 1e-9)))
    averages = turns * shots
    turn, total = series(own.cosine, own.recovery, shots)
    if stepping.steps == 1:
        return own.of_sum(summed(turn, total, turns), averages)
    beside = [
        series(answers(goal, limits, stepping, side).cosine, own.recovery, shots)[0] for side in (-1, 1)
    ]  # fmt: skip
    if stepping.visit == 0:
        # One after the other: what the step below has left is all that matters, and it has begun at equilibrium.
        start = beside[0].offset + beside[0].factor
        between = recovering(math.exp(-overheads.shot_s(retuned=True, waveforms=4) / goal.t1_s))
        return own.of_sum(summed(turn, total, turns, between.offset + between.factor * start), averages)
    # Neighbouring steps are visited half a round apart; their series take their own part of the time.
    if stepping.steps == 2:
        upper = (np.arange(PLACES) >= PLACES / 2)[:, None]
        beside = [Affine(*(np.where(upper, *pair) for pair in zip(_parts(beside[1]), _parts(beside[0]), strict=True)))]
    waiting_s = stepping.pause_s(overheads) - len(beside) * stepping.visit * stepping.repetition_time_s
    half = recovering(math.exp(-0.5 * max(waiting_s, 0.0) / goal.t1_s))
    turn = turn.then(half)
    for neighbour in beside:
        turn = turn.then(neighbour)
    return own.of_sum(summed(turn.then(half), total, turns), averages)


def _parts(affine: Affine) -> tuple[Real, Real]:
    return affine.offset, affine.factor


def _rough_duration_s(
    goal: Goal, limits: InstrumentLimits, overheads: Overheads, stepping: Stepping, log_tail: float
) -> float:
    """About how long the settings take; for ranking them."""
    wanted = (math.sqrt(log_tail) + EDGE) ** 2
    averages = 1e4
    for _ in range(3):
        energy = float(np.quantile(energies(goal, limits, overheads, stepping, averages), 0.15))
        averages = min(max(averages * wanted / max(energy, 1e-12), float(stepping.visit or 4)), 1e9)
    whole = stepping.visit or 4
    return stepping.duration_s(math.ceil(averages / whole) * whole, overheads)
