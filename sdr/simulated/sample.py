"""What is in the probe and what the probe and the receiver are like: the values that the simulation is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

REFERENCE_TEMPERATURE_K = 296.0


class SampleError(ValueError):
    """A sample description that cannot be used; the text names the field."""


@dataclass(frozen=True)
class Distribution:
    """Frequencies of a broad line, `shape` being one of SHAPES.

    `fwhm_hz` is the full width at half height ("gaussian", "lorentzian"); "czjzek" has none, its width follows from
    its peak frequency. "table" is the density at `offsets_hz` from the line's frequency, linear in between.
    """

    shape: str
    fwhm_hz: float = 0.0
    offsets_hz: tuple[float, ...] = ()
    density: tuple[float, ...] = ()


SHAPES = ("gaussian", "lorentzian", "czjzek", "table")


@dataclass(frozen=True)
class SpinLine:
    """One resonance of the sample, all in SI units.

    `amplitude_over_noise` is the amplitude of the free induction decay after the best single pulse, divided by the
    standard deviation of the complex noise of one sample at 10 MS/s and 30 dB receive gain. `t2_s` is the irreversible
    decay time, `t2_star_s` <= t2_s that of the free induction decay; the difference is inhomogeneous and is refocused
    by echoes. A `distribution` takes the place of t2_star_s. `transition` counts the pairs of neighbouring doublets of
    half-integer spins from below; it and `eta` decide the nutation of the powder. No eta means 0 for half-integer
    spins, and for spin 1 any that keeps its lines apart. `hz_per_k` is the change of the frequency with temperature,
    from the sample's reference temperature.
    """

    frequency_hz: float
    amplitude_over_noise: float
    t1_s: float
    t2_s: float
    t2_star_s: float
    spin: Fraction = Fraction(3, 2)
    nuclide: str = ""
    eta: float | None = None
    transition: int = 1
    distribution: Distribution | None = None
    hz_per_k: float = 0.0


@dataclass(frozen=True)
class Interference:
    """A signal from outside at an absolute frequency (at the probe), in units of the noise as above.

    Audio of `am_bandwidth_hz` modulates its amplitude with the depth `am_depth` (root mean square). It has
    `sideband_count` companions on each side, `sideband_spacing_hz` apart (50 Hz for the mains), the k-th weaker by
    sideband_ratio^k.
    """

    frequency_hz: float
    amplitude_over_noise: float
    am_depth: float = 0.0
    am_bandwidth_hz: float = 5e3
    sideband_spacing_hz: float = 50.0
    sideband_count: int = 0
    sideband_ratio: float = 0.5


@dataclass(frozen=True)
class Ringing:
    """An acoustic resonance (piezoelectric crystals, coil): what it answers to transmission is linear in it.

    `amplitude_over_noise` is what it has reached at the end of a full-scale pulse at its frequency that is long against
    `decay_s`, at -10 dB transmit gain. `frequency_hz` is absolute; None rings at the transmitter's.
    """

    frequency_hz: float | None
    decay_s: float
    amplitude_over_noise: float


@dataclass(frozen=True)
class Tuning:
    """A probe with a resonance of its own: where it is at power-up, how far and how fast it goes."""

    tuned_hz: float
    settling_s: float = 0.02
    minimum_hz: float = 1e5
    maximum_hz: float = 1e9


@dataclass(frozen=True)
class TransmitReceiveSwitch:
    """A switch that gives the probe to the transmitter or to the receiver.

    `by` says what sets it: "tdd0" (channel 0 of the TDD core, on its pin) or "tx2" (the second transmit path, on while
    it is above an eighth of full scale); `transmit_level` is the level at which it points to the transmitter. What the
    receiver then still hears of the probe is `isolation_db` weaker; it comes back with the time constant `switching_s`.
    A wave that is transmitted into a switch that points to the receiver does not reach the probe, and reaches the
    receiver `exposure_db` stronger than the leakage otherwise.
    """

    by: str = "tdd0"
    transmit_level: int = 1
    isolation_db: float = 60.0
    switching_s: float = 0.5e-6
    exposure_db: float = 20.0


SWITCHED_BY = ("tdd0", "tx2")


@dataclass(frozen=True)
class Imperfections:
    """Probe and receiver; the defaults are those of the catalogue. Levels are in receiver LSB at 30 dB gain."""

    noise_lsb: float = 12.0
    probe_bandwidth_hz: float = 2.5e6
    ring_down_s: float = 0.5e-6
    ring_down_level: float = 0.01
    nutation_hz: float = 20e3  # omega_1/2pi at full scale and -10 dB transmit gain
    leakage_lsb: float = 40_000.0
    dc_offset_lsb: float = 6.0
    lo_leakage_lsb: float = 3.0
    iq_imbalance: float = 0.003
    iq_imbalance_phase_deg: float = 0.0  # of the image: 0 is an error of gain, 90 one of phase
    recovery_s: float = 0.0  # the receiver's gain comes back with this time constant after it was overloaded
    dropout_fraction: float = 0.0  # of the received frames
    dropout_s: float = 100e-6  # length of the stretch without samples
    delay_s: float = 0.0  # of leakage and answer on their way to the converter, besides the radio's own
    reference_ppm: float = 0.0  # of the radio's clock, with xo_correction as after power-up


@dataclass(frozen=True)
class Sample:
    """Everything that is in and around the probe. Without `tuning` the probe follows the transmitter."""

    name: str
    lines: tuple[SpinLine, ...] = ()
    interference: tuple[Interference, ...] = ()
    imperfections: Imperfections = field(default_factory=Imperfections)
    ringing: tuple[Ringing, ...] = ()
    tuning: Tuning | None = None
    temperature_k: float = REFERENCE_TEMPERATURE_K
    switch: TransmitReceiveSwitch | None = None
