"""The probe before each shot: nothing to do, people asked, or a tuner told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from acquisition.shot import Shot
from sdr.tuner import TunerFailed
from tasks.probe import Probe


class People:
    """Writes down what they are asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask_to_tune(self, text: str) -> None:
        self.asked.append(text)

    @contextmanager
    def busy_elsewhere(self) -> Iterator[None]:
        yield


def shot(probe_hz: float | None) -> Shot:
    return Shot(
        method="survey",
        centre_frequency_hz=27e6,
        sample_rate_hz=10e6,
        waveform=np.ones(10, dtype=np.complex64),
        capture_samples=1000,
        dead_time_s=4e-6,
        averages=4,
        repetition_time_s=1e-2,
        probe_frequency_hz=probe_hz,
    )


def test_people_are_asked_once_for_each_place_that_the_probe_does_not_cover() -> None:
    people = People()
    with Probe(InstrumentLimits(probe_tuning="prompt", probe_bandwidth_hz=2e6), "", people) as probe:
        for frequency_hz in (28e6, 28.1e6, 29e6, 29e6, None):
            probe.prepare(shot(frequency_hz))
    assert [text.split(" MHz")[0].rsplit(" ", 1)[1] for text in people.asked] == ["28.0000", "29.0000", "27.0000"]
    assert all("resume the run" in text for text in people.asked)


def test_a_fixed_probe_needs_nothing() -> None:
    people = People()
    with Probe(InstrumentLimits(), "", people) as probe:
        probe.prepare(shot(28e6))
    assert people.asked == []


def test_a_tuner_that_is_not_there_is_said() -> None:
    limits = dataclasses.replace(InstrumentLimits(), probe_tuning="stepper")
    with Probe(limits, "", People()) as probe, pytest.raises(TunerFailed, match="tcp:host:port"):
        probe.prepare(shot(28e6))
