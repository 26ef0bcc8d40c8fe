"""Pulls of what calibrations measure: (found - true) / sigma over trials with noise, from captures to quantities.

The captures are those of a made-up instrument with known errors (tests/acquisition/calibration/laboratory.py); its
noise is so large that it, and not what a model leaves out, limits the result. Dead time is left out: its uncertainty
holds the length of a sample, so its pulls are smaller than 1 by intention.
"""

from __future__ import annotations

import numpy as np

from acquisition.limits import InstrumentLimits
from acquisition.methods import calibrate_probe, calibrate_receiver
from acquisition.methods.parameters import parse
from acquisition.reconstruction import ReconstructionParameters
from benchmarks.result import Result
from tests.acquisition.calibration.laboratory import Laboratory

TRIALS = 200
LIMITS = InstrumentLimits()
PROBE = Laboratory(resonance_hz=28.21e6, bandwidth_hz=0.8e6, delay_s=31e-9, noise=1.5)
RECEIVER = Laboratory(
    bandwidth_hz=8e6, image=0.5 * (0.04 - 0.026j), transmitter_image=0.008 + 0.004j, carrier=0.01, noise=0.05
)
PROBE_TRUTH = {
    "probe_resonance_hz": 28.21e6, "probe_q": 28.21 / 0.8, "timing_error_s": 31e-9, "loop_gain": 20.0,
}  # fmt: skip
RECEIVER_TRUTH = {"iq_gain_imbalance": 0.04, "iq_phase_rad": -0.026}


def pulls(trials: int = TRIALS) -> dict[str, list[float]]:
    """(found - true) / sigma of each quantity in each trial."""
    sweep = parse(calibrate_probe.CalibrateProbeParameters, {"centre_frequency_hz": 28e6, "span_hz": 4e6})
    tones = parse(calibrate_receiver.CalibrateReceiverParameters, {"frequency_hz": 28e6, "quiet_s": 1e-4})
    made: dict[str, list[float]] = {}
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        swept = [PROBE.capture(shot, rng) for shot in calibrate_probe.shots(sweep, LIMITS, 0.02)]
        heard = [RECEIVER.capture(shot, rng) for shot in calibrate_receiver.shots(tones, LIMITS, 0.015)]
        found = [
            *calibrate_probe.reconstruct(swept, ReconstructionParameters()).quantities,
            *calibrate_receiver.reconstruct(heard, ReconstructionParameters()).quantities,
        ]
        for one in found:
            truth = (PROBE_TRUTH | RECEIVER_TRUTH).get(one.name)
            if truth is not None:
                made.setdefault(one.name, []).append((one.value - truth) / one.sigma)
    return made


def run() -> Result:
    """The standard deviation of the pulls that is farthest from 1; asked for is 1 ± 0.2."""
    made = pulls()
    spreads = {name: float(np.std(values)) for name, values in made.items()}
    worst = max(spreads.values(), key=lambda spread: abs(np.log(spread)))
    extra: dict[str, float | int | str] = {"trials": TRIALS}
    for name, values in made.items():
        extra |= {f"{name}_spread": round(spreads[name], 3), f"{name}_mean": round(float(np.mean(values)), 3)}
    return Result("calibration_pulls", worst, "standard deviation of pulls", "1", worst, extra)
