"""The reference case: 1 MHz, T1 20 ms, T2* 300 us, field 20 kHz; the survey against stepping, at equal detection.

The averages that each needs are measured in the simulated spins (`benchmarks._spins`). `play` then
plays those averages through the driver and libiio on a simulated spectrometer, and more if less than 95 % of weak lines
are found: its time is that of the radio's own virtual clock.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.narrow_band import POWDER_FLIP_DEG
from acquisition.methods.parameters import parse
from acquisition.methods.stepped import SteppedParameters
from acquisition.planning import Comparison, Goal, Proposal, compare
from acquisition.planning.overheads import Overheads
from benchmarks import _spins
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

GOAL = Goal(centre_frequency_hz=28e6, span_hz=1e6, t1_s=20e-3, t2_star_s=300e-6, nutation_frequency_hz=20e3)
LIMITS = InstrumentLimits(nutation_frequency_hz=20e3)
PLACES = 24
SAMPLES, LINES = 12, 4
APART_HZ = 80e3
MATCH_HZ = 3e3

HALF_POWER = 0.96
"""Width of a rectangular pulse's excitation between the half-power points, times its length."""

T1_PER_REPETITION = 3.0
"""Laboratories do not know T1 beforehand and wait for three to five times what they expect; this is the least."""


@dataclass(frozen=True)
class Measured:
    """Instrument time in s, the averages of each window, and how many windows there are."""

    time_s: float
    averages: int
    windows: int
    method: str
    parameters: Mapping[str, Any]


@cache
def comparison() -> Comparison:
    """The planner's proposals for the reference case."""
    return compare(GOAL, LIMITS)


def proposed(name: str) -> Measured:
    """A proposal of the planner, measured."""
    proposal = next(one for one in comparison().proposals if one.name == name)
    return _measured(proposal.method, proposal.parameters, proposal)


def laboratory(*, step_hz: float | None = None, repetitions: float = T1_PER_REPETITION) -> Measured:
    """The customary sequential survey: best pulse, steps as wide as it excites, and a wait of so many T1."""
    pulse_s = POWDER_FLIP_DEG / 360.0 / GOAL.nutation_frequency_hz
    parameters = {
        "centre_frequency_hz": GOAL.centre_frequency_hz,
        "span_hz": GOAL.span_hz,
        "step_hz": step_hz or HALF_POWER / pulse_s,
        "repetition_time_s": repetitions * GOAL.t1_s,
        "false_alarms_per_survey": GOAL.false_alarms,
    }
    return _measured("stepped", parameters, None)


def armed() -> Measured:
    """Interleaving as no driver does it: retuning and arming take no time; the planner chooses for such a radio."""
    ideal = InstrumentLimits(nutation_frequency_hz=20e3, between_shots_s=0.0, arm_s=0.0, retune_s=0.0)
    proposal = next(one for one in compare(GOAL, ideal).proposals if one.name == "interleaved")
    return _measured(proposal.method, proposal.parameters, proposal, ideal)


def _measured(
    method: str, parameters: Mapping[str, Any], proposal: Proposal | None, limits: InstrumentLimits = LIMITS
) -> Measured:
    values = parse(get(method).parameters, parameters)
    overheads = Overheads.of(limits)
    if isinstance(values, SteppedParameters):
        setting = _spins.stepped_setting(values, limits, overheads)
    else:
        setting = _spins.survey_setting(values, limits, overheads)
    history = 2 * proposal.averages if proposal else 1000
    averages = _spins.averages_for(setting, GOAL, limits, PLACES, 3, history)
    if averages is None:
        raise RuntimeError(f"{method} finds no such line in any time.")
    return Measured(setting.duration_s(averages), averages, setting.windows, method, parameters)


@dataclass(frozen=True)
class Played:
    """What the whole path gave: part of the lines found, lines that are not there, and time by the radio's clock."""

    recall: float
    false_lines: int
    time_s: float
    averages: int


MORE = (1.0, 1.15, 1.32, 1.52)
"""Factors on the averages that are tried in turn until the whole path detects what is wanted."""


def play(measured: Measured) -> Played:
    """Play what was measured through libiio, with more averages as long as less than the wanted part is found.

    The reconstruction fits and selects; it may need more than a matched filter at the right place. Averages with which
    too many lines have been missed are given up at once.
    """
    for factor in MORE:
        last = factor == MORE[-1]
        missed_max = LINES * SAMPLES if last else math.floor((1.0 - GOAL.detection) * LINES * SAMPLES + 1e-9)
        played = _play(measured, max(4, 4 * round(factor * measured.averages / 4)), missed_max)
        if played is not None:
            return played
    raise AssertionError("the last number of averages is played to its end")


def _play(measured: Measured, averages: int, missed_max: int) -> Played | None:
    """Play so many averages of each window on samples with lines at random places; None if more lines are missed."""
    chosen = dict(measured.parameters) | {"averages": averages}
    if measured.method == "survey":
        chosen |= {"averages_max": averages, "confirm": False}
    missed = false = 0
    times_s = []
    for seed in range(SAMPLES):
        true_hz = _places(seed)
        lines, time_s = _run(measured.method, chosen, true_hz, seed)
        missed += sum(min(abs(line - true) for line in (*lines, -np.inf)) > MATCH_HZ for true in true_hz)
        false += sum(min(abs(line - true) for true in true_hz) > MATCH_HZ for line in lines)
        times_s.append(time_s)
        if missed > missed_max:
            return None
    return Played(1.0 - missed / (SAMPLES * LINES), false, float(np.mean(times_s)), averages)


def _places(seed: int) -> list[float]:
    rng = np.random.default_rng([seed, 16])
    low_hz, high_hz = (GOAL.centre_frequency_hz + side * GOAL.span_hz / 2 for side in (-1, 1))
    while True:
        places = np.sort(rng.uniform(low_hz, high_hz, LINES))
        if np.min(np.diff(places)) > APART_HZ:
            return [float(place) for place in places]


def _run(method: str, parameters: Mapping[str, Any], true_hz: list[float], seed: int) -> tuple[list[float], float]:
    sample = {
        "name": f"reference {seed}",
        "lines": [
            {
                "frequency_hz": place,
                "t1_s": GOAL.t1_s,
                "t2_s": GOAL.t2_star_s,
                "t2_star_s": GOAL.t2_star_s,
                "amplitude_over_noise": GOAL.snr_per_sample,
            }
            for place in true_hz
        ],
    }
    with running(sample, seed=seed, serial=f"reference-{os.getpid()}-{seed}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="reference", uri=simulator.uri, converter=converter, limits=LIMITS)
        with open_transceiver(settings) as radio:
            experiment = get(method).experiment(parse(get(method).parameters, parameters), LIMITS)
            begun_s = simulator.log()[-1]["t_s"]
            while (shot := experiment.next_shot()) is not None:
                experiment.take(radio.play(shot))
            ended_s = simulator.log()[-1]["t_s"]
    lines = [line.frequency_hz for line in experiment.result().lines if line.status is not LineStatus.REJECTED]
    return lines, ended_s - begun_s
