"""The one rule by which a shot is within an instrument's limits: planners ask it, and the driver refuses by it.

What a radio cannot do, whatever its limits are, is the driver's own business (`sdr.safety`).
"""

from __future__ import annotations

import math

from acquisition.errors import FieldError
from acquisition.limits import InstrumentLimits
from acquisition.methods.checks import duty_fault, frequency_text, least_time_text, pulse_length_fault, time_text
from acquisition.pulse_facts import PulseFacts, pulse_facts
from acquisition.shot import ComplexArray, Shot

# Room for the rounding of amplitudes to single precision, not for more power.
AMPLITUDE_TOLERANCE = 1e-6


def first_fault(shot: Shot, limits: InstrumentLimits) -> FieldError | None:
    """What the limits have against a shot whose waveform (n,) is finite and not zero everywhere, or None.

    Every comparison is written so that NaN fails it. Cheap checks come first.
    """
    facts = pulse_facts(shot.waveform, shot.sample_rate_hz)
    return (
        _peak_fault(facts, limits)
        or (None if facts.longest_pulse_s <= limits.pulse_length_max_s else _too_long(facts, limits))
        or _repetition_fault(shot, limits)
        or _duty_fault(shot, facts, limits)
        or average_power_fault("repetition_time_s", facts.energy_s, shot.averages, shot.repetition_time_s, limits)
        or _duration_fault(shot, limits)
        or _range_fault(shot, facts, limits)
        or _forbidden_fault(shot, facts, limits)
    )


def _too_long(facts: PulseFacts, limits: InstrumentLimits) -> FieldError:
    fault = pulse_length_fault("pulse_length_s", facts.longest_pulse_s, limits)
    assert fault is not None
    return fault


def _peak_fault(facts: PulseFacts, limits: InstrumentLimits) -> FieldError | None:
    highest = min(limits.peak_amplitude, 1.0)
    if facts.peak <= highest * (1 + AMPLITUDE_TOLERANCE):
        return None
    return FieldError(
        "amplitude", f"The waveform's peak amplitude is {facts.peak:.6g} of full scale; allowed is up to {highest:.6g}."
    )


def _repetition_fault(shot: Shot, limits: InstrumentLimits) -> FieldError | None:
    shortest_s = max(limits.repetition_time_min_s, shot.capture_time_s)
    if shortest_s <= shot.repetition_time_s < math.inf:
        return None
    return FieldError(
        "repetition_time_s",
        f"The repetition time must be at least {least_time_text(shortest_s)} and finite, not "
        f"{time_text(shot.repetition_time_s)}.",
    )


def _duty_fault(shot: Shot, facts: PulseFacts, limits: InstrumentLimits) -> FieldError | None:
    if facts.on_s / shot.repetition_time_s <= limits.duty_max:
        return None
    if not limits.duty_max > 0.0:
        return FieldError(
            "duty", f"The instrument's limit of the duty cycle is {limits.duty_max!r}; it must be above 0."
        )
    return duty_fault("duty", facts.on_s, shot.repetition_time_s, limits)


def average_power_fault(
    field: str, energy_s: float, averages: int, repetition_time_s: float, limits: InstrumentLimits
) -> FieldError | None:
    """Whether a shot alone, after a long silence, exceeds the average power over any window.

    `energy_s` is that of one excitation in seconds of full scale. Each excitation's energy counts as spread evenly over
    its repetition time, and a single one must fit a window. What went before is added by `sdr.power_ledger`.
    """
    window_s, power_max = limits.average_power_window_s, limits.average_power_max
    allowed_s = power_max * window_s
    sent_s = energy_s * max(min(averages, window_s / repetition_time_s), 1.0)
    if sent_s <= allowed_s * (1 + AMPLITUDE_TOLERANCE):
        return None
    if not allowed_s > 0.0:
        return FieldError(field, "The instrument's limit of the average power and its window must be above 0.")
    power = sent_s / window_s
    advice = f"a repetition time of at least {least_time_text(energy_s / power_max)}"
    if not energy_s <= allowed_s:
        advice = "a shorter or weaker pulse"
    return FieldError(
        field,
        f"The average power over {time_text(window_s)} would be {power:.3g} of full scale{_watts(power, limits)}; the "
        f"instrument's limit is {power_max:.3g}{_watts(power_max, limits)}. Use {advice}.",
    )


def _watts(power: float, limits: InstrumentLimits) -> str:
    return f" ({power * limits.full_scale_power_w:.3g} W)" if limits.full_scale_power_w > 0 else ""


def _duration_fault(shot: Shot, limits: InstrumentLimits) -> FieldError | None:
    if 0.0 <= shot.duration_s <= limits.run_duration_max_s:
        return None
    return FieldError(
        "averages",
        f"All averages would take {time_text(shot.duration_s)}; allowed are {time_text(limits.run_duration_max_s)}.",
    )


def _range_fault(shot: Shot, facts: PulseFacts, limits: InstrumentLimits) -> FieldError | None:
    lowest, highest = limits.frequency_min_hz, limits.frequency_max_hz
    allowed = f"the instrument's {frequency_text(lowest)} to {frequency_text(highest)}"
    centre_hz = shot.centre_frequency_hz
    if not lowest <= centre_hz <= highest:
        return FieldError(
            "centre_frequency_hz", f"The centre frequency of {frequency_text(centre_hz)} is outside {allowed}."
        )
    below_hz, above_hz = facts.band_hz
    if lowest <= centre_hz + below_hz and centre_hz + above_hz <= highest:
        return None
    excited = f"{frequency_text(centre_hz + below_hz)} to {frequency_text(centre_hz + above_hz)}"
    return FieldError("centre_frequency_hz", f"The pulse excites {excited}, which reaches outside {allowed}.")


def _forbidden_fault(shot: Shot, facts: PulseFacts, limits: InstrumentLimits) -> FieldError | None:
    for band_hz in limits.forbidden_bands_hz:
        if not _keeps_out(facts, shot.centre_frequency_hz, band_hz, limits):
            return _forbidden(shot, facts, limits, band_hz)
    return None


def keeps_out_of_forbidden(
    waveform: ComplexArray, sample_rate_hz: float, centre_frequency_hz: float, limits: InstrumentLimits
) -> bool:
    """Whether a pulse (n,), whatever its purpose, keeps out of every forbidden band."""
    if not limits.forbidden_bands_hz:
        return True
    facts = pulse_facts(waveform, sample_rate_hz)
    return all(_keeps_out(facts, centre_frequency_hz, band_hz, limits) for band_hz in limits.forbidden_bands_hz)


def near_forbidden(centre_hz: float, sample_rate_hz: float, limits: InstrumentLimits) -> bool:
    """Whether any pulse sampled so, at this centre frequency, could reach into a forbidden band."""
    return any(_in_reach(centre_hz, sample_rate_hz, band_hz) for band_hz in limits.forbidden_bands_hz)


def _in_reach(centre_hz: float, sample_rate_hz: float, band_hz: tuple[float, float]) -> bool:
    return centre_hz - sample_rate_hz / 2 <= band_hz[1] and band_hz[0] <= centre_hz + sample_rate_hz / 2


def _keeps_out(facts: PulseFacts, centre_hz: float, band_hz: tuple[float, float], limits: InstrumentLimits) -> bool:
    if not _in_reach(centre_hz, facts.sample_rate_hz, band_hz):
        return True  # nothing is known of what lies there, and no spectrum need be made
    return bool(facts.emission.keeps_out(centre_hz, band_hz, limits.forbidden_share_max))


def _forbidden(shot: Shot, facts: PulseFacts, limits: InstrumentLimits, band_hz: tuple[float, float]) -> FieldError:
    centre_hz = shot.centre_frequency_hz
    low_hz, high_hz = band_hz
    band = f"{frequency_text(low_hz)} to {frequency_text(high_hz)}"
    emission = facts.emission
    low, high = low_hz - centre_hz, high_hz - centre_hz
    if low <= 0.0 <= high:
        why = "its centre frequency lies there"
    elif emission.is_loud(low, high):
        why = "it is within 20 dB of its strongest there"
    else:
        why = (
            f"{100 * float(emission.share(low, high)):.2g} % of its energy lies there, of which "
            f"{100 * limits.forbidden_share_max:.2g} % may"
        )
    nearest_hz = nearest_allowed_hz(shot, limits)
    advice = (
        "No centre frequency of this instrument is allowed for it; use a longer pulse, which has a narrower spectrum."
        if nearest_hz is None
        else f"The nearest centre frequency allowed for this pulse is {nearest_hz / 1e6:.4f} MHz."
    )
    return FieldError(
        "centre_frequency_hz",
        f"The pulse at {frequency_text(centre_hz)} reaches into the forbidden band {band}: {why}. {advice}",
    )


def nearest_allowed_hz(shot: Shot, limits: InstrumentLimits) -> float | None:
    """The centre frequency (Hz) nearest to the shot's at which its pulse keeps out of every forbidden band."""
    facts = pulse_facts(shot.waveform, shot.sample_rate_hz)
    below_hz, above_hz = facts.band_hz
    within_hz = (
        max(limits.frequency_min_hz, limits.frequency_min_hz - below_hz),
        min(limits.frequency_max_hz, limits.frequency_max_hz - above_hz),
    )
    found = facts.emission.nearest_allowed_hz(
        shot.centre_frequency_hz, limits.forbidden_bands_hz, limits.forbidden_share_max, within_hz
    )
    if found is None:
        return None
    # As it is told to people: in steps of 100 Hz, and still allowed.
    for rounded in (round(found, -2), round(found + 100.0, -2), round(found - 100.0, -2)):
        if all(
            facts.emission.keeps_out(rounded, band, limits.forbidden_share_max) for band in limits.forbidden_bands_hz
        ):
            return rounded
    return found
