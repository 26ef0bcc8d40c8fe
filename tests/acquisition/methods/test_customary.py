"""The customary methods on captures of ideal spins: what they say of T1, T2, T2*, the field and the line is true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from acquisition import verdict
from acquisition.errors import AcquisitionError
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import get
from acquisition.methods.parameters import parse
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture, Shot
from tests.acquisition.methods.spins import SpinLine, captured, noiseless, nothing

LIMITS = InstrumentLimits()
LINE = SpinLine()
NOISE = 0.5e-3
SMALL: dict[str, dict[str, Any]] = {
    "fid": {"averages": 16},
    "spin_echo": {"averages": 8},
    "nutation": {"averages": 4, "lengths": 10, "observation_s": 0.8e-3},
    "inversion_recovery": {
        "averages": 4,
        "delays": 6,
        "longest_delay_s": 60e-3,
        "observation_s": 0.8e-3,
        "sample_rate_hz": 2.1e6,
    },
    "echo_decay": {"averages": 4, "delays": 5, "observation_s": 0.5e-3},
}
TRIALS = 24
TRUTH = {"t1_s": LINE.t1_s, "t2_s": LINE.t2_s, "t2_star_s": LINE.t2_star_s, "nutation_frequency_hz": 20e3}


def shots_of(method: str, changes: dict[str, Any] | None = None) -> list[Shot]:
    """All shots of a method at a frequency 0.6 kHz beside the line."""
    known = get(method)
    wanted = {"frequency_hz": 28.084e6, **SMALL.get(method, {}), **(changes or {})}
    experiment = known.experiment(parse(known.parameters, wanted), LIMITS)
    shots = []
    while (shot := experiment.next_shot()) is not None:
        shots.append(shot)
        experiment.take(nothing(shot))
    return shots


def captures_of(shots: Sequence[Shot], line: SpinLine, noise: float, seed: int) -> list[Capture]:
    rng = np.random.default_rng(seed)
    return [captured(shot, noiseless(shot, line), noise, rng) for shot in shots]


def result_of(captures: Sequence[Capture]) -> Reconstruction:
    return verdict.reconstruct(captures, ReconstructionParameters())


@pytest.mark.parametrize("method", sorted(SMALL))
def test_quantities_and_lines_are_those_of_the_sample(method: str) -> None:
    found = result_of(captures_of(shots_of(method), LINE, NOISE, seed=3))
    assert found.quantities
    for quantity in found.quantities:
        if quantity.name in TRUTH:
            assert abs(quantity.value - TRUTH[quantity.name]) < 4 * quantity.sigma, quantity
            assert quantity.sigma < 0.2 * quantity.value, quantity
    (line,) = found.lines
    assert line.status is LineStatus.CONFIRMED
    assert abs(line.frequency_hz - LINE.frequency_hz) < 4 * line.frequency_sigma_hz
    top = found.spectrum.x0_hz + found.spectrum.dx_hz * int(np.argmax(np.abs(found.spectrum.values)))
    assert abs(top - LINE.frequency_hz) < 1e3
    for curve in found.curves:
        assert len(curve.x) == len(curve.y) == len(curve.y_sigma) > 3
        assert np.all(np.diff(curve.x) > 0)


@pytest.mark.slow
def test_pulls_have_a_standard_deviation_of_one() -> None:
    """From captures to T1; the benchmark `customary_pulls` has many more trials, of every method."""
    shots = shots_of("inversion_recovery")
    signals = [noiseless(shot, LINE) for shot in shots]
    name = "t1_s"
    rng = np.random.default_rng(11)
    pulls = []
    for _ in range(TRIALS):
        captures = [captured(shot, signal, 2.5 * NOISE, rng) for shot, signal in zip(shots, signals, strict=True)]
        (quantity,) = (one for one in result_of(captures).quantities if one.name == name)
        pulls.append((quantity.value - TRUTH[name]) / quantity.sigma)
    assert abs(np.mean(pulls)) < 3.5 / math.sqrt(len(pulls))
    assert abs(np.std(pulls) - 1.0) < 3.0 / math.sqrt(2 * TRIALS)  # three standard deviations of it


@pytest.mark.parametrize("method", sorted(SMALL))
def test_without_a_line_nothing_is_measured(method: str) -> None:
    rng = np.random.default_rng(5)
    captures = [captured(shot, np.zeros(shot.capture_samples, complex), NOISE, rng) for shot in shots_of(method)]
    found = result_of(captures)
    assert found.quantities == ()
    assert not [line for line in found.lines if line.status is LineStatus.CONFIRMED]
    assert "No line was found" in found.messages[0]


def test_a_train_of_echoes_gains_what_it_says() -> None:
    found = result_of(captures_of(shots_of("spin_echo", {"echoes": 6}), LINE, NOISE, seed=4))
    values = {quantity.name: quantity for quantity in found.quantities}
    weights = np.exp(-np.arange(6) * 600e-6 / values["t2e_s"].value)
    assert values["train_snr_gain"].value == pytest.approx(math.sqrt(np.sum(weights**2)), rel=1e-3)
    # A powder's refocusing is imperfect: what is left over comes back in later echoes, so the train decays slower.
    assert 0.8 * LINE.t2_s < values["t2e_s"].value < 1.6 * LINE.t2_s
    assert values["echo_snr"].value > 5


def test_saturation_needs_no_long_wait() -> None:
    changes = {"preparation": "saturation", "repetition_time_s": 1e-3, "averages": 8}
    shots = shots_of("inversion_recovery", changes)
    found = result_of(captures_of(shots, LINE, NOISE, seed=6))
    t1, depth = found.quantities
    assert abs(t1.value - LINE.t1_s) < 4 * t1.sigma
    assert abs(depth.value - 1.0) < 0.15
    assert sum(shot.duration_s for shot in shots) < 0.5 * sum(s.duration_s for s in shots_of("inversion_recovery"))


def test_the_spin_of_a_nutation_travels_with_its_captures() -> None:
    captures = captures_of(shots_of("nutation", {"spin": "5/2"}), LINE, NOISE, seed=8)
    (field, _) = result_of(captures).quantities
    # The same turning is a weaker field for a spin with larger matrix elements: sqrt(3) / sqrt(8).
    assert field.value == pytest.approx(20e3 * math.sqrt(3 / 8), rel=0.03)


def test_a_broken_off_run_says_what_it_can() -> None:
    captures = captures_of(shots_of("inversion_recovery"), LINE, NOISE, seed=9)
    for count in range(1, len(captures), 2):
        found = result_of(captures[:count])
        assert len(found.curves[0].x) == (count + 1) // 2
        assert found.quantities or found.messages


def test_captures_of_two_methods_are_refused() -> None:
    captures = captures_of([shots_of("fid")[0], shots_of("nutation")[0]], LINE, NOISE, seed=1)
    with pytest.raises(AcquisitionError, match="cannot be processed together"):
        result_of(captures)
