"""All artefacts at once, over the whole signal path: how many are taken for lines, and how many lines they cost.

Each seed is a sample of its own with one or two lines, surveyed twice on simulated spectrometers with the same noise:
in a quiet laboratory, and in one with a broadcast, a carrier, a comb in steps of the mains, acoustic ringing at the
transmitter's frequency and of a mode, DC, leakage, a poor image rejection, ring-down and drop-outs. What is confirmed
and lies at none of the lines is counted as a confirmed artefact. `RASGADO_BENCH_SEEDS` gives another number of seeds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from acquisition.lines import Line, LineStatus
from acquisition.methods import get
from acquisition.methods.survey_parameters import SurveyParameters
from benchmarks.result import Result
from sdr import open_transceiver
from sdr.simulated import running
from sdr.transceiver import ConverterSettings, InstrumentSettings

SEEDS = 6
CENTRE_HZ = 28e6
SPAN_HZ = 1e6
LINE_AMPLITUDE = 0.15
MATCH_HZ = 3e3
CLEAR_HZ = 20e3
"""Interference keeps this distance from lines: what lies in its band is not seen, which the result says."""

PARAMETERS = SurveyParameters(centre_frequency_hz=CENTRE_HZ, span_hz=SPAN_HZ, averages=32, averages_max=64)


@dataclass(frozen=True)
class Trial:
    """One survey: where the lines are, and what it said."""

    true_hz: tuple[float, ...]
    lines: tuple[Line, ...]

    @property
    def confirmed(self) -> list[Line]:
        return [line for line in self.lines if line.status in (LineStatus.CONFIRMED, LineStatus.MOVED)]

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


def sample_of(seed: int, *, disturbed: bool) -> dict[str, object]:
    """A sample in the simulator's JSON form, the same lines with and without what disturbs."""
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
    if not disturbed:
        return {"name": f"quiet {seed}", "lines": lines}

    def clear() -> float:
        while True:
            place = float(rng.uniform(low, high))
            if np.min(np.abs(places - place)) > CLEAR_HZ:
                return place

    return {
        "name": f"disturbed {seed}",
        "lines": lines,
        "interference": [
            {"frequency_hz": clear(), "amplitude_over_noise": 2.0, "am_depth": 0.3},
            {"frequency_hz": clear(), "amplitude_over_noise": float(rng.uniform(0.2, 3.0))},
            {"frequency_hz": clear(), "amplitude_over_noise": 1.0, "sideband_spacing_hz": 50, "sideband_count": 3},
        ],
        "ringing": [
            {"decay_s": float(rng.uniform(20e-6, 80e-6)), "amplitude_over_noise": 1.0},
            {"frequency_hz": clear(), "decay_s": float(rng.uniform(20e-6, 80e-6)), "amplitude_over_noise": 2.0},
        ],
        "probe": {"ring_down_s": 1.5e-6, "ring_down_level": 0.02},
        "receiver": {
            "dc_offset_lsb": 30, "lo_leakage_lsb": 20, "iq_imbalance": 0.02, "dropout_fraction": 0.05,
            "dropout_s": 300e-6,
        },
    }  # fmt: skip


def trial(seed: int, *, disturbed: bool) -> Trial:
    """One survey through the driver and libiio on a simulated spectrometer of its own."""
    sample = sample_of(seed, disturbed=disturbed)
    lines = sample["lines"]
    assert isinstance(lines, list)
    with running(sample, seed=seed, serial=f"artefacts-{os.getpid()}-{seed}-{disturbed}") as simulator:
        converter = ConverterSettings(side="upper", lo_hz=400e6)
        settings = InstrumentSettings(slug="artefacts", uri=simulator.uri, converter=converter)
        with open_transceiver(settings) as radio:
            experiment = get("survey").experiment(PARAMETERS, settings.limits)
            while (shot := experiment.next_shot()) is not None:
                experiment.take(radio.play(shot))
    return Trial(tuple(line["frequency_hz"] for line in lines), experiment.result().lines)


def run() -> Result:
    """Confirmed artefacts of all seeds; the ratio is the recall with artefacts over that without."""
    seeds = range(int(os.environ.get("RASGADO_BENCH_SEEDS", SEEDS)))
    quiet = [trial(seed, disturbed=False) for seed in seeds]
    loud = [trial(seed, disturbed=True) for seed in seeds]
    lines = sum(len(one.true_hz) for one in loud)
    found_quiet, found_loud = sum(one.found for one in quiet), sum(one.found for one in loud)
    return Result(
        name="artefact_rejection",
        value=float(sum(len(one.confirmed_artefacts) for one in loud)),
        unit=f"artefacts confirmed in {len(seeds)} surveys",
        against="the same surveys without artefacts",
        ratio=found_loud / max(found_quiet, 1),
        extra={
            "lines": lines,
            "recall": round(found_loud / lines, 3),
            "recall_without_artefacts": round(found_quiet / lines, 3),
            "rejected_per_survey": round(
                sum(line.status is LineStatus.REJECTED for one in loud for line in one.lines) / len(loud), 1
            ),
            "confirmed_without_artefacts": sum(len(one.confirmed_artefacts) for one in quiet),
        },
    )
