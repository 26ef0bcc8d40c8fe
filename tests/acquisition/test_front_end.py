"""Settings of a front-end that cannot be are refused with the field and with advice."""

from __future__ import annotations

import math

import pytest

from acquisition.front_end import Address, SettingFault, converter_fault, reach_fault, read_address

PLUTO_HZ = (325e6, 3.8e9)
NQR_HZ = (1e6, 300e6)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("ip:192.168.2.1", Address("ip", "192.168.2.1", 30431)),
        ("ip:pluto.local:1234", Address("ip", "pluto.local", 1234)),
        ("ip:[fe80::1%eth0]:99", Address("ip", "fe80::1%eth0", 99)),
        ("usb:1.4.5", Address("usb")),
        ("usb:1.4", Address("usb")),
        ("local:", Address("local")),
    ],
)
def test_addresses(uri: str, address: Address) -> None:
    assert read_address(uri) == address


@pytest.mark.parametrize(
    "uri",
    [
        *("", "192.168.2.1", "http://radio", "serial:/dev/ttyUSB0", "xml:context.xml", "ip:", "ip:a b", "ip:rädio"),
        *("ip:-x", "ip:radio:0", "ip:radio:70000", "ip:[radio]", "ip:radio:port", "usb:", "usb:one", "local:here"),
        "IP:radio",
    ],
)
def test_what_is_no_address_is_refused_with_advice(uri: str) -> None:
    fault = read_address(uri)
    assert isinstance(fault, SettingFault)
    assert fault.field == "uri"
    assert "ip:192.168.2.1" in fault.advice


@pytest.mark.parametrize(("side", "lo_hz"), [("none", 0.0), ("upper", 400e6), ("lower", 400e6), ("none", math.nan)])
def test_converters_that_can_be(side: str, lo_hz: float) -> None:
    assert converter_fault(side, lo_hz, 0.0, 1e6) is None


@pytest.mark.parametrize(
    ("side", "lo_hz", "gain_db", "field", "words"),
    [
        ("sideways", 400e6, 0.0, "converter_side", "upper"),
        ("upper", 0.0, 0.0, "converter_lo_hz", "above 0"),
        ("upper", math.nan, 0.0, "converter_lo_hz", "above 0"),
        ("lower", math.inf, 0.0, "converter_lo_hz", "above 0"),
        ("upper", 400e6, math.nan, "converter_gain_db", "gain"),
        ("upper", -400e6, 0.0, "converter_lo_hz", "mirror"),
        ("lower", -400e6, 0.0, "converter_lo_hz", "mirrored twice"),
        ("lower", 0.5e6, 0.0, "converter_lo_hz", "mirrored twice"),
    ],
)
def test_converters_that_cannot_be(side: str, lo_hz: float, gain_db: float, field: str, words: str) -> None:
    fault = converter_fault(side, lo_hz, gain_db, 1e6)
    assert fault is not None
    assert fault.field == field
    assert words in f"{fault.message} {fault.advice}"


@pytest.mark.parametrize(("side", "lo_hz"), [("upper", 400e6), ("lower", 400e6), ("upper", 30e6), ("none", 0.0)])
def test_a_band_that_is_reached_in_part_is_no_fault(side: str, lo_hz: float) -> None:
    wanted_hz = (1e6, 400e6) if side == "none" else NQR_HZ
    assert reach_fault(side, lo_hz, PLUTO_HZ, wanted_hz, "The radio") is None


@pytest.mark.parametrize(
    ("side", "lo_hz", "field", "first_mhz", "last_mhz"),
    [("upper", 4e9, "converter_lo_hz", 25, 3799), ("lower", 5e9, "converter_lo_hz", 326, 4100)],
)
def test_an_oscillator_outside_the_range_is_refused_with_the_range_that_would_do(
    side: str, lo_hz: float, field: str, first_mhz: float, last_mhz: float
) -> None:
    fault = reach_fault(side, lo_hz, PLUTO_HZ, NQR_HZ, "The radio")
    assert fault is not None
    assert fault.field == field
    assert "325 to 3800 MHz" in fault.message
    assert f"between {first_mhz} and {last_mhz} MHz" in fault.advice
    for edge_mhz in (first_mhz, last_mhz):
        inside = edge_mhz + (1 if edge_mhz == first_mhz else -1)
        assert reach_fault(side, inside * 1e6, PLUTO_HZ, NQR_HZ, "The radio") is None


def test_no_converter_where_one_is_needed() -> None:
    fault = reach_fault("none", 0.0, PLUTO_HZ, NQR_HZ, "The radio")
    assert fault is not None
    assert fault.field == "converter_side"
    assert "converter" in fault.advice
