"""The other mode: a single un-combed pulse near a candidate, so that no tooth of a comb can be mistaken for another.

Each candidate is measured at two centre frequencies. A line stays where it is when the centre moves; the quadrature
image, spurs and DC of the receiver move with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from acquisition.errors import FieldError
from acquisition.excited_band import excited_band_hz
from acquisition.limits import InstrumentLimits
from acquisition.methods import checks, fits
from acquisition.shot import ComplexArray, Shot

POWDER_FLIP_DEG = 58.6
"""omega_1 t of the first maximum of a powder's signal for I = 3/2, eta = 0 (0.749 of a single crystal's)."""

FRACTION_OF_TOOTH = 0.37
"""Centre frequencies are moved by a whole number of tooth spacings plus this much: never by a multiple of it."""

LEAST_OFFSET_HZ = 20e3
"""Distance that a line keeps from zero frequency and from any other line's quadrature image."""

SHORTEST_RECEPTION_S = 0.2e-3
"""A repetition time that leaves less than this to receive shows nothing of a line."""

SHORTEST_OBSERVATION_S = 1.0e-3
LONGEST_OBSERVATION_S = 5.0e-3

ECHO_BELOW_DEAD_TIMES = 3.0
"""A spin echo is used where T2* is shorter than this many dead times: too little of the free decay is left then."""


@dataclass(frozen=True)
class NarrowBandSettings:
    """What the narrow-band shots of one experiment have in common."""

    sample_rate_hz: float
    repetition_time_s: float
    tooth_spacing_hz: float
    amplitude: float = 1.0  # of the largest that the instrument allows
    flip_deg: float = POWDER_FLIP_DEG


@dataclass(frozen=True)
class PulseTrain:
    """A pulse, or a pair of one and another of twice its length, in samples."""

    pulse: int
    second_start: int | None = None

    @property
    def total(self) -> int:
        """Samples from the first to the last that is transmitted."""
        return self.pulse if self.second_start is None else self.second_start + 2 * self.pulse

    @property
    def transmitting(self) -> int:
        """Samples that are transmitted."""
        return self.pulse if self.second_start is None else 3 * self.pulse


def averages_per_shot(survey_averages: int) -> int:
    """Averages of each of the two shots: together those of one survey window."""
    return checks.whole_cycles(survey_averages / 2)


def rounds(survey_averages: int, averages_max: int) -> list[int]:
    """Averages of each of the two shots in a candidate's successive rounds: each doubles what was spent before.

    The rounds after the first are measured only while the candidate is undecided.
    """
    planned = [averages_per_shot(survey_averages)]
    while True:
        spent = 2 * sum(planned)
        averages = min(spent // 2, (averages_max - spent) // 2) // 4 * 4
        if averages < 4:
            return planned
        planned.append(averages)


def pulse_length_s(settings: NarrowBandSettings, limits: InstrumentLimits) -> float:
    """Length of the hard pulse of the wanted flip angle, at least two samples."""
    nutation_hz = limits.nutation_frequency_hz * limits.peak_amplitude * settings.amplitude
    length_s = settings.flip_deg / 360.0 / nutation_hz
    return max(length_s, 2.0 / settings.sample_rate_hz)


def pulse_train(
    settings: NarrowBandSettings, limits: InstrumentLimits, echo_delay_s: float | None = None
) -> PulseTrain:
    """The layout of a hard pulse, or of a spin echo where a delay is given, by arithmetic only."""
    pulse = max(2, math.ceil(pulse_length_s(settings, limits) * settings.sample_rate_hz - 1e-9))
    if echo_delay_s is None:
        return PulseTrain(pulse)
    # From the middle of the first pulse to the middle of the second one.
    return PulseTrain(pulse, pulse // 2 + round(echo_delay_s * settings.sample_rate_hz) - pulse)


def pulse_faults(
    settings: NarrowBandSettings, limits: InstrumentLimits, echo_delay_s: float | None, pulse_field: str
) -> list[FieldError]:
    """What is wrong with length and duty of the pulses, wherever they are; their length is blamed on `pulse_field`."""
    train = pulse_train(settings, limits, echo_delay_s)
    rate = settings.sample_rate_hz
    found = [
        checks.pulse_length_fault(pulse_field, train.total / rate, limits),
        checks.duty_fault("repetition_time_s", train.transmitting / rate, settings.repetition_time_s, limits),
    ]
    return [fault for fault in found if fault is not None]


def timing_faults(
    settings: NarrowBandSettings, limits: InstrumentLimits, echo_delay_s: float | None, pulse_field: str
) -> list[FieldError]:
    """What is wrong with the pulses and with the time that is left to receive after them."""
    rate = settings.sample_rate_hz
    length_s = pulse_train(settings, limits, echo_delay_s).total / rate
    shortest_s = length_s + (echo_delay_s or 0.0) + limits.dead_time_s + SHORTEST_RECEPTION_S
    found = [
        checks.repetition_time_fault(settings.repetition_time_s, shortest_s, limits),
        checks.capture_fault(pulse_field, shortest_s, rate, limits),
    ]
    faults = pulse_faults(settings, limits, echo_delay_s, pulse_field)
    return faults + [fault for fault in found if fault is not None]


def reach_hz(settings: NarrowBandSettings, limits: InstrumentLimits) -> float:
    """Offset from the pulse's centre up to which it excites at least half as strongly: sinc(0.6) = 0.5."""
    return 0.6 / pulse_length_s(settings, limits)


def observation_s(t2_star_s: float) -> float:
    """How long to receive: the decay to 2 %, within bounds; later samples hold noise only."""
    return float(np.clip(4.0 * t2_star_s, SHORTEST_OBSERVATION_S, LONGEST_OBSERVATION_S))


def needs_echo(t2_star_s: float, limits: InstrumentLimits) -> bool:
    return t2_star_s < ECHO_BELOW_DEAD_TIMES * limits.dead_time_s


def offsets_hz(
    target_hz: float, others_hz: Sequence[float], tooth_spacing_hz: float, limits: InstrumentLimits
) -> tuple[float, float]:
    """Two offsets of the target from the centre frequency, of opposite sign where possible.

    Neither is a multiple of the tooth spacing, nor is their difference; both keep away from zero, and no other line's
    quadrature image falls on the target.
    """
    lowest = math.ceil(LEAST_OFFSET_HZ / tooth_spacing_hz)
    sizes = [(lowest + k + FRACTION_OF_TOOTH) * tooth_spacing_hz for k in range(8)]
    positive = _best_offset(target_hz, sizes, others_hz, limits)
    negative = _best_offset(target_hz, [-size - 0.2 * tooth_spacing_hz for size in sizes], others_hz, limits)
    if positive is None and negative is None:
        return sizes[0], sizes[1] + 0.2 * tooth_spacing_hz
    if negative is None:
        return _pair_of_one_sign(target_hz, sizes, others_hz, limits, tooth_spacing_hz)
    if positive is None:
        return _pair_of_one_sign(target_hz, [-size for size in sizes], others_hz, limits, -tooth_spacing_hz)
    return positive, negative


def _best_offset(
    target_hz: float, offsets: Sequence[float], others_hz: Sequence[float], limits: InstrumentLimits
) -> float | None:
    """The first offset whose centre the instrument reaches and where no image coincides; else the least bad."""
    best: float | None = None
    best_distance = -1.0
    for offset in offsets:
        centre = target_hz - offset
        if not limits.frequency_min_hz <= centre <= limits.frequency_max_hz:
            continue
        images = [abs(2.0 * centre - other - target_hz) for other in others_hz]
        distance = min(images, default=math.inf)
        if distance >= LEAST_OFFSET_HZ:
            return offset
        if distance > best_distance:
            best, best_distance = offset, distance
    return best


def _pair_of_one_sign(
    target_hz: float,
    offsets: Sequence[float],
    others_hz: Sequence[float],
    limits: InstrumentLimits,
    tooth_spacing_hz: float,
) -> tuple[float, float]:
    """At an end of the instrument's range both centres lie on the same side."""
    first = _best_offset(target_hz, offsets, others_hz, limits)
    chosen = offsets[0] if first is None else first
    further = [offset + 0.2 * tooth_spacing_hz for offset in offsets if abs(offset) > abs(chosen)]
    second = _best_offset(target_hz, further, others_hz, limits)
    return chosen, chosen + 1.2 * tooth_spacing_hz if second is None else second


def waveform(
    settings: NarrowBandSettings, limits: InstrumentLimits, offset_hz: float, echo_delay_s: float | None = None
) -> ComplexArray:
    """A hard pulse at `offset_hz` from the centre frequency, or a pair of it and one of twice the length for an echo.

    The amplitude is trimmed so that whole samples give the exact flip angle.
    """
    rate = settings.sample_rate_hz
    train = pulse_train(settings, limits, echo_delay_s)
    count, second = train.pulse, train.second_start
    amplitude = min(limits.peak_amplitude, settings.flip_deg / 360.0 * rate / (limits.nutation_frequency_hz * count))
    envelope = np.zeros(train.total)
    envelope[:count] = amplitude
    if second is not None:
        envelope[second : second + 2 * count] = amplitude
    phase = 2.0 * np.pi * offset_hz / rate * (np.arange(train.total) - (count - 1) / 2)
    return np.asarray(envelope * np.exp(1j * phase), dtype=np.complex64)


def echo_delay_s(t2_star_s: float, settings: NarrowBandSettings, limits: InstrumentLimits) -> float:
    """Time between the pulses of an echo: the free decays after both pulses are over before the echo comes."""
    return 2.0 * pulse_length_s(settings, limits) + limits.dead_time_s + 8.0 * t2_star_s


def shots(
    target_hz: float,
    t2_star_s: float,
    others_hz: Sequence[float],
    averages: int,
    settings: NarrowBandSettings,
    limits: InstrumentLimits,
) -> tuple[Shot, Shot]:
    """The two shots that measure one target by itself, each at its own centre frequency.

    Raises ShotDoesNotFit unless the instrument can play both: at one centre frequency alone nothing is confirmed.
    """
    delay_s = echo_delay_s(t2_star_s, settings, limits) if needs_echo(t2_star_s, limits) else None
    first, second = (
        shot(target_hz, offset, observation_s(t2_star_s), delay_s, averages, settings, limits)
        for offset in offsets_hz(target_hz, others_hz, settings.tooth_spacing_hz, limits)
    )
    return first, second


def control_shot(
    target_hz: float,
    t2_star_s: float,
    others_hz: Sequence[float],
    averages: int,
    settings: NarrowBandSettings,
    limits: InstrumentLimits,
) -> Shot:
    """A shot that listens at the target without exciting it: the pulse is shifted to a null of its spectrum.

    What is still heard there is no answer to the pulse. Raises ShotDoesNotFit where neither null can be reached.
    """
    offset_hz, _ = offsets_hz(target_hz, others_hz, settings.tooth_spacing_hz, limits)
    null_hz = settings.sample_rate_hz / pulse_train(settings, limits).pulse
    observed_s = observation_s(t2_star_s)
    try:
        return shot(target_hz, offset_hz, observed_s, None, averages, settings, limits, detuning_hz=null_hz)
    except fits.ShotDoesNotFit:
        return shot(target_hz, offset_hz, observed_s, None, averages, settings, limits, detuning_hz=-null_hz)


SATURATING = (4, 2, 1)
"""Lengths of the pulses of a saturation train, in units of the pulse that reads what they left."""

SATURATION_GAP_T2_STARS = 3.0
"""Time between the pulses of the train: the free decay after each is over, or nearly so."""


def saturation_shot(
    target_hz: float,
    t2_star_s: float,
    others_hz: Sequence[float],
    averages: int,
    settings: NarrowBandSettings,
    limits: InstrumentLimits,
) -> Shot:
    """A shot whose usual pulse comes after a train that saturates spins; what it still excites is no answer of spins.

    Raises ShotDoesNotFit where the instrument cannot play it.
    """
    offset_hz, _ = offsets_hz(target_hz, others_hz, settings.tooth_spacing_hz, limits)
    single = waveform(settings, limits, 0.0)
    gap = np.zeros(math.ceil((limits.dead_time_s + SATURATION_GAP_T2_STARS * t2_star_s) * settings.sample_rate_hz))
    parts = [part for factor in SATURATING for part in (np.tile(single, factor), gap)]
    train = np.concatenate([*parts, single])
    phase = 2.0 * np.pi * offset_hz / settings.sample_rate_hz * np.arange(len(train))
    excitation = np.asarray(train * np.exp(1j * phase), dtype=np.complex64)
    wanted = len(excitation) + math.ceil(observation_s(t2_star_s) * settings.sample_rate_hz)
    longest = math.floor((settings.repetition_time_s - checks.GUARD_S) * settings.sample_rate_hz)
    laid_out = Shot(
        method="confirm",
        centre_frequency_hz=target_hz - offset_hz,
        sample_rate_hz=settings.sample_rate_hz,
        waveform=excitation,
        capture_samples=min(wanted, longest, limits.capture_samples_max),
        dead_time_s=limits.dead_time_s,
        averages=averages,
        repetition_time_s=settings.repetition_time_s,
        phase_cycle=(1, 1j, -1, -1j),
        probe_frequency_hz=target_hz,
        purpose=f"excite {target_hz / 1e6:.4f} MHz after saturating it",
    )
    return fits.require(laid_out, limits)


def shot(
    target_hz: float,
    offset_hz: float,
    observed_s: float,
    delay_s: float | None,
    averages: int,
    settings: NarrowBandSettings,
    limits: InstrumentLimits,
    detuning_hz: float = 0.0,
) -> Shot:
    """One shot with the target `offset_hz` above the centre frequency; a spin echo where a delay is given.

    The pulse is centred `detuning_hz` above the target. Raises ShotDoesNotFit where the instrument cannot play it.
    """
    moved_hz = detuning_hz or _move_inside_hz(target_hz, delay_s, settings, limits)
    excitation = waveform(settings, limits, offset_hz + moved_hz, delay_s)
    wanted = len(excitation) + math.ceil((observed_s + (delay_s or 0.0)) * settings.sample_rate_hz)
    longest = math.floor((settings.repetition_time_s - checks.GUARD_S) * settings.sample_rate_hz)
    laid_out = Shot(
        method="confirm",
        centre_frequency_hz=target_hz - offset_hz,
        sample_rate_hz=settings.sample_rate_hz,
        waveform=excitation,
        capture_samples=min(wanted, longest, limits.capture_samples_max),
        dead_time_s=limits.dead_time_s,
        averages=averages,
        repetition_time_s=settings.repetition_time_s,
        phase_cycle=(1, 1j, -1, -1j),
        probe_frequency_hz=target_hz,
        purpose=_purpose(target_hz, delay_s, detuning_hz),
    )
    return fits.require(laid_out, limits)


def _move_inside_hz(
    target_hz: float, delay_s: float | None, settings: NarrowBandSettings, limits: InstrumentLimits
) -> float:
    """How far the pulse moves inwards at an end of the instrument's range, so that what it excites stays inside."""
    # No pulse excites more than the sampling rate holds; the spectrum need not be known far from the ends.
    if min(target_hz - limits.frequency_min_hz, limits.frequency_max_hz - target_hz) > settings.sample_rate_hz:
        return 0.0
    pulse = waveform(settings, limits, 0.0, delay_s)
    below_hz, above_hz = excited_band_hz(pulse, settings.sample_rate_hz)
    # Between the points of its spectrum a band is known no better than to one of them.
    point_hz = settings.sample_rate_hz / max(len(pulse), 4096)
    lowest = limits.frequency_min_hz - below_hz + point_hz
    highest = limits.frequency_max_hz - above_hz - point_hz
    if lowest > highest:
        return 0.0
    moved_hz = min(max(target_hz, lowest), highest) - target_hz
    reach = reach_hz(settings, limits)
    if abs(moved_hz) > reach:
        raise fits.ShotDoesNotFit(
            f"A pulse inside the instrument's range would excite nothing at {checks.frequency_text(target_hz)}: it "
            f"reaches {checks.frequency_text(reach)} to either side."
        )
    return moved_hz


def _purpose(target_hz: float, delay_s: float | None, detuning_hz: float) -> str:
    where = f"{target_hz / 1e6:.4f} MHz"
    if detuning_hz:
        return f"listen at {where} without exciting it"
    return f"confirm {where}" + (" by spin echo" if delay_s is not None else "")
