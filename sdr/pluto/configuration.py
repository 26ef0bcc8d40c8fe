"""Setting the radio up for a shot, and reading every setting back. Only what differs is written.

The timing between transmission and reception is only as repeatable as sample rate and oscillators are left alone+, so a
setting that the radio has already is not written again. (+ from pyadi-iio's example for the TDD core.)
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sdr.errors import InvalidConfiguration, ReadBackMismatch
from sdr.pluto import names
from sdr.pluto.connection import Connection

# The oscillators step by a few hertz; the record takes the frequency that was read back.
FREQUENCY_TOLERANCE_HZ = 10.0
# Beyond this the time axis of a capture would be wrong by more than a step of the oscillator at the band's edge.
RATE_TOLERANCE = 1e-6
GAIN_TOLERANCE_DB = 0.26
TRACKING = ("quadrature_tracking_en", "rf_dc_offset_tracking_en", "bb_dc_offset_tracking_en")


@dataclass(frozen=True)
class Setup:
    """What a shot needs of the radio; frequencies are the radio's own."""

    sample_rate_hz: float
    frequency_hz: float
    rx_gain_db: float
    tx_attenuation_db: float


class Configuration:
    """Remembers what was set and read back on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._pluto = connection.pluto
        phy = connection.context.find_device(names.PHY)
        self._receiver = phy.find_channel("voltage0", False)
        self._transmitter = phy.find_channel("voltage0", True)
        self._rx_bandwidths = names.parse_range(self._receiver.attrs["rf_bandwidth_available"].value)
        self._tx_bandwidths = names.parse_range(self._transmitter.attrs["rf_bandwidth_available"].value)
        self._rx_gains = names.parse_range(self._receiver.attrs["hardwaregain_available"].value)
        self._tx_gains = names.parse_range(self._transmitter.attrs["hardwaregain_available"].value)
        self._tx_gain = self._transmitter.attrs["hardwaregain"]
        # What is read back for every shot, without looking each up again.
        self._rx_lo = phy.find_channel(names.RX_LO_CHANNEL, True).attrs["frequency"]
        self._tx_lo = phy.find_channel(names.TX_LO_CHANNEL, True).attrs["frequency"]
        self._rate = self._receiver.attrs["sampling_frequency"]
        self._rx_gain = self._receiver.attrs["hardwaregain"]
        self._powerdown = phy.find_channel(names.TX_LO_CHANNEL, True).attrs["powerdown"]
        self._rx_powerdown = phy.find_channel(names.RX_LO_CHANNEL, True).attrs["powerdown"]
        self._rate_hz = math.nan
        self._frequency_hz = math.nan
        self._tuned_hz = math.nan
        self._rx_gain_db = math.nan
        self._fixed_done = False

    def check(self, setup: Setup) -> None:
        """Raise InvalidConfiguration if the instrument's gain or attenuation is beyond the radio's range."""
        low, high = self._rx_gains
        if not low <= setup.rx_gain_db <= high:
            raise InvalidConfiguration(
                "rx_gain_db",
                f"The receiver's gain is {setup.rx_gain_db:g} dB; allowed are {low:g} to {high:g} dB.",
            )
        low, high = -self._tx_gains[1], -self._tx_gains[0]
        if not low <= setup.tx_attenuation_db <= high:
            raise InvalidConfiguration(
                "tx_attenuation_db",
                f"The transmitter's attenuation is {setup.tx_attenuation_db:g} dB; "
                f"this radio has {low:g} to {high:g} dB.",
            )

    def apply(self, setup: Setup) -> float:
        """Set everything but the transmitter's switch; returns the frequency (Hz) that the radio is really tuned to."""
        if not self._fixed_done:
            self._apply_fixed()
            self._fixed_done = True
        if setup.sample_rate_hz != self._rate_hz:
            self._apply_rate(setup.sample_rate_hz)
            self._rate_hz = setup.sample_rate_hz
        if setup.rx_gain_db != self._rx_gain_db:
            with _written("receiver's gain"):
                self._pluto.rx_hardwaregain_chan0 = float(setup.rx_gain_db)
            _agree("receiver's gain in dB", self._pluto.rx_hardwaregain_chan0, setup.rx_gain_db, GAIN_TOLERANCE_DB)
            self._rx_gain_db = setup.rx_gain_db
        if setup.frequency_hz != self._frequency_hz:
            self._tuned_hz = self._apply_frequency(setup.frequency_hz)
            self._frequency_hz = setup.frequency_hz
        return self._tuned_hz

    def switch_on(self, attenuation_db: float) -> None:
        """Set the transmitter's attenuation and power its oscillator up. Without a buffer it still sends nothing."""
        self.attenuate(attenuation_db)
        with _written("transmitter's oscillator"):
            self._powerdown.value = "0"
        _agree("powerdown of the transmitter's oscillator", names.parse_number(self._powerdown.value), 0, 0)

    def attenuate(self, attenuation_db: float) -> None:
        """Set the transmitter's attenuation alone; the largest one mutes it."""
        with _written("transmitter's attenuation"):
            self._tx_gain.value = f"{-attenuation_db:.2f}"
        found_db = names.parse_number(self._tx_gain.value)
        _agree("transmitter's gain in dB", found_db, -attenuation_db, GAIN_TOLERANCE_DB)

    def verify(self, setup: Setup) -> None:
        """Read back, without writing, what data would be wrong without: rate, both oscillators, receiver's gain."""
        rate_hz = setup.sample_rate_hz
        for what, attribute, wanted, tolerance in (
            ("powerdown of the transmitter's oscillator", self._powerdown, 0.0, 0.0),
            ("receiver's oscillator in Hz", self._rx_lo, self._tuned_hz, 0.0),
            ("transmitter's oscillator in Hz", self._tx_lo, self._tuned_hz, 0.0),
            ("sample rate in Hz", self._rate, rate_hz, RATE_TOLERANCE * rate_hz),
            ("receiver's gain in dB", self._rx_gain, setup.rx_gain_db, GAIN_TOLERANCE_DB),
        ):
            _agree(what, names.parse_number(attribute.value), wanted, tolerance)

    def _apply_fixed(self) -> None:
        """What is the same for every shot."""
        with _written("gain control mode"):
            self._pluto.gain_control_mode_chan0 = "manual"
        if self._pluto.gain_control_mode_chan0 != "manual":
            raise ReadBackMismatch("The radio stays in automatic gain control after manual was written.")
        with _written("loopback"):
            self._pluto.loopback = 0
        # Tracking corrects near 0 Hz while a signal is there, and so distorts it; phase cycling removes the offsets.
        for name in TRACKING:
            attribute = self._receiver.attrs.get(name)
            if attribute is not None:
                with _written(name):
                    attribute.value = "0"
                _agree(name, names.parse_number(attribute.value), 0, 0)
        with _written("receiver's oscillator"):
            self._rx_powerdown.value = "0"

    def _apply_rate(self, rate_hz: float) -> None:
        with _written("sample rate"):
            self._pluto.sample_rate = round(rate_hz)
        _agree("sample rate in Hz", self._pluto.sample_rate, rate_hz, RATE_TOLERANCE * rate_hz)
        for side, (low, high) in (("rx", self._rx_bandwidths), ("tx", self._tx_bandwidths)):
            bandwidth = round(min(max(rate_hz, low), high))
            with _written(f"{side} bandwidth"):
                setattr(self._pluto, f"{side}_rf_bandwidth", bandwidth)
            found = getattr(self._pluto, f"{side}_rf_bandwidth")
            _agree(f"{side} bandwidth in Hz", found, bandwidth, 0.05 * bandwidth)

    def _apply_frequency(self, frequency_hz: float) -> float:
        wanted = round(frequency_hz)
        with _written("oscillators"):
            self._pluto.rx_lo = wanted
            self._pluto.tx_lo = wanted
        found, transmitted = self._pluto.rx_lo, self._pluto.tx_lo
        _agree("receiver's oscillator in Hz", found, frequency_hz, FREQUENCY_TOLERANCE_HZ)
        _agree("transmitter's oscillator in Hz", transmitted, found, 0)
        return float(found)


@contextmanager
def _written(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise ReadBackMismatch(f"The radio refused a value for its {what}.") from error
        raise


def _agree(what: str, found: float, wanted: float, tolerance: float) -> None:
    if not abs(found - wanted) <= tolerance:
        raise ReadBackMismatch(f"The radio's {what} is {found:.12g} after {wanted:.12g} was written.")
