"""What an instrument can do and may do; the same values guide the planner and are enforced by the driver."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InstrumentLimits:
    """Hard limits and known properties of one spectrometer, all in SI units.

    `peak_amplitude` is the largest |waveform| as a fraction of the transmitter's full scale; `nutation_frequency_hz` is
    omega_1/2pi that amplitude 1 produces on resonance (as calibrated); frequencies are absolute NQR frequencies.

    Planning alone uses the rest: what a shot takes beyond its averages, what each change of the transmitted phase and
    another frequency add, what the probe needs to settle then, and how wide the probe's resonance is.

    The average power is that of |waveform|^2, so 1 is full scale sent without a pause; no average over
    `average_power_window_s` may exceed `average_power_max`. In each of `forbidden_bands_hz`, (lowest, highest) absolute
    frequency, a pulse may have `forbidden_share_max` of its energy and must be 20 dB below its strongest frequency
    (see acquisition.emission). `full_scale_power_w` only tells people what full scale is; 0 where nobody has measured.

    `probe_tuning` says how the probe gets to another frequency: "fixed" (not at all: it stays at `probe_centre_hz`, 0
    where nobody has said), "prompt" (somebody is asked to do it) or "stepper" (a tuner does it).
    """

    frequency_min_hz: float = 1.0e6
    frequency_max_hz: float = 300.0e6
    sample_rate_min_hz: float = 2.084e6
    sample_rate_max_hz: float = 20.0e6
    dead_time_s: float = 4.0e-6
    peak_amplitude: float = 1.0
    average_power_max: float = 1.0
    average_power_window_s: float = 60.0
    full_scale_power_w: float = 0.0
    forbidden_share_max: float = 0.01
    duty_max: float = 0.10
    pulse_length_max_s: float = 20.0e-3
    capture_samples_max: int = 4_000_000
    repetition_time_min_s: float = 1.0e-3
    nutation_frequency_hz: float = 20.0e3
    run_duration_max_s: float = 24 * 3600.0
    between_shots_s: float = 1.0e-3
    arm_s: float = 1.0e-3
    retune_s: float = 10.0e-3
    settle_s: float = 0.0
    probe_bandwidth_hz: float = 2.5e6
    probe_centre_hz: float = 0.0
    probe_tuning: str = "fixed"
    forbidden_bands_hz: tuple[tuple[float, float], ...] = ()

    @property
    def probe_band_hz(self) -> tuple[float, float] | None:
        """The band of a probe that cannot be tuned during a run; None where it can, or where nothing is known of it."""
        if self.probe_tuning != "fixed" or self.probe_centre_hz <= 0.0:
            return None
        half_hz = self.probe_bandwidth_hz / 2
        return self.probe_centre_hz - half_hz, self.probe_centre_hz + half_hz

    @property
    def settling_s(self) -> float:
        """Time for which a run waits when the probe is tuned to another frequency; people who tune it take theirs."""
        return self.settle_s if self.probe_tuning == "stepper" else 0.0


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
