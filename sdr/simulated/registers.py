"""Attribute values of the radio: reading, and writing with the checks that the drivers make."""

from __future__ import annotations

import errno
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from sdr.simulated.context import Attribute, Context, Device
from sdr.simulated.devices import DEFAULT_RATE_HZ, PHY, PINS, RX, TX
from sdr.simulated.errors import IioError, invalid

FIR_RATE_MIN_HZ = 520_833
RATE_MIN_HZ = 2_083_333
RATE_MAX_HZ = 61_440_000
_TEXT_MAX = 8192


class Kind(Enum):
    """Which list of a device an attribute is in."""

    DEVICE = "device"
    CHANNEL = "channel"
    DEBUG = "debug"
    BUFFER = "buffer"


@dataclass(frozen=True)
class Target:
    """One attribute, found in the context; channels that share a file share its `key`."""

    device: Device
    kind: Kind
    attribute: Attribute
    channel: str = ""

    @property
    def key(self) -> tuple[str, Kind, str]:
        return (self.device.name, self.kind, self.attribute.filename or self.attribute.name)


def find(device: Device, kind: Kind, name: str, channel: str = "", output: bool = False) -> Target:
    """The attribute with this name; raises ENOENT if there is none."""
    if kind is Kind.CHANNEL:
        found = device.channel(channel, output)
        attribute = found.find(name) if found else None
        if found and attribute:
            return Target(device, kind, attribute, found.id)
        raise IioError(errno.ENOENT)
    lists = {Kind.DEVICE: device.attributes, Kind.DEBUG: device.debug_attributes, Kind.BUFFER: device.buffer_attributes}
    for attribute in lists[kind]:
        if attribute.name == name:
            return Target(device, kind, attribute)
    raise IioError(errno.ENOENT)


class Registers:
    """The values of all attributes that are plain memory with a check in front; the TDD core's live elsewhere."""

    def __init__(self, context: Context) -> None:
        self._values: dict[tuple[str, Kind, str], str | None] = {}
        for target in _all(context):
            self._values[target.key] = target.attribute.value
        self._checks = _checks(self)
        self._set_rate(DEFAULT_RATE_HZ)

    def read(self, target: Target) -> str:
        """The value as text; EINVAL for attributes that cannot be read."""
        value = self._values[target.key]
        if value is None:
            raise invalid()
        return value

    def write(self, target: Target, text: str) -> None:
        """Check and store; EINVAL if the value is impossible, EACCES if it is read-only."""
        if not target.attribute.writable:
            raise IioError(errno.EACCES)
        if len(text) > _TEXT_MAX:
            raise invalid()
        check = self._checks.get(target.key, str)
        value = check(text)
        if value is not None:
            self._values[target.key] = value

    def get(self, device: str, filename: str, kind: Kind = Kind.CHANNEL) -> str:
        """A value by file name; for the radio's own use."""
        value = self._values[(device, kind, filename)]
        assert value is not None
        return value

    def number(self, device: str, filename: str, kind: Kind = Kind.CHANNEL) -> float:
        """A value by file name as a number, without its unit."""
        return float(self.get(device, filename, kind).split()[0])

    def put(self, device: str, filename: str, value: str, kind: Kind = Kind.CHANNEL) -> None:
        self._values[(device, kind, filename)] = value

    # What writing some attributes entails.

    @property
    def rate_hz(self) -> int:
        return int(self.number(PHY, "in_voltage_sampling_frequency"))

    @property
    def fir_enabled(self) -> bool:
        return self.get(PHY, "in_out_voltage_filter_fir_en") == "1"

    def _set_rate(self, rate_hz: int) -> str:
        text = str(rate_hz)
        for prefix in ("in", "out"):
            self.put(PHY, f"{prefix}_voltage_sampling_frequency", text)
        for device, prefix in ((RX, "in"), (TX, "out")):
            self.put(device, f"{prefix}_voltage_sampling_frequency", text)
            self.put(device, f"{prefix}_voltage_sampling_frequency_available", f"{rate_hz} {rate_hz // 8} ")
        self.put(TX, "out_altvoltage_sampling_frequency", text)
        self.put(PHY, "rx_path_rates", _receive_path(rate_hz), Kind.DEVICE)
        self.put(PHY, "tx_path_rates", _transmit_path(rate_hz), Kind.DEVICE)
        return text

    def _write_rate(self, text: str) -> str:
        low = FIR_RATE_MIN_HZ if self.fir_enabled else RATE_MIN_HZ
        return self._set_rate(_integer(text, low, RATE_MAX_HZ))

    def _write_data_rate(self, device: str, prefix: str) -> Callable[[str], str]:
        def write(text: str) -> str:
            available = self.get(device, f"{prefix}_voltage_sampling_frequency_available").split()
            value = str(_integer(text, 1, RATE_MAX_HZ))
            if value not in available:
                raise invalid()
            return value

        return write

    def _write_fir_enable(self, text: str) -> str:
        value = _boolean(text)
        if value == "1" and self.get(PHY, "filter_fir_config", Kind.DEVICE).startswith("FIR Rx: 0,"):
            raise invalid()
        if value == "0" and self.rate_hz < RATE_MIN_HZ:
            raise invalid()
        low = FIR_RATE_MIN_HZ if value == "1" else RATE_MIN_HZ
        for prefix in ("in", "out"):
            self.put(PHY, f"{prefix}_voltage_filter_fir_en", value)
            available = f"[{low} 1 {RATE_MAX_HZ}]"
            self.put(PHY, f"{prefix}_voltage_sampling_frequency_available", available)
        self.put(PHY, "in_out_voltage_filter_fir_en", value)
        return value

    def _write_gain(self, path: int) -> Callable[[str], str | None]:
        def write(text: str) -> str | None:
            gain = _number(text, -3, 71)
            # Under automatic control the chip sets the gain itself.
            manual = self.get(PHY, f"in_voltage{path}_gain_control_mode") == "manual"
            return f"{round(gain)}.000000 dB" if manual else None

        return write


def _checks(registers: Registers) -> dict[tuple[str, Kind, str], Callable[[str], str | None]]:
    phy: dict[str, Callable[[str], str | None]] = {
        "in_voltage_rf_bandwidth": _within(200_000, 56_000_000),
        "out_voltage_rf_bandwidth": _within(200_000, 40_000_000),
    }
    for path in (0, 1):
        phy[f"in_voltage{path}_gain_control_mode"] = _one_of(
            registers.get(PHY, "in_voltage_gain_control_mode_available").split()
        )
        phy[f"in_voltage{path}_hardwaregain"] = registers._write_gain(path)
        phy[f"out_voltage{path}_hardwaregain"] = _attenuation
        phy[f"in_voltage{path}_rf_port_select"] = _one_of(
            registers.get(PHY, "in_voltage_rf_port_select_available").split()
        )
        phy[f"out_voltage{path}_rf_port_select"] = _one_of(["A", "B"])
    for prefix in ("in", "out"):
        phy[f"{prefix}_voltage_sampling_frequency"] = registers._write_rate
        phy[f"{prefix}_voltage_filter_fir_en"] = registers._write_fir_enable
    phy["in_out_voltage_filter_fir_en"] = registers._write_fir_enable
    for name in ("bb_dc_offset_tracking_en", "quadrature_tracking_en", "rf_dc_offset_tracking_en"):
        phy[f"in_voltage_{name}"] = _boolean
    for oscillator in ("altvoltage0_RX_LO", "altvoltage1_TX_LO"):
        available = registers.get(PHY, f"out_{oscillator}_frequency_available").strip("[]").split()
        phy[f"out_{oscillator}_frequency"] = _within(int(available[0]), int(available[2]))
        phy[f"out_{oscillator}_powerdown"] = _boolean
        phy[f"out_{oscillator}_external"] = _boolean
    device: dict[str, Callable[[str], str | None]] = {
        "filter_fir_config": _filter_configuration,
        "xo_correction": _within(39_992_159, 40_008_159),
    }
    for name in ("ensm_mode", "calib_mode", "trx_rate_governor"):
        device[name] = _one_of(registers.get(PHY, f"{name}_available", Kind.DEVICE).split())
    checks: dict[tuple[str, Kind, str], Callable[[str], str | None]] = {
        (PHY, Kind.DEBUG, "loopback"): _one_of(["0", "1", "2"]),
        (RX, Kind.CHANNEL, "in_voltage_sampling_frequency"): registers._write_data_rate(RX, "in"),
        (TX, Kind.CHANNEL, "out_voltage_sampling_frequency"): registers._write_data_rate(TX, "out"),
    }
    checks |= {(PHY, Kind.CHANNEL, name): check for name, check in phy.items()}
    checks |= {(PHY, Kind.DEVICE, name): check for name, check in device.items()}
    tones = ("TX1_I_F1", "TX1_I_F2", "TX1_Q_F1", "TX1_Q_F2", "TX2_I_F1", "TX2_I_F2", "TX2_Q_F1", "TX2_Q_F2")
    for tone in (f"altvoltage{index}_{name}" for index, name in enumerate(tones)):
        prefix = f"out_{tone}"
        checks[(TX, Kind.CHANNEL, f"{prefix}_scale")] = lambda text: f"{_number(text, 0, 1):.6f}"
        checks[(TX, Kind.CHANNEL, f"{prefix}_phase")] = _within(0, 360_000)
        checks[(TX, Kind.CHANNEL, f"{prefix}_frequency")] = _within(0, RATE_MAX_HZ // 2)
        checks[(TX, Kind.CHANNEL, f"{prefix}_raw")] = _boolean
    for pin in (0, 1):
        checks[(PINS, Kind.CHANNEL, f"out_voltage{pin}_raw")] = _boolean
    return checks


def _all(context: Context) -> Iterable[Target]:
    for device in context.devices:
        for channel in device.channels:
            yield from (Target(device, Kind.CHANNEL, a, channel.id) for a in channel.attributes)
        yield from (Target(device, Kind.DEVICE, a) for a in device.attributes)
        yield from (Target(device, Kind.DEBUG, a) for a in device.debug_attributes)
        yield from (Target(device, Kind.BUFFER, a) for a in device.buffer_attributes)


def _integer(text: str, low: int, high: int) -> int:
    """A whole number in decimal or 0x notation; EINVAL otherwise or outside the range."""
    try:
        value = int(text.strip(), 0)
    except ValueError:
        raise invalid() from None
    if not low <= value <= high:
        raise invalid()
    return value


def _number(text: str, low: float, high: float) -> float:
    """A decimal number, with or without the unit dB; EINVAL otherwise or outside the range."""
    try:
        value = float(text.strip().removesuffix("dB"))
    except ValueError:
        raise invalid() from None
    if not (math.isfinite(value) and low <= value <= high):
        raise invalid()
    return value


def _within(low: int, high: int) -> Callable[[str], str]:
    return lambda text: str(_integer(text, low, high))


def _one_of(choices: Iterable[str]) -> Callable[[str], str]:
    allowed = frozenset(choices)

    def check(text: str) -> str:
        if text.strip() not in allowed:
            raise invalid()
        return text.strip()

    return check


def _boolean(text: str) -> str:
    """0 or 1, in the spellings that the kernel takes."""
    value = text.strip().lower()
    if value in ("1", "y", "on", "true"):
        return "1"
    if value in ("0", "n", "off", "false"):
        return "0"
    raise invalid()


def _attenuation(text: str) -> str:
    """Transmit gain in steps of 0.25 dB."""
    return f"{round(_number(text, -89.75, 0.0) * 4) / 4:.6f} dB"


def _filter_configuration(text: str) -> str:
    """A filter file: what is kept is the number of taps and the rate changes."""
    receive = transmit = taps = 0
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["RX"] and "DEC" in words:
            receive = _integer(words[words.index("DEC") + 1], 1, 4)
        elif words[:1] == ["TX"] and "INT" in words:
            transmit = _integer(words[words.index("INT") + 1], 1, 4)
        elif "," in line:
            taps += 1
    if not (receive and transmit and 0 < taps <= 128):
        raise invalid()
    return f"FIR Rx: {taps},{receive} Tx: {taps},{transmit}"


def _receive_path(rate_hz: int) -> str:
    converter = rate_hz * max(1, min(8, 2 ** int(math.log2(max(1, 320_000_000 / rate_hz)))))
    return f"BBPLL:983040002 ADC:{converter} R2:{rate_hz * 4} R1:{rate_hz * 2} RF:{rate_hz} RXSAMP:{rate_hz}"


def _transmit_path(rate_hz: int) -> str:
    return f"BBPLL:983040002 DAC:{rate_hz * 4} T2:{rate_hz * 4} T1:{rate_hz * 2} TF:{rate_hz} TXSAMP:{rate_hz}"
