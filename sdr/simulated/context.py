"""The IIO context of the simulated radio: values for devices, channels and attributes, and the XML made from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import quoteattr

# libiio's document type; its client reads the XML with this grammar in front.
_GRAMMAR = (
    (
        "context",
        "(device | context-attribute)*",
        ("name!", "version-major", "version-minor", "version-git", "description"),
    ),
    ("context-attribute", "", ("name!", "value!")),
    ("device", "(channel | attribute | debug-attribute | buffer-attribute)*", ("id!", "name", "label")),
    ("channel", "(scan-element?, attribute*)", ("id!", "type:(input|output)!", "name")),
    ("attribute", "", ("name!", "filename", "value")),
    ("scan-element", "", ("index!", "format!", "scale")),
    ("debug-attribute", "", ("name!", "value")),
    ("buffer-attribute", "", ("name!", "value")),
)


@dataclass(frozen=True)
class Attribute:
    """One attribute: its name, the file it lives in (channels may share a file) and its value after power-up.

    `value` None means that reading fails, as it does for some attributes of the real radio.
    """

    name: str
    value: str | None
    filename: str = ""
    writable: bool = True


@dataclass(frozen=True)
class ScanElement:
    """Place and sample format of a channel in the device's buffer."""

    index: int
    format: str


@dataclass(frozen=True)
class Channel:
    id: str
    output: bool
    attributes: tuple[Attribute, ...]
    name: str = ""
    scan: ScanElement | None = None

    @property
    def direction(self) -> str:
        return "output" if self.output else "input"

    def find(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True)
class Device:
    id: str
    name: str
    channels: tuple[Channel, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    debug_attributes: tuple[Attribute, ...] = ()
    buffer_attributes: tuple[Attribute, ...] = ()
    label: str = ""

    @property
    def scan_channels(self) -> int:
        """Number of channels that can be in a buffer."""
        return sum(channel.scan is not None for channel in self.channels)

    def channel(self, identifier: str, output: bool) -> Channel | None:
        """The channel with this id or name, or None."""
        for channel in self.channels:
            if channel.output == output and identifier in (channel.id, channel.name):
                return channel
        return None


@dataclass(frozen=True)
class Context:
    description: str
    attributes: dict[str, str]
    devices: tuple[Device, ...] = field(default=())

    def device(self, identifier: str) -> Device | None:
        """The device with this id, name or label, or None."""
        for device in self.devices:
            if identifier in (device.id, device.name) or (device.label and identifier == device.label):
                return device
        return None

    def to_xml(self) -> str:
        """The context as libiio's XML, ASCII, on one line."""
        return "".join(self._parts()).encode("ascii", "xmlcharrefreplace").decode()

    def _parts(self) -> Iterator[str]:
        yield f'<?xml version="1.0" encoding="utf-8"?>{_doctype()}'
        yield f'<context name="network" description={quoteattr(self.description)} >'
        for name, value in self.attributes.items():
            yield f"<context-attribute name={quoteattr(name)} value={quoteattr(value)} />"
        for device in self.devices:
            yield from _device_parts(device)
        yield "</context>"


def at_index(devices: tuple[Device, ...]) -> tuple[Device, ...]:
    """Give the devices their ids `iio:deviceN` in order."""
    return tuple(replace(device, id=f"iio:device{index}") for index, device in enumerate(devices))


def _doctype() -> str:
    parts = []
    for element, content, attributes in _GRAMMAR:
        parts.append(f"<!ELEMENT {element} {content or 'EMPTY'}>")
        for spec in attributes:
            name, _, kind = spec.rstrip("!").partition(":")
            presence = "#REQUIRED" if spec.endswith("!") else "#IMPLIED"
            parts.append(f"<!ATTLIST {element} {name} {kind or 'CDATA'} {presence}>")
    return f"<!DOCTYPE context [{''.join(parts)}]>"


def _device_parts(device: Device) -> Iterator[str]:
    label = f" label={quoteattr(device.label)}" if device.label else ""
    yield f"<device id={quoteattr(device.id)} name={quoteattr(device.name)}{label} >"
    for channel in device.channels:
        name = f" name={quoteattr(channel.name)}" if channel.name else ""
        yield f'<channel id={quoteattr(channel.id)}{name} type="{channel.direction}" >'
        if channel.scan is not None:
            yield f'<scan-element index="{channel.scan.index}" format={quoteattr(channel.scan.format)} />'
        for attribute in channel.attributes:
            yield _attribute("attribute", attribute)
        yield "</channel>"
    for tag, attributes in (
        ("attribute", device.attributes),
        ("buffer-attribute", device.buffer_attributes),
        ("debug-attribute", device.debug_attributes),
    ):
        for attribute in attributes:
            yield _attribute(tag, attribute)
    yield "</device>"


def _attribute(tag: str, attribute: Attribute) -> str:
    filename = f" filename={quoteattr(attribute.filename)}" if attribute.filename and tag == "attribute" else ""
    value = "ERROR" if attribute.value is None else attribute.value
    return f"<{tag} name={quoteattr(attribute.name)}{filename} value={quoteattr(value)} />"
