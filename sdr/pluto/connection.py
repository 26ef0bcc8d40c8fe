"""One connection to one radio: opened once, checked, and thrown away as a whole when anything in it breaks."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import adi
import iio

from acquisition.front_end import ADDRESS_ADVICE, reach_fault
from sdr.address import check_address, knock, refused
from sdr.errors import (
    CaptureIncomplete,
    InvalidConfiguration,
    RadioBusy,
    RadioLost,
    RadioUnreachable,
    UnsuitableRadio,
    WrongRadio,
)
from sdr.pluto import names
from sdr.pluto.family import RadioModel, model_of
from sdr.pluto.safe_state import TransmitterSwitch
from sdr.pluto.tdd import TddCore
from sdr.safety import RadioRanges
from sdr.switch import check as check_switch
from sdr.transceiver import InstrumentSettings, RadioIdentity

SYNCHRONISATIONS = ("auto", "tdd", "leakage")


class Connection:
    """A libiio context with the objects that work on it. Raises the typed errors of `sdr.errors` when opened."""

    def __init__(self, settings: InstrumentSettings) -> None:
        if settings.synchronisation not in SYNCHRONISATIONS:
            raise InvalidConfiguration(
                "synchronisation",
                f"The synchronisation is {settings.synchronisation!r}; it must be {', '.join(SYNCHRONISATIONS)}.",
            )
        self.model = model_of(settings.driver)
        self.uri = settings.uri
        check_switch(settings.switch)
        self.switch = settings.switch
        self._reply_timeout_s = settings.reply_timeout_s
        self.context = open_context(settings.uri, settings.connect_timeout_s)
        with translated(self.uri):
            self.set_timeout(0.0)
            serial = self.context.attrs.get("hw_serial", "")
            if settings.serial and serial != settings.serial:
                raise WrongRadio(
                    f"The radio at {settings.uri} has the serial number {serial!r}, "
                    f"but this instrument's is {settings.serial!r}."
                )
            check_devices(self.context, self.model)
            self.pluto = adi.Pluto(uri_ctx=self.context)
            self.rx = self.context.find_device(self.model.receiver)
            self.tx = self.context.find_device(self.model.transmitter)
            self.transmitter = TransmitterSwitch(self.context)
            self.tdd = self._find_tdd(settings.synchronisation)
            if settings.switch.by == "tdd0" and self.tdd is None:
                raise UnsuitableRadio(
                    "The instrument's switch is set by channel 0 of the TDD core, which is not used here.",
                    "Use firmware 0.39 or later and the synchronisation auto or tdd, or a switch that works by itself.",
                )
            self.ranges = read_ranges(self.context, self.model)
        self._check_reach(settings)
        self.identity = RadioIdentity(
            model=model_name(self.context, self.model),
            serial=serial,
            firmware=firmware_of(self.context),
            uri=settings.uri,
            synchronisation="tdd" if self.tdd is not None else "leakage",
            tuning_min_hz=self.ranges.frequency_min_hz,
            tuning_max_hz=self.ranges.frequency_max_hz,
        )

    def _check_reach(self, settings: InstrumentSettings) -> None:
        """Where no frequency of the instrument can be reached, a setting is wrong, whatever will be measured."""
        fault = reach_fault(
            settings.converter.side,
            settings.converter.lo_hz,
            (self.ranges.frequency_min_hz, self.ranges.frequency_max_hz),
            (settings.limits.frequency_min_hz, settings.limits.frequency_max_hz),
            f"The radio at {settings.uri}",
        )
        if fault is not None:
            raise refused(fault)

    def set_timeout(self, longest_wait_s: float) -> None:
        """Let libiio wait as long as the slowest answer may take, and no longer."""
        self.context.set_timeout(int((longest_wait_s + self._reply_timeout_s) * 1000))

    def _find_tdd(self, synchronisation: str) -> TddCore | None:
        present = has_tdd(self.context, self.model)
        if synchronisation == "tdd" and not present:
            raise UnsuitableRadio(
                "The radio's firmware has no TDD core, which this instrument's settings require.",
                "Update the radio to firmware 0.39 or later, or set the synchronisation to auto."
                if self.model.tdd
                else f"No firmware of the {self.model.title} has one: set the synchronisation to auto.",
            )
        return TddCore(self.context) if present and synchronisation != "leakage" else None


def check_devices(context: iio.Context, model: RadioModel) -> None:
    """Raise UnsuitableRadio unless the context has the devices of this model, with I and Q in both directions."""
    missing = [name for name in (model.phy, model.receiver, model.transmitter) if context.find_device(name) is None]
    if missing:
        raise UnsuitableRadio(f"What answers as {model.title} has no {', '.join(missing)}.")
    for name, output in ((model.receiver, False), (model.transmitter, True)):
        device = context.find_device(name)
        if any(device.find_channel(channel, output) is None for channel in names.SAMPLE_CHANNELS):
            raise UnsuitableRadio(f"The radio's {name} has no I and Q channel.")


def has_tdd(context: iio.Context, model: RadioModel) -> bool:
    """Whether the radio's firmware has the TDD core."""
    return model.tdd is not None and context.find_device(model.tdd) is not None


def read_ranges(context: iio.Context, model: RadioModel) -> RadioRanges:
    """What the radio tunes over and samples at, as it says itself; raises UnsuitableRadio if it does not say."""
    phy = context.find_device(model.phy)
    try:
        tuning = [
            names.parse_range(phy.find_channel(channel, True).attrs["frequency_available"].value)
            for channel in (names.RX_LO_CHANNEL, names.TX_LO_CHANNEL)
        ]
        rates = names.parse_range(phy.find_channel("voltage0", False).attrs["sampling_frequency_available"].value)
    except KeyError as error:
        raise UnsuitableRadio(f"The radio has no attribute {error}.") from error
    return RadioRanges(
        frequency_min_hz=max(low for low, _ in tuning),
        frequency_max_hz=min(high for _, high in tuning),
        sample_rate_min_hz=rates[0],
        sample_rate_max_hz=rates[1],
        buffer_samples_max=model.buffer_samples_max,
    )


def model_name(context: iio.Context, model: RadioModel) -> str:
    """What the radio calls itself; boards without such an attribute are called as in the table."""
    return str(context.attrs.get("hw_model") or model.title)


def firmware_of(context: iio.Context) -> str:
    """Version of the radio's firmware, or of its kernel where there is none."""
    kernel = context.attrs.get("local,kernel")
    return str(context.attrs.get("fw_version") or (f"Linux {kernel}" if kernel else "unknown"))


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Turn what libiio raises while a connection is in use into the errors of `sdr.errors`."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise RadioBusy(f"The radio at {uri} is busy: another program has its buffers open.") from error
        if error.errno == errno.ENOMEM:
            raise CaptureIncomplete(f"The radio at {uri} has no memory left for a buffer.") from error
        raise RadioLost(f"The connection to the radio at {uri} broke ({reason(error)}).") from error


def open_context(uri: str, timeout_s: float) -> iio.Context:
    """A libiio context at an address; raises InvalidConfiguration, RadioBusy or RadioUnreachable.

    Over the network this sets the timeout of everybody who uses the radio, so a radio in use is not to be opened.
    """
    address = check_address(uri)
    try:
        knock(address, timeout_s)
        return iio.Context(uri)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise RadioBusy(f"The radio at {uri} is in use.") from error
        if error.errno in (errno.ENOSYS, errno.EINVAL):
            raise InvalidConfiguration("uri", f"{uri!r} is not an address of a radio.", ADDRESS_ADVICE) from error
        raise RadioUnreachable(f"There is no radio at {uri} ({reason(error)}).") from error


def reason(error: BaseException) -> str:
    """Why a connection failed, in a few words."""
    if isinstance(error, TimeoutError) and not error.args[1:]:
        return "no answer in time"
    return str(error.args[1] if isinstance(error, OSError) and len(error.args) > 1 else error).lower()
