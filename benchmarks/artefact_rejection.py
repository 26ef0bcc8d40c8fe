"""Artefacts of every kind over the whole signal path: how many are taken for lines, what they cost, how they are named.

Each seed is a sample of its own with one or two lines, surveyed on simulated spectrometers through the driver and
libiio: in a quiet laboratory, with one kind of artefact after the other, and in a crowd of all of them. What is
confirmed and lies at none of the lines is counted as a confirmed artefact. An artefact is rightly named where what is
rejected at its place (or, of samples, the messages) has its kind in the reason; many are not seen at all, as DC,
which the phase cycle cancels.

The time of a survey is that of its shots and of all decisions and reconstruction (processor time of one core).
`RASGADO_BENCH_SEEDS` gives another number of seeds, `RASGADO_BENCH_KINDS` a selection of kinds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from acquisition.experiment import ExperimentResult
from acquisition.lines import Line, LineStatus
from acquisition.methods import get
from acquisition.methods.survey_parameters import SurveyParameters
from acquisition.shot import Capture, Shot
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.errors import AlignmentFailed
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings, Transceiver

SEEDS = 3
CENTRE_HZ = 28e6
SPAN_HZ = 1e6
TUNED_HZ = CENTRE_HZ - 0.55e6
"""Where the radio is tuned for this window: beside it."""

LINE_AMPLITUDE = 0.15
MATCH_HZ = 3e3
CLEAR_HZ = 20e3
"""Interference keeps this distance from lines: what lies in its band is not seen, which the result says."""

REPEATS_MAX = 8

PLACE_HZ = 6e3
"""Distance from an artefact within which what is rejected is about it."""

PARAMETERS = SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=SPAN_HZ, averages=32, averages_max=64)

Place = Callable[[], float]
Fields = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What disturbs, as fields of a sample, and how it is recognised: words of its reason, and the place of it.

    `at_hz` gives the place from those fields; None where the artefact has no place of its own.
    """

    fields: Callable[[np.random.Generator, Place], Fields]
    words: tuple[str, ...]
    at_hz: Callable[[Fields], float | None]


def _station(**fields: Any) -> Callable[[np.random.Generator, Place], Fields]:
    return lambda rng, place: {"interference": [{"frequency_hz": place(), **fields}]}


def _first(what: str) -> Callable[[Fields], float | None]:
    return lambda fields: float(fields[what][0]["frequency_hz"])


def _receiver(**fields: Any) -> Callable[[np.random.Generator, Place], Fields]:
    return lambda rng, place: {"receiver": fields}


def _ringing(rng: np.random.Generator, place: Place) -> Fields:
    decay_s = float(rng.uniform(20e-6, 80e-6))
    return {"ringing": [{"frequency_hz": place(), "decay_s": decay_s, "amplitude_over_noise": 2.0}]}


KINDS: dict[str, Kind] = {
    "DC": Kind(_receiver(dc_offset_lsb=60), ("tuned to",), lambda fields: TUNED_HZ),
    "oscillator leakage": Kind(_receiver(lo_leakage_lsb=60), ("tuned to",), lambda fields: TUNED_HZ),
    "image": Kind(
        lambda rng, place: {
            "interference": [{"frequency_hz": place(), "amplitude_over_noise": 4.0}],
            "receiver": {"iq_imbalance": 0.1},
        },
        ("mirror image",),
        lambda fields: 2.0 * TUNED_HZ - fields["interference"][0]["frequency_hz"],
    ),
    "carrier": Kind(_station(amplitude_over_noise=1.0), ("carrier",), _first("interference")),
    "mains": Kind(
        _station(amplitude_over_noise=1.0, sideband_spacing_hz=50, sideband_count=3),
        ("carrier",),
        _first("interference"),
    ),
    "broadcast": Kind(_station(amplitude_over_noise=2.0, am_depth=0.3), ("modulated carrier",), _first("interference")),
    "ring-down": Kind(
        lambda rng, place: {"probe": {"ring_down_s": 1.5e-6, "ring_down_level": 0.05}},
        ("Ring-down", "Spin echoes around it show no"),
        lambda fields: None,
    ),
    "acoustic ringing of a mode": Kind(_ringing, ("acoustic ringing",), _first("ringing")),
    "acoustic ringing of the coil": Kind(
        lambda rng, place: {"ringing": [{"decay_s": float(rng.uniform(20e-6, 80e-6)), "amplitude_over_noise": 2.0}]},
        ("acoustic ringing",),
        lambda fields: None,
    ),
    "saturation": Kind(
        lambda rng, place: {"probe": {"ring_down_s": 2e-6, "ring_down_level": 1.0}},
        ("saturated", "overloaded"),
        lambda fields: None,
    ),
    "drop-outs": Kind(
        _receiver(dropout_fraction=0.1, dropout_s=300e-6, dc_offset_lsb=30),
        ("missing", "tuned to"),
        lambda fields: None,
    ),
}


def crowd(rng: np.random.Generator, place: Place) -> Fields:
    """All kinds at once."""
    return {
        "interference": [
            {"frequency_hz": place(), "amplitude_over_noise": 2.0, "am_depth": 0.3},
            {"frequency_hz": place(), "amplitude_over_noise": float(rng.uniform(0.2, 3.0))},
            {"frequency_hz": place(), "amplitude_over_noise": 1.0, "sideband_spacing_hz": 50, "sideband_count": 3},
        ],
        "ringing": [
            {"decay_s": float(rng.uniform(20e-6, 80e-6)), "amplitude_over_noise": 1.0},
            {"frequency_hz": place(), "decay_s": float(rng.uniform(20e-6, 80e-6)), "amplitude_over_noise": 2.0},
        ],
        "probe": {"ring_down_s": 1.5e-6, "ring_down_level": 0.02},
        "receiver": {
            "dc_offset_lsb": 30, "lo_leakage_lsb": 20, "iq_imbalance": 0.02, "dropout_fraction": 0.05,
            "dropout_s": 300e-6,
        },
    }  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One survey: what was there, what it said, and the time that it took."""

    true_hz: tuple[float, ...]
    disturbed_by: Fields
    result: ExperimentResult
    shots_s: float
    processing_s: float
    repeats: int

    @property
    def time_s(self) -> float:
        """Of the whole survey."""
        return self.shots_s + self.processing_s

    @property
    def confirmed(self) -> list[Line]:
        return [line for line in self.result.lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]

    @property
    def found(self) -> int:
        """Lines that were confirmed where they are."""
        return sum(any(abs(line.frequency_hz - true) < MATCH_HZ for line in self.confirmed) for true in self.true_hz)

    @property
    def confirmed_artefacts(self) -> list[Line]:
        """What was confirmed where no line is."""
        return [
            line for line in self.confirmed if all(abs(line.frequency_hz - true) >= MATCH_HZ for true in self.true_hz)
        ]

    def named(self, kind: Kind) -> bool | None:
        """Whether the artefact was rightly named; None where nothing was seen of it."""
        at_hz = kind.at_hz(self.disturbed_by)
        rejected = [line for line in self.result.lines if line.status is LineStatus.REJECTED]
        if at_hz is None:
            said = [*(line.reason for line in rejected), *self.result.messages]
            return True if any(word in text for text in said for word in kind.words) else None
        said = [line.reason for line in rejected if abs(line.frequency_hz - at_hz) < PLACE_HZ]
        return any(word in text for text in said for word in kind.words) if said else None


def sample_of(seed: int, disturb: Callable[[np.random.Generator, Place], Fields] | None) -> tuple[Fields, Fields]:
    """A sample in the simulator's JSON form, and what of it disturbs; the lines of a seed are always the same."""
    rng = np.random.default_rng([seed, 12])
    low, high = CENTRE_HZ - 0.45 * SPAN_HZ, CENTRE_HZ + 0.45 * SPAN_HZ
    places = rng.uniform(low, high, 1 + seed % 2)
    lines = [
        {
            "frequency_hz": float(place),
            "t2_star_s": float(rng.uniform(150e-6, 600e-6)),
            "amplitude_over_noise": LINE_AMPLITUDE,
            "t1_s": 0.02,
        }
        for place in places
    ]

    def clear() -> float:
        while True:
            place = float(rng.uniform(low, high))
            if np.min(np.abs(places - place)) > CLEAR_HZ:
                return place

    disturbing = disturb(rng, clear) if disturb is not None else {}
    return {"name": f"artefacts {seed}", "lines": lines, **disturbing}, disturbing


def trial(seed: int, disturb: Callable[[np.random.Generator, Place], Fields] | None) -> Trial:
    """One survey through the driver and libiio on a simulated spectrometer of its own."""
    sample, disturbing = sample_of(seed, disturb)
    shots_s = processing_s = 0.0
    repeats = 0
    with running(sample, seed=seed, serial=f"artefacts-{os.getpid()}-{time.monotonic_ns()}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="artefacts", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get("survey").experiment(PARAMETERS, settings.limits)
            while True:
                began = time.thread_time()
                shot = experiment.next_shot()
                processing_s += time.thread_time() - began
                if shot is None:
                    break
                shots_s += shot.duration_s
                capture, again = _played(radio, shot)
                shots_s += again * shot.duration_s
                repeats += again
                experiment.take(capture)
    began = time.thread_time()
    result = experiment.result()
    processing_s += time.thread_time() - began
    true_hz = tuple(line["frequency_hz"] for line in sample["lines"])
    return Trial(true_hz, disturbing, result, shots_s, processing_s, repeats)


def _played(radio: Transceiver, shot: Shot) -> tuple[Capture, int]:
    """A capture, and how often its shot was played again because a drop-out hit the pulse that the driver aligns by."""
    for repeat in range(REPEATS_MAX):
        try:
            return radio.play(shot), repeat
        except AlignmentFailed:
            continue
    return radio.play(shot), REPEATS_MAX


def run() -> Result:
    """Confirmed artefacts of all seeds; the ratio is the recall with artefacts over that without."""
    seeds = range(int(os.environ.get("RASGADO_BENCH_SEEDS", SEEDS)))
    chosen = os.environ.get("RASGADO_BENCH_KINDS", "")
    kinds = {name: kind for name, kind in KINDS.items() if not chosen or name in chosen.split(",")}
    quiet = [trial(seed, None) for seed in seeds]
    crowded = [trial(seed, crowd) for seed in seeds]
    by_kind = {name: [trial(seed, kind.fields) for seed in seeds] for name, kind in kinds.items()}
    disturbed = [*crowded, *(one for trials in by_kind.values() for one in trials)]
    named = {name: [one.named(kinds[name]) for one in trials] for name, trials in by_kind.items()}
    seen = [answer for answers in named.values() for answer in answers if answer is not None]
    return Result(
        name="artefact_rejection",
        value=float(sum(len(one.confirmed_artefacts) for one in disturbed)),
        unit=f"artefacts confirmed in {len(disturbed)} surveys",
        against="the same surveys without artefacts",
        ratio=_recall(disturbed) / max(_recall(quiet), 1e-9),
        extra={
            "lines": sum(len(one.true_hz) for one in disturbed),
            "recall": round(_recall(disturbed), 3),
            "recall_without_artefacts": round(_recall(quiet), 3),
            "recall_in_a_crowd": round(_recall(crowded), 3),
            "confirmed_without_artefacts": sum(len(one.confirmed_artefacts) for one in quiet),
            "artefacts_seen": len(seen),
            "artefacts_not_seen": sum(answer is None for answers in named.values() for answer in answers),
            "rightly_named_of_those_seen": round(sum(seen) / max(len(seen), 1), 3),
            **{f"named: {name}": _outcome(answers) for name, answers in named.items()},
            "shots_repeated_for_drop_outs": sum(one.repeats for one in disturbed),
            "survey_s_quiet": round(_mean([one.time_s for one in quiet]), 2),
            "survey_s_crowd": round(_mean([one.time_s for one in crowded]), 2),
            "survey_time_crowd_over_quiet": round(
                _mean([one.time_s for one in crowded]) / _mean([one.time_s for one in quiet]), 2
            ),
            "processing_s_quiet": round(_mean([one.processing_s for one in quiet]), 2),
            "processing_s_crowd": round(_mean([one.processing_s for one in crowded]), 2),
            "processing_s_crowd_longest": round(max(one.processing_s for one in crowded), 2),
        },
    )


def _recall(trials: Sequence[Trial]) -> float:
    return sum(one.found for one in trials) / sum(len(one.true_hz) for one in trials)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _outcome(answers: Sequence[bool | None]) -> str:
    """Surveys in which an artefact was rightly named, of those that show it."""
    seen = [answer for answer in answers if answer is not None]
    return f"{sum(seen)} of {len(seen)} seen, {len(answers)} surveys"
