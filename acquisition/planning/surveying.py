"""Choosing comb, flip angle and repetition time of a RASGADO survey.

Derived (docs/explanation/planning.md): a swept line is passed with the linear flip angle theta = omega_1 |X(f)|, here
omega_1 d |sinc(f tau_p)| sqrt(c_n Tp T_g) (Idiyatullin, Corum and Garwood 2008); a passage at constant rate leaves
cos(phi) = 2 exp(-theta^2 / 4) - 1 of the magnetisation (Landau and Zener); of the energy of its decays the gaps hear
[exp(-2 (t_d + tau_p / 2) / T2*) - exp(-2 (T_g - tau_p / 2) / T2*)] / [1 - exp(-2 T_g / T2*)].
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, survey_checks, survey_shots, survey_windows
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.planning import detection
from acquisition.planning.answer import Answer, Index, averages_needed, typical_averages
from acquisition.planning.goal import Goal
from acquisition.planning.overheads import Overheads, place_beside_hz, receive_gain, transmit_gain
from acquisition.planning.powder import powder
from acquisition.planning.proposal import Proposal
from acquisition.pulses import TRUNCATION_BETA, hs_amplitude

Real = npt.NDArray[np.float64]

TEETH_S = (0.1e-6, 0.2e-6, 0.3e-6, 0.4e-6, 0.5e-6, 0.7e-6, 1e-6, 1.5e-6, 2e-6, 3e-6, 4e-6, 6e-6)
GAPS_S = (10e-6, 14e-6, 20e-6, 30e-6, 40e-6, 60e-6)
PULSES_S = (0.25e-3, 0.5e-3, 1e-3, 1.5e-3, 2e-3, 3e-3, 4e-3, 6e-3, 9e-3, 13e-3, 19e-3)
ORDERS = (1, 3)
REPETITIONS = (1.0, 1.6, 3.0, 8.0)
"""What is tried: tooth, gap and pulse lengths, orders of the hyperbolic secant, and repetition times per shortest."""

TEETH_LEAST = 20
"""Teeth in a pulse, at least: with fewer the replicas of the sweep are no longer flat."""

TAIL_T2_STARS = 2.0
TAIL_LEAST_S = 0.3e-3
PLACES_RANKING, PLACES = 6, 24
RANKED = 8


@dataclass(frozen=True, eq=False)
class _Family:
    """Combs that differ in gap, length of the pulse and repetition time only; arrays of shape (gaps, pulses, times)."""

    tooth_s: float
    order: int
    sample_rate_hz: float
    tail_s: float
    gap_s: Real
    pulse_s: Real
    repetition_s: Real
    allowed: npt.NDArray[np.bool_]

    def at(self, index: Index) -> _Family:
        """One of them, its arrays of no dimension."""
        gap, pulse, repetition, allowed = (
            np.asarray(values[index]) for values in (self.gap_s, self.pulse_s, self.repetition_s, self.allowed)
        )
        return _Family(self.tooth_s, self.order, self.sample_rate_hz, self.tail_s, gap, pulse, repetition, allowed)


def propose(goal: Goal, limits: InstrumentLimits) -> Proposal | None:
    """The fastest survey for a goal on an instrument; None if no comb fits it.

    `goal.nutation_frequency_hz` must be the actual one.
    """
    log_tail = detection.threshold(goal.false_alarms, goal.span_hz)
    ranked: list[tuple[float, _Family, Index]] = []
    for family in _families(goal, limits):
        windows = window_count(goal.span_hz, family.tooth_s, family.sample_rate_hz)
        answer = _answer(goal, limits, family, PLACES_RANKING)
        averages = typical_averages(answer, log_tail)
        cost = np.where(family.allowed, duration_s(windows, averages, family.repetition_s, limits), np.inf)
        for place in np.argsort(cost, axis=None)[:2]:
            index = np.unravel_index(int(place), cost.shape)
            if math.isfinite(float(cost[index])):
                ranked.append((float(cost[index]), family, index))
    ranked.sort(key=lambda item: item[0])
    best: Proposal | None = None
    for _, family, index in ranked[:RANKED]:
        proposal = _finish(goal, limits, family, index, log_tail)
        if proposal is not None and (best is None or proposal.duration_s < best.duration_s):
            best = proposal
    return best


def window_count(span_hz: float, tooth_s: float, sample_rate_hz: float) -> int:
    """Windows of a survey, by the survey's own rule."""
    width_hz = min(1.0 / tooth_s, survey_windows.USABLE_BAND * sample_rate_hz)
    step_hz = width_hz * (1.0 - survey_windows.WINDOW_OVERLAP)
    return 1 + max(0, math.ceil((span_hz - width_hz) / step_hz - 1e-9))


def duration_s(windows: int, averages: Real | int, repetition_s: Real | float, limits: InstrumentLimits) -> Real:
    """Instrument time of a survey without confirmations: each window is tuned to once, in one shot of four phases."""
    overhead_s = Overheads.of(limits).shot_s(retuned=True, waveforms=4)
    return np.asarray(windows * (np.multiply(averages, repetition_s) + overhead_s))


def _families(goal: Goal, limits: InstrumentLimits) -> Iterator[_Family]:
    tail_s = max(TAIL_LEAST_S, TAIL_T2_STARS * goal.t2_star_s)
    for tooth_s in TEETH_S:
        for rate in _sample_rates(goal.span_hz, tooth_s, limits):
            for order in ORDERS:
                gap, pulse, factor = np.meshgrid(GAPS_S, PULSES_S, REPETITIONS, indexing="ij")
                transmit_s = pulse * tooth_s / gap * 1.02 + tooth_s
                shortest = np.maximum(pulse + tail_s + checks.GUARD_S, limits.repetition_time_min_s)
                shortest = np.maximum(shortest, transmit_s / limits.duty_max)
                allowed = (pulse >= TEETH_LEAST * gap) & (pulse <= limits.pulse_length_max_s)
                allowed &= gap >= tooth_s + limits.dead_time_s + checks.RECEIVE_SAMPLES_MIN / rate
                allowed &= (pulse + tail_s) * rate <= limits.capture_samples_max
                if allowed.any():
                    yield _Family(tooth_s, order, rate, tail_s, gap, pulse, shortest * factor, allowed)


def _sample_rates(span_hz: float, tooth_s: float, limits: InstrumentLimits) -> list[float]:
    """Rates at which a tooth is a whole number of samples: the least with room beside the centre, and a faster one."""
    width_hz = min(1.0 / tooth_s, span_hz)
    room_hz = (2.0 * width_hz + 0.2e6) / survey_windows.USABLE_BAND
    rates = []
    for wanted in (room_hz, 2.5 * room_hz):
        samples = max(2, math.ceil(wanted * tooth_s - 1e-9), math.ceil(limits.sample_rate_min_hz * tooth_s - 1e-9))
        rate = round(samples / tooth_s)
        if rate > limits.sample_rate_max_hz * (1.0 + 1e-9):
            samples = math.floor(limits.sample_rate_max_hz * tooth_s + 1e-9)
            rate = round(samples / tooth_s) if samples >= 2 else 0
        if rate >= limits.sample_rate_min_hz and rate not in rates:
            rates.append(rate)
    return [float(rate) for rate in rates]


def _answer(goal: Goal, limits: InstrumentLimits, family: _Family, places: int) -> Answer:
    """What lines at evenly spread places of a window answer."""
    grains = powder()
    width_hz = min(1.0 / family.tooth_s, survey_windows.USABLE_BAND * family.sample_rate_hz, goal.span_hz)
    place_hz = ((np.arange(places) + 0.5) / places - 0.5) * width_hz
    beside_hz = place_beside_hz(width_hz / 2.0, family.sample_rate_hz)
    sent = transmit_gain(place_hz + beside_hz, family.sample_rate_hz, limits.probe_bandwidth_hz)
    heard = receive_gain(place_hz + beside_hz, limits.probe_bandwidth_hz)
    envelope = hs_amplitude(np.linspace(0.0, 1.0, 513), family.order, TRUNCATION_BETA)
    passage_s = np.sqrt(float(np.mean(envelope**2)) * family.pulse_s * family.gap_s)[..., None]
    duty = (family.tooth_s / family.gap_s)[..., None]
    omega = 2.0 * math.pi * goal.nutation_frequency_hz * limits.peak_amplitude
    theta = omega * duty * passage_s * sent * np.abs(np.sinc(place_hz * family.tooth_s))
    cosine = 2.0 * np.exp(-0.25 * (theta[..., None] * grains.nutation) ** 2) - 1.0
    transverse = grains.pickup * np.sqrt(np.maximum(1.0 - cosine**2, 0.0))
    share = heard_share(goal.t2_star_s, family.gap_s, family.tooth_s, limits.dead_time_s)
    unit = goal.snr_density_hz * 0.5 * goal.t2_star_s * share[..., None] * heard**2
    return Answer(unit, transverse, cosine, np.exp(-family.repetition_s / goal.t1_s))


def heard_share(t2_star_s: float, gap_s: Real, tooth_s: float, dead_time_s: float) -> Real:
    """Part of the energy of decays that falls between the dead time of a tooth and the next tooth."""
    first = np.exp(-2.0 * (dead_time_s + tooth_s / 2.0) / t2_star_s)
    last = np.exp(-2.0 * (gap_s - tooth_s / 2.0) / t2_star_s)
    return np.asarray(np.maximum(first - last, 0.0) / -np.expm1(-2.0 * gap_s / t2_star_s))


def _finish(goal: Goal, limits: InstrumentLimits, family: _Family, index: Index, log_tail: float) -> Proposal | None:
    """The averages that are really needed; None if the instrument refuses the survey or no number suffices."""
    answer = _answer(goal, limits, family.at(index), PLACES)
    averages = averages_needed(lambda n: detection.probability(answer.energy(n), log_tail), goal.detection)
    if averages is None:
        return None
    parameters = _parameters(goal, family, index, averages)
    try:
        layout = survey_checks.validate(parameters, limits)
    except InvalidParameters:
        return None
    flip = survey_shots.comb_of(parameters, limits).tooth_flip_rad(0, goal.nutation_frequency_hz)
    return Proposal(
        name="survey",
        method="survey",
        parameters=dataclasses.asdict(parameters),
        duration_s=float(duration_s(layout.windows, averages, parameters.repetition_time_s, limits)),
        windows=layout.windows,
        averages=averages,
        flip_deg=math.degrees(float(flip)),
        repetition_time_s=parameters.repetition_time_s,
    )


def _parameters(goal: Goal, family: _Family, index: Index, averages: int) -> SurveyParameters:
    return SurveyParameters(
        centre_frequency_hz=goal.centre_frequency_hz,
        span_hz=goal.span_hz,
        averages=averages,
        averages_max=4 * averages,
        repetition_time_s=math.ceil(float(family.repetition_s[index]) * 1e5 - 1e-6) / 1e5,
        t1_s=goal.t1_s,
        false_alarms_per_survey=goal.false_alarms,
        gap_period_s=float(family.gap_s[index]),
        tooth_s=family.tooth_s,
        pulse_length_s=float(family.pulse_s[index]),
        hs_order=family.order,
        tail_s=family.tail_s,
        sample_rate_hz=family.sample_rate_hz,
    )
