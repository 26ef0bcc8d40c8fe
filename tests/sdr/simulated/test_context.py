"""The context: complete, well-formed, and as old or new as the firmware."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ElementTree

import pytest

from sdr.simulated.devices import has_tdd, pluto_context


def device_names(firmware: str) -> list[str]:
    return [device.name for device in pluto_context(firmware).devices]


def test_xml_is_ascii_and_says_what_the_tables_say() -> None:
    context = pluto_context("v0.39", serial='a<"&>b')
    text = context.to_xml()
    assert text.isascii() and "\n" not in text
    root = ElementTree.fromstring(text)
    values = {item.get("name"): item.get("value") for item in root.findall("context-attribute")}
    assert values["hw_serial"] == 'a<"&>b'
    for device, element in zip(context.devices, root.findall("device"), strict=True):
        assert element.get("id") == device.id
        for channel, child in zip(device.channels, element.findall("channel"), strict=True):
            assert [a.name for a in channel.attributes] == [a.get("name") for a in child.findall("attribute")]


def test_old_firmware_has_no_tdd_core() -> None:
    assert device_names("v0.32") == ["ad9361-phy", "xadc", "cf-ad9361-dds-core-lpc", "cf-ad9361-lpc"]


def test_new_firmware_has_pins_and_tdd_core() -> None:
    names = ["ad9361-phy", "xadc", "one-bit-adc-dac", "cf-ad9361-dds-core-lpc", "cf-ad9361-lpc", "adi-iio-fakedev"]
    assert device_names("v0.39") == names
    core = pluto_context("v0.39").device("iio-axi-tdd-0")
    assert core is not None and [channel.id for channel in core.channels] == ["channel0", "channel1", "channel2"]


@pytest.mark.parametrize(
    ("firmware", "expected"), [("v0.32", False), ("v0.38", False), ("v0.39", True), ("v1.0", True)]
)
def test_firmware_that_has_the_core(firmware: str, expected: bool) -> None:
    assert has_tdd(firmware) is expected


def test_channels_and_scan_formats() -> None:
    context = pluto_context()
    receiver, transmitter = context.device("cf-ad9361-lpc"), context.device("cf-ad9361-dds-core-lpc")
    assert receiver is not None and transmitter is not None
    assert [c.scan.format for c in receiver.channels if c.scan] == ["le:S12/16>>0"] * 2
    assert [c.scan.format for c in transmitter.channels if c.scan] == ["le:S16/16>>0"] * 2
    assert {c.name for c in transmitter.channels if not c.scan} == {"TX1_I_F1", "TX1_Q_F1", "TX1_I_F2", "TX1_Q_F2"}


def test_tuning_range_follows_the_chip() -> None:
    phy = pluto_context(model="ad9364").device("ad9361-phy")
    assert phy is not None
    channel = phy.channel("RX_LO", True)
    assert channel is not None
    attribute = channel.find("frequency_available")
    assert attribute is not None and attribute.value == "[46875001 1 6000000000]"


def test_old_firmware_has_the_attributes_of_a_real_radio_and_no_others() -> None:
    """The digest of all 340 names was taken from the context of a Pluto Rev. C with firmware 0.32."""
    names = []
    for device in ElementTree.fromstring(pluto_context("v0.32").to_xml()).findall("device"):
        for kind in ("attribute", "debug-attribute", "buffer-attribute"):
            names += [f"{device.get('name')}/{kind}/{item.get('name')}" for item in device.findall(kind)]
        for channel in device.findall("channel"):
            where = f"{device.get('name')}/{channel.get('type')}/{channel.get('id')}/{channel.get('name') or ''}"
            names += [f"{where}/{item.get('name')}" for item in channel.findall("attribute")]
    assert len(names) == 340
    digest = hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()
    assert digest == "5c9c090f3431d2309292c7ae0b8a9d7f8e8cbc923349782e24b25f453cdfdd6c"
