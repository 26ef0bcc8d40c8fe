"""The TDD core's attributes as its Linux driver presents them: texts in, texts out."""

from __future__ import annotations

import math

from sdr.simulated.errors import IioError, invalid
from sdr.simulated.registers import Kind, Target
from sdr.simulated.tdd import REGISTER_MAX, TddCore

_TIMING = {"burst_count": "burst_count", "startup_delay_raw": "startup_delay", "frame_length_raw": "frame_length"}
_FIXED = {"version": "2.00.a", "core_id": "0", "magic": "0x5444444e", "sync_soft": "0", "sync_internal": "0"}
# This radio's core has no internal synchronisation generator, so its period stays 0.
_ABSENT = ("internal_sync_period_raw", "internal_sync_period_ms", "sync_internal")


class TddAttributes:
    """Reads and writes a core; `now` is the sample number and `rate_hz` the sample clock."""

    def __init__(self, core: TddCore) -> None:
        self._core = core
        self._scratch = 0

    def read(self, target: Target, now: int, rate_hz: float) -> str:
        name, core = target.attribute.name, self._core
        if target.kind is Kind.CHANNEL:
            return self._read_channel(_channel_index(target), name, rate_hz)
        if name in _FIXED:
            return _FIXED[name]
        if name == "scratch":
            return f"0x{self._scratch:08x}"
        if name == "state":
            return str(int(core.state(now)))
        if name in ("enable", "sync_external", "sync_reset"):
            flags = {"enable": core.enabled, "sync_external": core.sync_external}
            return str(int(flags.get(name, core.registers.sync_reset)))
        if name in _TIMING:
            return str(getattr(core.registers, _TIMING[name]))
        if name.endswith("_ms"):
            clocks = 0 if name in _ABSENT else getattr(core.registers, name.removesuffix("_ms"))
            return _format_ms(clocks, rate_hz)
        return "0"

    def write(self, target: Target, text: str, now: int, rate_hz: float) -> None:
        """EINVAL for texts that are no number in range; EACCES for read-only attributes."""
        if not target.attribute.writable:
            raise IioError(13)
        name, core = target.attribute.name, self._core
        if target.kind is Kind.CHANNEL:
            self._write_channel(_channel_index(target), name, text, rate_hz)
        elif name == "sync_soft":
            if _register(text):
                core.sync(now)
        elif name == "enable":
            core.set_enabled(bool(_register(text)), now)
        elif name == "sync_external":
            core.sync_external = bool(_register(text))
        elif name == "sync_reset":
            core.write(sync_reset=bool(_register(text)))
        elif name == "scratch":
            self._scratch = _register(text)
        elif name in _ABSENT:
            _milliseconds(text, rate_hz) if name.endswith("_ms") else _register(text)
        elif name in _TIMING:
            core.write(**{_TIMING[name]: _register(text)})
        else:
            core.write(**{name.removesuffix("_ms"): _milliseconds(text, rate_hz)})

    def _read_channel(self, index: int, name: str, rate_hz: float) -> str:
        registers = self._core.registers.channels[index]
        if name == "enable":
            return str(int(self._core.channel_enable[index]))
        if name == "polarity":
            return str(int(registers.polarity))
        clocks = registers.on if name.startswith("on") else registers.off
        return _format_ms(clocks, rate_hz) if name.endswith("_ms") else str(clocks)

    def _write_channel(self, index: int, name: str, text: str, rate_hz: float) -> None:
        if name == "enable":
            self._core.channel_enable[index] = bool(_register(text))
        elif name == "polarity":
            self._core.write_channel(index, polarity=bool(_register(text)))
        else:
            value = _milliseconds(text, rate_hz) if name.endswith("_ms") else _register(text)
            self._core.write_channel(index, **{name.rpartition("_")[0]: value})


def _channel_index(target: Target) -> int:
    return int(target.channel.removeprefix("channel"))


def _register(text: str) -> int:
    """A 32-bit unsigned number in decimal or 0x notation; decimals such as 50.0 are refused, as in the kernel."""
    try:
        value = int(text.strip(), 0)
    except ValueError:
        raise invalid() from None
    if not 0 <= value <= REGISTER_MAX:
        raise invalid()
    return value


def _milliseconds(text: str, rate_hz: float) -> int:
    try:
        value = float(text.strip())
    except ValueError:
        raise invalid() from None
    if not math.isfinite(value) or value < 0:
        raise invalid()
    clocks = round(value * 1e-3 * rate_hz)
    if clocks > REGISTER_MAX:
        raise invalid()
    return clocks


def _format_ms(clocks: int, rate_hz: float) -> str:
    nanoseconds = clocks * 1_000_000_000 // int(rate_hz)
    return f"{nanoseconds // 1_000_000}.{nanoseconds % 1_000_000:06d}"
