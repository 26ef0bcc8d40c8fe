"""What the attribute values mean for the signals: one frozen value, made anew after every write."""

from __future__ import annotations

from dataclasses import dataclass

from sdr.simulated.converter import Converter
from sdr.simulated.devices import PHY, REFERENCE_HZ, RX, TX
from sdr.simulated.frontend import Reception
from sdr.simulated.registers import Kind, Registers
from sdr.simulated.sample import Imperfections
from sdr.simulated.spins import Drive

_AGC_GAIN_DB = 60.0
_TONES = (
    ("I", "altvoltage0_TX1_I_F1"),
    ("I", "altvoltage1_TX1_I_F2"),
    ("Q", "altvoltage2_TX1_Q_F1"),
    ("Q", "altvoltage3_TX1_Q_F2"),
)
ATTENUATION_MAX_DB = 89.75


@dataclass(frozen=True)
class Tone:
    """One generator of the DDS: a sine on I or Q."""

    on_q: bool
    frequency_hz: float
    phase_rad: float
    scale: float


@dataclass(frozen=True)
class RadioSettings:
    """The radio's configuration in the units of the physics; frequencies are the radio's own."""

    rate_hz: float
    decimation: int
    interpolation: int
    tx_lo_hz: float
    rx_lo_hz: float
    tx_lo_on: bool
    rx_lo_on: bool
    tx_gain_db: float
    rx_gain_db: float
    tx_bandwidth_hz: float
    rx_bandwidth_hz: float
    dc_tracking: bool
    quadrature_tracking: bool
    loopback: bool
    tones: tuple[Tone, ...]

    @classmethod
    def read(cls, registers: Registers, reference_ppm: float = 0.0) -> RadioSettings:
        """From the attribute values; the clock is wrong by `reference_ppm` until xo_correction makes up for it."""
        number, get = registers.number, registers.get
        rate = registers.rate_hz
        clock = (1 + reference_ppm * 1e-6) * (REFERENCE_HZ / number(PHY, "xo_correction", Kind.DEVICE))
        manual = get(PHY, "in_voltage0_gain_control_mode") == "manual"
        return cls(
            rate_hz=rate * clock,
            decimation=round(rate / number(RX, "in_voltage_sampling_frequency")),
            interpolation=round(rate / number(TX, "out_voltage_sampling_frequency")),
            tx_lo_hz=clock * number(PHY, "out_altvoltage1_TX_LO_frequency"),
            rx_lo_hz=clock * number(PHY, "out_altvoltage0_RX_LO_frequency"),
            tx_lo_on=get(PHY, "out_altvoltage1_TX_LO_powerdown") == "0",
            rx_lo_on=get(PHY, "out_altvoltage0_RX_LO_powerdown") == "0",
            tx_gain_db=number(PHY, "out_voltage0_hardwaregain"),
            rx_gain_db=number(PHY, "in_voltage0_hardwaregain") if manual else _AGC_GAIN_DB,
            tx_bandwidth_hz=number(PHY, "out_voltage_rf_bandwidth"),
            rx_bandwidth_hz=number(PHY, "in_voltage_rf_bandwidth"),
            dc_tracking=get(PHY, "in_voltage_bb_dc_offset_tracking_en") == "1",
            quadrature_tracking=get(PHY, "in_voltage_quadrature_tracking_en") == "1",
            loopback=get(PHY, "loopback", Kind.DEBUG) == "1",
            tones=tuple(_tones(registers)),
        )

    @property
    def can_transmit(self) -> bool:
        """Something that is played can leave the transmitter."""
        return self.tx_lo_on and self.tx_gain_db > -ATTENUATION_MAX_DB

    def drive(self, converter: Converter, imperfections: Imperfections, tuned_hz: float | None = None) -> Drive:
        """`tuned_hz` is the probe's resonance, None if it follows the transmitter."""
        amplitude = 10 ** ((self.tx_gain_db + 10) / 20) if self.tx_lo_on else 0.0
        return Drive(
            sample_rate_hz=self.rate_hz,
            transmit_hz=converter.nqr_hz(self.tx_lo_hz),
            nutation_hz=imperfections.nutation_hz * amplitude,
            transmit_bandwidth_hz=self.tx_bandwidth_hz,
            receive_bandwidth_hz=self.rx_bandwidth_hz,
            probe_bandwidth_hz=imperfections.probe_bandwidth_hz,
            probe_offset_hz=self._probe_offset_hz(converter, tuned_hz),
        )

    def reception(self, converter: Converter, phase_rad: float, tuned_hz: float | None = None) -> Reception:
        sign = -1.0 if converter.inverting else 1.0
        return Reception(
            sample_rate_hz=self.rate_hz,
            receive_hz=converter.nqr_hz(self.rx_lo_hz),
            receive_gain_db=self.rx_gain_db,
            receive_bandwidth_hz=self.rx_bandwidth_hz,
            transmit_gain_db=self.tx_gain_db if self.tx_lo_on else -1000.0,
            transmit_hz=converter.nqr_hz(self.tx_lo_hz),
            transmit_offset_hz=sign * (self.tx_lo_hz - self.rx_lo_hz),
            phase_rad=phase_rad,
            inverted=converter.inverting,
            receiver_on=self.rx_lo_on,
            carrier_on=self.can_transmit,
            dc_tracking=self.dc_tracking,
            quadrature_tracking=self.quadrature_tracking,
            probe_offset_hz=self._probe_offset_hz(converter, tuned_hz),
        )

    def _probe_offset_hz(self, converter: Converter, tuned_hz: float | None) -> float:
        return 0.0 if tuned_hz is None else tuned_hz - converter.nqr_hz(self.tx_lo_hz)


def _tones(registers: Registers) -> list[Tone]:
    tones = []
    for part, name in _TONES:
        scale = registers.number(TX, f"out_{name}_scale")
        if scale > 0 and registers.get(TX, f"out_{name}_raw") == "1":
            frequency = registers.number(TX, f"out_{name}_frequency")
            phase = registers.number(TX, f"out_{name}_phase")
            tones.append(Tone(part == "Q", frequency, phase / 1000 / 57.29577951308232, scale))
    return tones
