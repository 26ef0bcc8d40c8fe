"""One connection to one radio: opened once, checked, and thrown away as a whole when anything in it breaks."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import adi
import iio

from sdr.errors import (
    InvalidConfiguration,
    RadioBusy,
    RadioLost,
    RadioUnreachable,
    UnsuitableRadio,
    WrongRadio,
)
from sdr.pluto import names
from sdr.pluto.safe_state import TransmitterSwitch
from sdr.pluto.tdd import TddCore
from sdr.safety import RadioRanges
from sdr.transceiver import InstrumentSettings, RadioIdentity

IIOD_PORT = 30431
# How much later than due an answer may come before the connection counts as lost.
TIMEOUT_MARGIN_S = 10.0
SYNCHRONISATIONS = ("auto", "tdd", "leakage")


class Connection:
    """A libiio context with the objects that work on it. Raises the typed errors of `sdr.errors` when opened."""

    def __init__(self, settings: InstrumentSettings) -> None:
        if settings.synchronisation not in SYNCHRONISATIONS:
            raise InvalidConfiguration(
                "synchronisation",
                f"The synchronisation is {settings.synchronisation!r}; it must be {', '.join(SYNCHRONISATIONS)}.",
            )
        self.uri = settings.uri
        self.context = _open(settings.uri, settings.connect_timeout_s)
        with translated(self.uri):
            self.set_timeout(0.0)
            serial = self.context.attrs.get("hw_serial", "")
            if settings.serial and serial != settings.serial:
                raise WrongRadio(
                    f"The radio at {settings.uri} has the serial number {serial!r}, "
                    f"but this instrument's is {settings.serial!r}."
                )
            self._check_devices()
            self.pluto = adi.Pluto(uri_ctx=self.context)
            self.rx = self.context.find_device(names.RX)
            self.tx = self.context.find_device(names.TX)
            self.transmitter = TransmitterSwitch(self.context)
            self.tdd = self._find_tdd(settings.synchronisation)
            try:
                self.ranges = self._read_ranges()
            except KeyError as error:
                raise UnsuitableRadio(f"The radio has no attribute {error}.") from error
        self.identity = RadioIdentity(
            model=self.context.attrs.get("hw_model", "unknown"),
            serial=serial,
            firmware=self.context.attrs.get("fw_version", "unknown"),
            uri=settings.uri,
            synchronisation="tdd" if self.tdd is not None else "leakage",
            tuning_min_hz=self.ranges.frequency_min_hz,
            tuning_max_hz=self.ranges.frequency_max_hz,
        )

    def set_timeout(self, longest_wait_s: float) -> None:
        """Let libiio wait as long as the slowest answer may take, and no longer."""
        self.context.set_timeout(int((longest_wait_s + TIMEOUT_MARGIN_S) * 1000))

    def _check_devices(self) -> None:
        missing = [name for name in (names.PHY, names.RX, names.TX) if self.context.find_device(name) is None]
        if missing:
            raise UnsuitableRadio(f"What answers at {self.uri} has no {', '.join(missing)}.")
        for name, output in ((names.RX, False), (names.TX, True)):
            device = self.context.find_device(name)
            if any(device.find_channel(channel, output) is None for channel in names.SAMPLE_CHANNELS):
                raise UnsuitableRadio(f"The radio's {name} has no I and Q channel.")

    def _find_tdd(self, synchronisation: str) -> TddCore | None:
        present = self.context.find_device(names.TDD) is not None
        if synchronisation == "tdd" and not present:
            raise UnsuitableRadio(
                "The radio's firmware has no TDD core, which this instrument's settings require.",
                "Update the radio to firmware 0.39 or later, or set the synchronisation to auto.",
            )
        return TddCore(self.context) if present and synchronisation != "leakage" else None

    def _read_ranges(self) -> RadioRanges:
        phy = self.context.find_device(names.PHY)
        tuning = [
            names.parse_range(phy.find_channel(channel, True).attrs["frequency_available"].value)
            for channel in (names.RX_LO_CHANNEL, names.TX_LO_CHANNEL)
        ]
        rates = names.parse_range(phy.find_channel("voltage0", False).attrs["sampling_frequency_available"].value)
        return RadioRanges(
            frequency_min_hz=max(low for low, _ in tuning),
            frequency_max_hz=min(high for _, high in tuning),
            sample_rate_min_hz=rates[0],
            sample_rate_max_hz=rates[1],
        )


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Turn what libiio raises while a connection is in use into the errors of `sdr.errors`."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise RadioBusy(f"The radio at {uri} is busy: another program has its buffers open.") from error
        raise RadioLost(f"The connection to the radio at {uri} broke ({_reason(error)}).") from error


def _open(uri: str, timeout_s: float) -> iio.Context:
    if not re.fullmatch(r"[!-~]+", uri):
        raise InvalidConfiguration("uri", f"The radio's address {uri!r} must be plain ASCII without spaces.")
    _probe(uri, timeout_s)
    try:
        return iio.Context(uri)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise RadioBusy(f"The radio at {uri} is in use.") from error
        if error.errno in (errno.ENOSYS, errno.EINVAL):
            raise InvalidConfiguration(
                "uri", f"{uri!r} is not an address of a radio.", "Give one such as ip:192.168.2.1 or usb:1.4.5."
            ) from error
        raise RadioUnreachable(f"There is no radio at {uri} ({_reason(error)}).") from error


def _probe(uri: str, timeout_s: float) -> None:
    """Find out within the given time whether anybody listens at a network address; libiio alone would take 5 s."""
    network = re.fullmatch(r"ip:(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d+))?", uri)
    if network is None:
        return
    host = network["host"].strip("[]")
    try:
        socket.create_connection((host, int(network["port"] or IIOD_PORT)), timeout_s).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise RadioUnreachable(f"There is no radio at {uri} ({_reason(error)}).") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not error.args[1:]:
        return "no answer in time"
    return str(error.args[1] if isinstance(error, OSError) and len(error.args) > 1 else error).lower()
