"""What an instrument can do and may do; the same values guide the planner and are enforced by the driver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InstrumentLimits:
    """Hard limits and known properties of one spectrometer, all in SI units.

    `peak_amplitude` is the largest |waveform| as a fraction of the transmitter's full scale; `nutation_frequency_hz` is
    omega_1/2pi that amplitude 1 produces on resonance (as calibrated); frequencies are absolute NQR frequencies.

    The planner alone uses the rest: what a shot takes beyond its averages, what each change of the transmitted phase and
    another frequency add, what the probe needs to settle then, and how wide the probe's resonance is.
    """

    frequency_min_hz: float = 1.0e6
    frequency_max_hz: float = 300.0e6
    sample_rate_min_hz: float = 2.084e6
    sample_rate_max_hz: float = 20.0e6
    dead_time_s: float = 4.0e-6
    peak_amplitude: float = 1.0
    duty_max: float = 0.10
    pulse_length_max_s: float = 20.0e-3
    capture_samples_max: int = 4_000_000
    repetition_time_min_s: float = 1.0e-3
    nutation_frequency_hz: float = 20.0e3
    run_duration_max_s: float = 24 * 3600.0
    between_shots_s: float = 5.0e-3
    arm_s: float = 2.0e-3
    retune_s: float = 1.0e-3
    settle_s: float = 0.0
    probe_bandwidth_hz: float = 2.5e6


def reach_behind_converter_hz(side: str, lo_hz: float, radio_min_hz: float, radio_max_hz: float) -> tuple[float, float]:
    """Lowest and highest NQR frequency (Hz, not below 0) that a radio with this tuning range reaches.

    A frequency converter with its oscillator at L lets the radio work at L + f ("upper") or L - f ("lower"); without
    one ("none") radio and NQR frequency are the same. Nothing is reached where lowest > highest.
    """
    match side:
        case "upper":
            low, high = radio_min_hz - lo_hz, radio_max_hz - lo_hz
        case "lower":
            low, high = lo_hz - radio_max_hz, lo_hz - radio_min_hz
        case _:
            low, high = radio_min_hz, radio_max_hz
    return max(low, 0.0), high
