"""What can be said of a front-end's settings without the front-end: its address, its converter, what they reach. Pure.

Driver and site judge by the same rules: the site when somebody enters the settings, the driver when it opens the radio.
"""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass

from acquisition.limits import reach_behind_converter_hz

IIOD_PORT = 30431
CONVERTER_SIDES = ("none", "upper", "lower")
RADIO_TUNING_HZ = {
    "pluto": (46.875001e6, 6e9),
    "plutoplus": (46.875001e6, 6e9),
    "adrv9361": (70e6, 6e9),
    "fmcomms2": (70e6, 6e9),
}
"""The drivers, and the widest range over which any variant of their radios tunes; a radio says its own when asked."""

ADDRESS_ADVICE = "Give one such as ip:192.168.2.1 or usb:1.4.5; rasgado-sdr scan lists the radios that are there."

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_USB = re.compile(r"\d+\.\d+(?:\.\d+)?")


@dataclass(frozen=True)
class SettingFault:
    """A setting that cannot be: its name, what is wrong in one sentence, and what to do."""

    field: str
    message: str
    advice: str


@dataclass(frozen=True)
class Address:
    """Where a radio is, as libiio writes it; host and port of one in the network, else "" and 0."""

    scheme: str
    host: str = ""
    port: int = 0


def read_address(uri: str) -> Address | SettingFault:
    """An address such as ip:host, ip:host:port, ip:[::1]:port, usb:bus.device.interface or local:, or what is wrong."""
    if not re.fullmatch(r"[!-~]+", uri):
        what = "is empty" if not uri else f"is {uri!r}"
        return _address_fault(f"The radio's address {what}; it must be plain ASCII without spaces.")
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme not in ("ip", "usb", "local"):
        return _address_fault(f"The radio's address {uri!r} has an unknown beginning; known are ip:, usb: and local:.")
    if scheme == "local":
        return Address("local") if not rest else _address_fault("Nothing may follow local: in the radio's address.")
    if scheme == "usb":
        if _USB.fullmatch(rest):
            return Address("usb")
        return _address_fault(f"The radio's address {uri!r} must go on with bus, device and interface after usb:.")
    return _read_network(uri, rest)


def _read_network(uri: str, rest: str) -> Address | SettingFault:
    parts = re.fullmatch(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", rest)
    if parts is None:
        return _address_fault(f"The radio's address {uri!r} must go on with a host, and perhaps :port, after ip:.")
    port = int(parts["port"] or IIOD_PORT)
    if not 1 <= port <= 65_535:
        return _address_fault(f"The port in the radio's address is {port}; it must be 1 to 65535.")
    if parts["v6"] is not None:
        try:
            ipaddress.IPv6Address(parts["v6"].partition("%")[0])
        except ValueError:
            return _address_fault(f"The radio's address {uri!r} has no IPv6 address between its brackets.")
        return Address("ip", parts["v6"], port)
    if not _HOST.fullmatch(parts["host"]):
        return _address_fault(f"The host {parts['host']!r} in the radio's address is no name and no number of a host.")
    return Address("ip", parts["host"], port)


def _address_fault(message: str) -> SettingFault:
    return SettingFault("uri", message, ADDRESS_ADVICE)


def converter_fault(side: str, lo_hz: float, gain_db: float, frequency_min_hz: float) -> SettingFault | None:
    """What is wrong with a frequency converter for NQR frequencies from `frequency_min_hz` on, or None.

    A converter may mirror the spectrum once. It would do so twice where the lower side, which mirrors it, is entered
    together with an oscillator that is negative or below every frequency of the instrument: L - f is negative then,
    and the radio would stand at f - L, where nothing is mirrored.
    """
    if side not in CONVERTER_SIDES:
        return SettingFault(
            "converter_side",
            f"The converter's side is {side!r}; it must be one of {', '.join(CONVERTER_SIDES)}.",
            "Choose upper if the radio works at oscillator + NQR frequency, lower at oscillator - NQR frequency.",
        )
    if not math.isfinite(gain_db):
        return SettingFault("converter_gain_db", "The converter's gain is not a number.", "Give it in dB; 0 is none.")
    if side == "none":
        return None
    if math.isfinite(lo_hz) and lo_hz < 0:
        twice = " and the lower side mirrors it already, so it would be mirrored twice" if side == "lower" else ""
        return SettingFault(
            "converter_lo_hz",
            f"The converter's oscillator is {lo_hz:.10g} Hz; it must be above 0 Hz. "
            f"A negative one would mirror the spectrum{twice}.",
            "Give the oscillator's frequency without a sign; the side says on which side of it the radio works.",
        )
    if not (math.isfinite(lo_hz) and lo_hz > 0):
        return SettingFault(
            "converter_lo_hz",
            f"The converter's oscillator is {lo_hz} Hz; it must be above 0 Hz.",
            "Give the frequency of the converter's oscillator, or choose none as its side.",
        )
    if side == "lower" and lo_hz <= frequency_min_hz:
        return SettingFault(
            "converter_lo_hz",
            f"The converter's oscillator is {lo_hz:.10g} Hz; on the lower side it must be above the instrument's "
            f"lowest frequency, {frequency_min_hz:.10g} Hz: below it the spectrum would be mirrored twice.",
            "Give the oscillator's own frequency, or choose the upper side.",
        )
    return None


def reach_fault(
    side: str,
    lo_hz: float,
    tuning_hz: tuple[float, float],
    wanted_hz: tuple[float, float],
    radio: str,
) -> SettingFault | None:
    """What is wrong if a radio that tunes over `tuning_hz` reaches nothing of `wanted_hz` (NQR) behind the converter.

    `radio` is its name, for the message.
    """
    low, high = reach_behind_converter_hz(side, lo_hz, *tuning_hz)
    if max(low, wanted_hz[0]) < min(high, wanted_hz[1]):
        return None
    tunes = f"{radio} tunes from {tuning_hz[0] / 1e6:.10g} to {tuning_hz[1] / 1e6:.10g} MHz"
    band = f"{wanted_hz[0] / 1e6:.10g} to {wanted_hz[1] / 1e6:.10g} MHz"
    if side == "none":
        return SettingFault(
            "converter_side",
            f"{tunes}, which holds nothing of the instrument's {band}, and there is no converter.",
            "Enter the frequency converter between radio and probe, or correct the limits.",
        )
    if side == "upper":
        first, last = max(tuning_hz[0] - wanted_hz[1], 0.0), tuning_hz[1] - wanted_hz[0]
    else:
        first, last = tuning_hz[0] + wanted_hz[0], tuning_hz[1] + wanted_hz[1]
    return SettingFault(
        "converter_lo_hz",
        f"{tunes}; with the converter's oscillator at {lo_hz / 1e6:.10g} MHz, {side} side, it reaches nothing of the "
        f"instrument's {band}.",
        f"The oscillator must lie between {first / 1e6:.10g} and {last / 1e6:.10g} MHz; "
        "correct it, its side or the limits.",
    )
