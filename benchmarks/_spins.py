"""Instrument time to a stated detection, measured in the simulated spins instead of calculated by the planner.

The shots are those that the methods really play, and the spins are those of the simulated spectrometer, without libiio
in between. A line at a random place goes through the shots of a run from equilibrium on; what is received in the mean
of n averages goes through the matched filters of the reconstruction's search. In white noise the statistic of a matched
filter is half a non-central chi-square variable with two degrees of freedom about that mean, so the probability of
detection follows without drawing the noise. Nothing of the planner's formulae is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from acquisition.limits import InstrumentLimits
from acquisition.methods import sequences, stepped, survey_checks, survey_shots
from acquisition.methods.stepped import SteppedParameters
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.planning import detection
from acquisition.planning.answer import averages_needed
from acquisition.planning.goal import REFERENCE_RATE_HZ, Goal
from acquisition.planning.overheads import Overheads
from acquisition.reconstruction import ReconstructionParameters
from acquisition.reconstruction.recursion import Recursion
from acquisition.reconstruction.search import search_widths_hz
from acquisition.shot import Shot, receive_mask
from sdr.pluto.samples import quantise
from sdr.simulated.samples import SpinLine
from sdr.simulated.spins import Drive, SpinSystem
from sdr.simulated.waveform import Span, Waveform, audible

Complex = npt.NDArray[np.complex128]
Real = npt.NDArray[np.float64]

SHOTS_FOLLOWED = 5000
"""Longest history of one line; later shots are like the last of these."""

OBSERVED = (0, 1, 3, 9, 27, 81, 243, 729)
"""Shots (of the first and of the last turn) whose signal is computed, with the very last one; that of the others is
interpolated over the polarisation before them."""

SETTLED = 1e-4
WIDTHS_TRIED = 2
PLACES_TRIED = 7


@dataclass(frozen=True)
class Setting:
    """One way to search: the shot of a window, those of its neighbours, and how the windows take turns.

    `per_turn` averages come in one turn, 0 means all. `duration_s(n)` is the clock's time for n averages everywhere.
    """

    shot: Shot
    neighbours: tuple[Shot, ...]
    windows: int
    width_hz: float
    middle_hz: float
    per_turn: int
    overhead_s: float

    def duration_s(self, averages: int) -> float:
        turns = 1 if self.per_turn == 0 else math.ceil(averages / self.per_turn)
        return self.windows * (averages * self.shot.repetition_time_s + turns * self.overhead_s)


def survey_setting(p: SurveyParameters, limits: InstrumentLimits, overheads: Overheads) -> Setting:
    """The survey: each window in one shot. A middle one stands for all."""
    layout = survey_checks.validate(p, limits)
    windows = survey_shots.windows_of(p, layout, limits)
    window = windows[len(windows) // 2]
    shot = survey_shots.survey_shot(p, limits, layout, window, 4)
    # Each window answers for its own part of the range, the overlaps halved.
    width_hz = p.span_hz / len(windows) if len(windows) > 1 else window.width_hz
    overhead_s = overheads.shot_s(retuned=True, waveforms=4)
    return Setting(shot, (), len(windows), width_hz, window.centre_hz, 0, overhead_s)


def stepped_setting(p: SteppedParameters, limits: InstrumentLimits, overheads: Overheads) -> Setting:
    """Stepping, in either order."""
    middles = stepped.middles_hz(p)
    timing = stepped.timing_of(p, limits)
    sequence = stepped.sequence_of(p, limits)
    index = len(middles) // 2

    def shot(number: int) -> Shot:
        return sequences.shot(
            sequence,
            method="stepped",
            purpose="",
            target_hz=middles[number],
            sample_rate_hz=p.sample_rate_hz,
            averages=4,
            repetition_time_s=timing.repetition_time_s,
            limits=limits,
            phase_cycle=sequences.FOUR_PHASES,
        )

    beside = tuple(shot(n) for n in (index - 1, index + 1) if 0 <= n < len(middles))
    per_turn = 0 if p.order == "sequential" else timing.averages
    waveforms = 1 if per_turn == 1 else 4
    return Setting(
        shot(index),
        beside,
        len(middles),
        p.span_hz / len(middles),
        middles[index],
        per_turn,
        overheads.shot_s(retuned=len(middles) > 1, waveforms=waveforms),
    )


class Listener:
    """One line of the sample under the shots of one setting."""

    def __init__(self, setting: Setting, line: SpinLine, limits: InstrumentLimits, nutation_hz: float) -> None:
        self._setting, self._line = setting, line
        self._limits, self._nutation_hz = limits, nutation_hz
        self._spans = {id(shot): _span(shot) for shot in (setting.shot, *setting.neighbours)}

    def energy(self, history: int) -> Energy:
        """How the statistic grows with the averages; `history` of them are about what will be needed."""
        polarisations, signals = self._follow(min(history, SHOTS_FOLLOWED))
        filters = _filters(self._setting.shot, self._line)
        places = np.asarray(sorted(signals))
        places = places[np.argsort(polarisations[places], kind="stable")]
        known = np.stack([signals[int(k)] for k in places]) @ filters.conj().T
        before = polarisations[places]
        products = np.stack(
            [
                np.interp(polarisations, before, known[:, j].real)
                + 1j * np.interp(polarisations, before, known[:, j].imag)
                for j in range(len(filters))
            ]
        )
        scale = REFERENCE_RATE_HZ / self._setting.shot.sample_rate_hz
        energies = np.sum(filters.real**2 + filters.imag**2, axis=1) / scale
        return Energy(np.cumsum(products, axis=1), energies, max(1, self._setting.per_turn))

    def _follow(self, shots: int) -> tuple[Real, dict[int, Complex]]:
        """Play until nothing changes any more: the polarisation before each shot, and the signals of some of them."""
        setting, spins = self._setting, SpinSystem([self._line])
        if setting.per_turn == 0 and setting.neighbours:
            self._series(spins, setting.neighbours[0], shots)
            spins.rest(setting.overhead_s, 0.0)
        turn = setting.per_turn or 1
        polarisations: list[float] = []
        signals: dict[int, Complex] = {}
        starts: list[float] = []
        settled = False
        while not settled:
            starts.append(spins.polarisation()[0])
            far = 50 if setting.per_turn == 0 else 2
            changed = abs(starts[-1] - starts[-far]) if len(starts) > far else 1.0
            settled = changed < SETTLED or len(polarisations) + turn >= shots
            for place in range(turn):
                number = len(polarisations)
                within = place if setting.per_turn else number
                observed = within in OBSERVED and (settled or len(starts) == 1 or not setting.per_turn)
                polarisations.append(spins.polarisation()[0])
                seen = self._play(spins, setting.shot, observed or (settled and place == turn - 1))
                if seen is not None:
                    signals[number] = seen
            if setting.per_turn and not settled:
                self._others(spins)
        return np.asarray(polarisations), signals

    def _series(self, spins: SpinSystem, shot: Shot, shots: int) -> None:
        """Play up to so many shots of a neighbour."""
        earlier = math.inf
        for number in range(shots):
            self._play(spins, shot)
            if number % 10 == 9:
                now = spins.polarisation()[0]
                if abs(now - earlier) < SETTLED:
                    return
                earlier = now

    def _others(self, spins: SpinSystem) -> None:
        """The turns of the other windows: the neighbours in the middle of the round."""
        setting = self._setting
        turn_s = setting.per_turn * setting.shot.repetition_time_s
        rest_s = setting.windows * setting.overhead_s + (setting.windows - 1 - len(setting.neighbours)) * turn_s
        spins.rest(max(rest_s, 0.0) / 2, 0.0)
        for neighbour in setting.neighbours:
            self._series(spins, neighbour, setting.per_turn)
        spins.rest(max(rest_s, 0.0) / 2, 0.0)

    def _play(self, spins: SpinSystem, shot: Shot, observe: bool = False) -> Complex | None:
        drive = Drive(
            sample_rate_hz=shot.sample_rate_hz,
            transmit_hz=shot.centre_frequency_hz,
            nutation_hz=self._nutation_hz,
            transmit_bandwidth_hz=shot.sample_rate_hz,
            receive_bandwidth_hz=shot.sample_rate_hz,
            probe_bandwidth_hz=self._limits.probe_bandwidth_hz,
        )
        span = self._spans[id(shot)]
        seen = spins.respond(span, drive, observe)
        spins.rest(shot.repetition_time_s - shot.capture_time_s, shot.centre_frequency_hz)
        if not observe:
            return None
        if seen is None:
            return np.zeros(shot.capture_samples, dtype=np.complex128)
        return np.asarray(seen, dtype=np.complex128) * 1j**span.quadrant


@dataclass(frozen=True, eq=False)
class Energy:
    """Sums of the products of filters and signals, shape (filters, shots), and the filters' own energies."""

    sums: Complex
    energies: Real
    period: int

    def __call__(self, averages: int) -> float:
        """Mean statistic of the best filter in the mean of so many averages."""
        followed = self.sums.shape[1] // self.period * self.period or self.sums.shape[1]
        whole = self.sums[:, :followed]
        if averages <= followed:
            total = whole[:, averages - 1]
        else:
            start = followed - min(self.period, followed)
            late = (whole[:, -1] - (whole[:, start - 1] if start > 0 else 0.0)) / (followed - start)
            total = whole[:, -1] + (averages - followed) * late
        return float(np.max(np.abs(total) ** 2 / (averages * self.energies)))


def averages_for(
    setting: Setting, goal: Goal, limits: InstrumentLimits, places: int, seed: int, history: int
) -> int | None:
    """Averages of each window with which the wanted part of lines at random places is detected; None if none do."""
    rng = np.random.default_rng([seed, 8])
    # One place in each of equal parts of the window: as random as independent ones, with less scatter of the result.
    spots = ((np.arange(places) + rng.random(places)) / places - 0.5) * setting.width_hz
    lines = [_line(goal, setting.middle_hz + float(spot)) for spot in spots]
    curves = [Listener(setting, line, limits, goal.nutation_frequency_hz).energy(history) for line in lines]
    log_tail = detection.threshold(goal.false_alarms, goal.span_hz)
    return averages_needed(
        lambda n: detection.probability(np.asarray([curve(n) for curve in curves]), log_tail), goal.detection
    )


def _line(goal: Goal, frequency_hz: float) -> SpinLine:
    return SpinLine(
        frequency_hz=frequency_hz,
        amplitude_over_noise=goal.snr_per_sample,
        t1_s=goal.t1_s,
        t2_s=goal.t2_star_s,
        t2_star_s=goal.t2_star_s,
    )


def _span(shot: Shot) -> Span:
    padded = np.zeros(shot.capture_samples, dtype=np.complex64)
    padded[: len(shot.waveform)] = shot.waveform
    waveform = Waveform.from_int16(quantise(padded))
    return Span(shot.capture_samples, tuple(audible(0, waveform, 0, shot.capture_samples)))


def _filters(shot: Shot, line: SpinLine) -> Complex:
    """Responses of lines near the true one under the linear model, of the searched widths nearest to its own."""
    rate = shot.sample_rate_hz
    mask = receive_mask(shot.waveform, shot.dead_time_s, rate, shot.capture_samples)
    drive = np.zeros(shot.capture_samples, dtype=np.complex128)
    drive[: len(shot.waveform)] = shot.waveform
    own_hz = 1.0 / (math.pi * line.t2_star_s)
    widths = sorted(search_widths_hz(ReconstructionParameters()), key=lambda width: abs(math.log(width / own_hz)))
    offset_hz = line.frequency_hz - shot.centre_frequency_hz
    return np.stack(list(_responses(drive, mask, rate, offset_hz, widths[:WIDTHS_TRIED], own_hz)))


def _responses(
    drive: Complex, mask: npt.NDArray[np.bool_], rate: float, offset_hz: float, widths: Sequence[float], own_hz: float
) -> Iterator[Complex]:
    for width_hz in widths:
        for shift in np.linspace(-1.2, 1.2, PLACES_TRIED) * own_hz:
            pole = np.exp((2j * np.pi * (offset_hz + shift) - np.pi * width_hz) / rate)
            response = Recursion(np.full(len(drive), pole)).solve(drive)
            response[~mask] = 0.0
            yield response
