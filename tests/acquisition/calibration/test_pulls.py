"""What calibrations find is the truth within their uncertainties: (found - true) / sigma has a spread of 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from acquisition.limits import InstrumentLimits
from acquisition.methods import calibrate_dead_time, calibrate_probe, calibrate_receiver
from acquisition.methods.parameters import parse
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Shot
from tests.acquisition.calibration.laboratory import Laboratory

LIMITS = InstrumentLimits()
TRIALS = 30
PROBE = parse(calibrate_probe.CalibrateProbeParameters, {"centre_frequency_hz": 28e6, "span_hz": 4e6})
RECEIVER = parse(calibrate_receiver.CalibrateReceiverParameters, {"frequency_hz": 28e6, "quiet_s": 1e-4})
DEAD_TIME = parse(calibrate_dead_time.CalibrateDeadTimeParameters, {"frequency_hz": 28e6})


def found(
    module: Any, shots: list[Shot], laboratory: Laboratory, seed: int
) -> tuple[Reconstruction, dict[str, tuple[float, float]]]:
    rng = np.random.default_rng(seed)
    captures = [laboratory.capture(shot, rng) for shot in shots]
    result = module.reconstruct(captures, ReconstructionParameters())
    return result, {quantity.name: (quantity.value, quantity.sigma) for quantity in result.quantities}


def pulls(
    measure: Callable[[int], dict[str, tuple[float, float]]], truth: dict[str, float]
) -> dict[str, np.ndarray]:  # fmt: skip
    made = [measure(seed) for seed in range(TRIALS)]
    return {
        name: np.asarray([(one[name][0] - true) / one[name][1] for one in made]) for name, true in truth.items()
    }  # fmt: skip


def assert_honest(by_name: dict[str, np.ndarray], least: float = 0.7, most: float = 1.35) -> None:
    """Of 30 trials the spread itself is uncertain by 13 %, the mean by 0.18."""
    for name, values in by_name.items():
        assert least < values.std() < most, (name, values.std())
        assert abs(values.mean()) < 0.6, (name, values.mean())


def test_probe_where_noise_is_what_limits() -> None:
    laboratory = Laboratory(resonance_hz=28.21e6, bandwidth_hz=0.8e6, delay_s=31e-9, noise=1.5)
    shots = calibrate_probe.shots(PROBE, LIMITS, 0.02)
    assert_honest(
        pulls(
            lambda seed: found(calibrate_probe, shots, laboratory, seed)[1],
            {"probe_resonance_hz": 28.21e6, "timing_error_s": 31e-9, "loop_gain": 20.0, "probe_q": 28.21 / 0.8},
        )
    )


def test_probe_where_the_model_limits_is_right_to_a_percent() -> None:
    laboratory = Laboratory(resonance_hz=27.5e6, bandwidth_hz=0.5e6, noise=0.006)
    wide = parse(calibrate_probe.CalibrateProbeParameters, {"centre_frequency_hz": 28e6, "span_hz": 20e6})
    shots = calibrate_probe.shots(wide, LIMITS, 0.02)
    assert len(shots) == 3
    result, values = found(calibrate_probe, shots, laboratory, 1)
    assert abs(values["probe_resonance_hz"][0] - 27.5e6) < 2 * values["probe_resonance_hz"][1] < 10e3
    assert abs(values["probe_q"][0] - 55.0) < 2 * values["probe_q"][1] < 2.2
    # Each tuning begins anew, so the whole delay is known to a fraction of a sample only.
    assert values["tx_rx_delay_s"][0] == pytest.approx(0.9e-6, abs=1e-9)
    assert values["tx_rx_delay_s"][1] > 20e-9
    (curve,) = result.curves
    assert len(curve.x) == len(curve.fit_y) > 200


def test_a_flat_response_has_no_resonance_but_a_delay() -> None:
    laboratory = Laboratory(bandwidth_hz=400e6, delay_s=-20e-9)
    result, values = found(calibrate_probe, calibrate_probe.shots(PROBE, LIMITS, 0.02), laboratory, 2)
    assert "probe_q" not in values
    assert "No resonance" in result.messages[0]
    assert abs(values["timing_error_s"][0] + 20e-9) < 2e-9


@pytest.mark.parametrize("inverted", [False, True])
def test_image_of_a_receiver_behind_either_converter(inverted: bool) -> None:
    image = 0.5 * (0.04 - 0.026j)
    laboratory = Laboratory(
        bandwidth_hz=8e6, image=image, transmitter_image=0.008 + 0.004j, carrier=0.01, noise=0.05, inverted=inverted
    )
    shots = calibrate_receiver.shots(RECEIVER, LIMITS, 0.015)
    assert_honest(
        pulls(
            lambda seed: found(calibrate_receiver, shots, laboratory, seed)[1],
            {"iq_gain_imbalance": 0.04, "iq_phase_rad": -0.026},
        ),
        least=0.5,
    )


def test_oscillator_and_its_band() -> None:
    long = parse(calibrate_receiver.CalibrateReceiverParameters, {"frequency_hz": 28e6, "quiet_s": 4e-3})
    shots = calibrate_receiver.shots(long, LIMITS, 0.015)
    laboratory = Laboratory(carrier=0.003j, bandwidth_hz=8e6)
    _, values = found(calibrate_receiver, shots, laboratory, 3)
    assert abs(values["lo_leakage"][0] - 0.003) < 4 * values["lo_leakage"][1] < 1e-4
    assert values["lo_band_hz"][0] < 2e3


def test_dead_time() -> None:
    # 0.2 of full scale falls to a tenth of the noise of 0.006 in ln(333) decay times.
    laboratory = Laboratory(ringing=((0.2, 0.5e-6),), noise=0.006)
    shots = [calibrate_dead_time.shot(DEAD_TIME, LIMITS, number) for number in range(calibrate_dead_time.REPEATS)]
    measured = [found(calibrate_dead_time, shots, laboratory, seed)[1]["dead_time_s"] for seed in range(TRIALS)]
    true_s = 0.5e-6 * np.log(0.2 / 0.0006)
    values = np.asarray([(value - true_s) / sigma for value, sigma in measured])
    # The uncertainty holds the length of a sample, which the fit does not need.
    assert values.std() < 1.2
    assert abs(values.mean()) < 0.6
    assert max(sigma for _, sigma in measured) < 0.1e-6


def test_a_receiver_that_recovers_slowly_is_blind_for_longer() -> None:
    laboratory = Laboratory(ringing=((0.2, 0.5e-6),), noise=0.006, recovery_s=5e-6)
    shots = [calibrate_dead_time.shot(DEAD_TIME, LIMITS, number) for number in range(calibrate_dead_time.REPEATS)]
    _, values = found(calibrate_dead_time, shots, laboratory, 4)
    # 90 % of its noise after ln(10) = 2.3 time constants.
    assert 8e-6 < values["dead_time_s"][0] < 15e-6


def test_what_never_falls_to_the_level_has_no_dead_time() -> None:
    laboratory = Laboratory(ringing=((0.2, 0.5e-6), (0.05, 400e-6)), noise=0.006)
    shots = [calibrate_dead_time.shot(DEAD_TIME, LIMITS, number) for number in range(calibrate_dead_time.REPEATS)]
    result, values = found(calibrate_dead_time, shots, laboratory, 5)
    assert values == {}
    assert "does not fall" in result.messages[0]
