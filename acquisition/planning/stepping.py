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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, stepped
from acquisition.methods.parameters import parse
from acquisition.planning import detection
from acquisition.planning.answer import EDGE, Answer, averages_needed
from acquisition.planning.goal import Goal
from acquisition.planning.overheads import Overheads, receive_gain, transmit_gain
from acquisition.planning.powder import powder, recovering, series, summed
from acquisition.planning.proposal import Proposal

Real = npt.NDArray[np.float64]

PULSES_US = (0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0, 60.0)
LEAST_TURNS, TURNS_MAX = 1.0 / 360.0, 0.2
"""Shortest and longest pulse in turns on resonance: the method's least, and a little beyond the powder's best."""

STEPS_PER_BAND = (0.75, 1.1)
"""Step times pulse length: 0.96 is the distance of the half-power points of a pulse's spectrum."""

REPETITIONS = (1.0, 1.6, 2.5, 5.0, 10.0, 25.0)
VISITS = (1, 4, 8, 16, 32, 64, 128)
"""Shots of a step in one turn, if interleaved: a single one, or whole phase cycles."""

BESIDE_HZ = 68.5e3
"""The method's distance of a step's middle from the tuned frequency."""

LISTEN_T2_STARS = 2.5
PULSE_SAMPLES_MIN = 2
PLACES_RANKING, PLACES = 6, 24
RANKED = 8
STEPS_MAX = 5000


@dataclass(frozen=True)
class Stepping:
    """The settings of a stepped search; times in s, frequencies in Hz.

    `visit` shots of a step are played in one turn; 0 means all of them, one step after the other.
    """

    pulse_s: float
    step_hz: float
    steps: int
    repetition_time_s: float
    listen_s: float
    sample_rate_hz: float
    visit: int = 0


@dataclass(frozen=True, eq=False)
class _Step:
    """What lines at p places of a step answer to its own pulses, and what those of its neighbours leave of them."""

    own: Answer
    below: Real
    above: Real


def propose(goal: Goal, limits: InstrumentLimits, overheads: Overheads, *, interleaved: bool) -> Proposal | None:
    """The fastest stepped search for a goal; `goal.nutation_frequency_hz` must be the actual one."""
    log_tail = detection.threshold(goal.false_alarms, goal.span_hz)
    ranked: list[tuple[float, Stepping]] = []
    for stepping in _pulses(goal, limits):
        if interleaved and stepping.steps == 1:
            continue
        step = _step(goal, limits, stepping, PLACES_RANKING)
        factor, visit = np.meshgrid(REPETITIONS, VISITS if interleaved else (0,), indexing="ij")
        repetition_s = np.ceil(stepping.repetition_time_s * factor * 1e5 - 1e-6) / 1e5
        cost = _rough_duration_s(goal, overheads, step, stepping.steps, repetition_s, visit, log_tail)
        for place in np.argsort(cost, axis=None)[:2]:
            index = np.unravel_index(int(place), cost.shape)
            chosen = replace(stepping, repetition_time_s=float(repetition_s[index]), visit=int(visit[index]))
            ranked.append((float(cost[index]), chosen))
    ranked.sort(key=lambda item: item[0])
    found = [_finish(goal, limits, overheads, stepping, log_tail) for _, stepping in ranked[:RANKED]]
    return min((one for one in found if one is not None), key=lambda one: one.duration_s, default=None)


def _pulses(goal: Goal, limits: InstrumentLimits) -> Iterator[Stepping]:
    """Every pulse and step that is tried and that the instrument can play, with the shortest repetition time."""
    listen_s = LISTEN_T2_STARS * goal.t2_star_s
    for pulse_s in (1e-6 * length for length in PULSES_US):
        if not LEAST_TURNS <= goal.nutation_frequency_hz * limits.peak_amplitude * pulse_s <= TURNS_MAX:
            continue
        for ratio in STEPS_PER_BAND:
            steps = max(1, math.ceil(goal.span_hz * pulse_s / ratio - 1e-9))
            step_hz = goal.span_hz / steps
            rate = sample_rate_hz(pulse_s, step_hz, limits)
            if rate is None or steps > STEPS_MAX:
                continue
            shortest_s = max(
                pulse_s + limits.dead_time_s + listen_s + checks.GUARD_S + 2.0 / rate,
                limits.repetition_time_min_s,
                1.001 * pulse_s / limits.duty_max,
            )
            yield Stepping(pulse_s, step_hz, steps, shortest_s, listen_s, rate)


def sample_rate_hz(pulse_s: float, step_hz: float, limits: InstrumentLimits) -> float | None:
    """The least rate with room for a step beside the centre and two samples in a pulse; None where there is none."""
    room_hz = (step_hz + 2.0 * BESIDE_HZ) / 0.8
    wanted = max(min(room_hz, limits.sample_rate_max_hz), limits.sample_rate_min_hz)
    samples = max(PULSE_SAMPLES_MIN, math.ceil(wanted * pulse_s - 1e-9))
    if round(samples / pulse_s) > limits.sample_rate_max_hz:
        samples = math.floor(limits.sample_rate_max_hz * pulse_s + 1e-9)
    # Rounded down: a pulse that is longer than its samples by anything takes another one.
    rate = float(math.floor(samples / pulse_s)) if samples >= PULSE_SAMPLES_MIN else 0.0
    return rate if rate >= max(limits.sample_rate_min_hz, room_hz * (1.0 - 1e-9)) else None


def _step(goal: Goal, limits: InstrumentLimits, stepping: Stepping, places: int) -> _Step:
    grains = powder()
    place_hz = ((np.arange(places) + 0.5) / places - 0.5) * stepping.step_hz
    transverse, left = _turned(goal, limits, stepping, place_hz)
    _, below = _turned(goal, limits, stepping, place_hz + stepping.step_hz)
    _, above = _turned(goal, limits, stepping, place_hz - stepping.step_hz)
    if stepping.steps == 2:  # a line has one neighbour, and it is the nearer one as often as not
        below = above = np.where((place_hz > 0.0)[:, None], above, below)
    blind_s = limits.dead_time_s + stepping.pulse_s / 2.0
    share = math.exp(-2.0 * blind_s / goal.t2_star_s) * -math.expm1(-2.0 * stepping.listen_s / goal.t2_star_s)
    heard = receive_gain(place_hz + BESIDE_HZ, limits.probe_bandwidth_hz)
    unit = goal.snr_density_hz * 0.5 * goal.t2_star_s * share * heard**2
    recovery = np.asarray(math.exp(-stepping.repetition_time_s / goal.t1_s))
    return _Step(Answer(unit, grains.pickup * transverse, left, recovery), below, above)


def _turned(
    goal: Goal, limits: InstrumentLimits, stepping: Stepping, offset_hz: Real
) -> tuple[npt.NDArray[np.complex128], Real]:
    """What a pulse at these offsets from a line makes of unit magnetisation: transverse, and what it leaves; (p, o)."""
    sent = transmit_gain(offset_hz + BESIDE_HZ, stepping.sample_rate_hz, limits.probe_bandwidth_hz)
    nutation_hz = goal.nutation_frequency_hz * limits.peak_amplitude * sent[:, None] * powder().nutation
    effective_hz = np.hypot(nutation_hz, offset_hz[:, None])
    sine, cosine = nutation_hz / effective_hz, offset_hz[:, None] / effective_hz
    angle = 2.0 * math.pi * effective_hz * stepping.pulse_s
    transverse = sine * np.sin(angle) + 1j * sine * cosine * (1.0 - np.cos(angle))
    return transverse, np.asarray(cosine**2 + sine**2 * np.cos(angle))


def _energies(
    goal: Goal, overheads: Overheads, step: _Step, steps: int, repetition_s: Real, visit: Real, averages: Real
) -> Real:
    """Mean detection statistic (..., p) after so many averages; the settings (...) are all sequential or all not."""
    recovery = np.exp(-repetition_s / goal.t1_s)[..., None, None]
    shots = np.where(visit > 0, visit, averages)
    turns = np.maximum(1.0, np.ceil(averages / shots - 1e-9))
    number, each = turns[..., None, None], shots[..., None, None]
    turn, total = series(step.own.cosine, recovery, each)
    if steps == 1:
        start: Real | float = 1.0
    elif np.all(visit == 0):
        # One after the other: the step below has begun at equilibrium, and what it has left is what there is.
        left = series(step.below, recovery, each)[0]
        between = recovering(math.exp(-overheads.shot_s(retuned=True, waveforms=4) / goal.t1_s))
        start = between.offset + between.factor * (left.offset + left.factor)
    else:
        # Neighbours are visited half a round apart; their turns take their own part of the time.
        beside = [step.below] if steps == 2 else [step.below, step.above]
        overhead_s = _overhead_s(overheads, steps, visit)
        waiting_s = steps * overhead_s + (steps - 1 - len(beside)) * visit * repetition_s
        half = recovering(np.exp(-0.5 * waiting_s / goal.t1_s)[..., None, None])
        turn = turn.then(half)
        for cosine in beside:
            turn = turn.then(series(cosine, recovery, each)[0])
        turn, start = turn.then(half), 1.0
    return step.own.of_sum(summed(turn, total, number, start), (turns * shots)[..., None])


def _overhead_s(overheads: Overheads, steps: int, visit: Real) -> Real:
    """Overhead of one turn of a step."""
    one, cycle = (overheads.shot_s(retuned=steps > 1, waveforms=waveforms) for waveforms in (1, 4))
    return np.where(visit == 1, one, cycle)


def _duration_s(overheads: Overheads, steps: int, repetition_s: Real, visit: Real, averages: Real) -> Real:
    """Instrument time of so many averages in each step, in whole turns."""
    shots = np.where(visit > 0, visit, averages)
    turns = np.ceil(averages / shots - 1e-9)
    return np.asarray(steps * turns * (shots * repetition_s + _overhead_s(overheads, steps, visit)))


def _rough_duration_s(
    goal: Goal, overheads: Overheads, step: _Step, steps: int, repetition_s: Real, visit: Real, log_tail: float
) -> Real:
    """About how long the settings take, for ranking them."""
    wanted = (math.sqrt(log_tail) + EDGE) ** 2
    least = np.maximum(visit, 4)
    averages = np.full(repetition_s.shape, 1e4)
    for _ in range(3):
        energy = np.quantile(_energies(goal, overheads, step, steps, repetition_s, visit, averages), 0.15, axis=-1)
        averages = np.clip(averages * wanted / np.maximum(energy, 1e-12), least, 1e9)
    return _duration_s(overheads, steps, repetition_s, visit, np.ceil(averages / 4) * 4)


def _finish(
    goal: Goal, limits: InstrumentLimits, overheads: Overheads, stepping: Stepping, log_tail: float
) -> Proposal | None:
    """The averages that these settings need, as a proposal; None if none suffice or the instrument refuses them."""
    step = _step(goal, limits, stepping, PLACES)
    repetition_s, visit = np.asarray(stepping.repetition_time_s), np.asarray(stepping.visit)

    def detected(averages: int) -> Real:
        number = np.asarray(float(averages))
        energy = _energies(goal, overheads, step, stepping.steps, repetition_s, visit, number)
        return detection.probability(energy, log_tail)

    needed = averages_needed(detected, goal.detection)
    if needed is None:
        return None
    whole = max(4, stepping.visit)
    averages = whole * math.ceil(needed / whole)
    flip_deg = 360.0 * goal.nutation_frequency_hz * limits.peak_amplitude * stepping.pulse_s
    chosen = _parameters(goal, stepping, averages, flip_deg)
    try:
        stepped.plan(parse(stepped.SteppedParameters, chosen), limits)
    except InvalidParameters:
        return None
    return Proposal(
        name="interleaved" if stepping.visit else "sequential",
        method="stepped",
        parameters=chosen,
        duration_s=float(_duration_s(overheads, stepping.steps, repetition_s, visit, np.asarray(float(averages)))),
        windows=stepping.steps,
        averages=averages,
        flip_deg=flip_deg,
        repetition_time_s=stepping.repetition_time_s,
    )


def _parameters(goal: Goal, stepping: Stepping, averages: int, flip_deg: float) -> Mapping[str, Any]:
    """Settings under the names of the method "stepped"."""
    return {
        "centre_frequency_hz": goal.centre_frequency_hz,
        "span_hz": goal.span_hz,
        "step_hz": stepping.step_hz,
        "averages": averages,
        "repetition_time_s": stepping.repetition_time_s,
        "order": "interleaved" if stepping.visit else "sequential",
        "averages_per_visit": max(1, stepping.visit),
        "visit_repetition_time_s": stepping.repetition_time_s if stepping.visit else 0.0,
        "observation_s": stepping.listen_s,
        "flip_deg": flip_deg,
        "sample_rate_hz": stepping.sample_rate_hz,
        "false_alarms_per_survey": goal.false_alarms,
    }
