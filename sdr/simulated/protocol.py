"""iiod's text protocol without any I/O: bytes in, requests out; replies as bytes.

Written for what the libiio 0.24 client sends and expects, as observed on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdr.simulated.registers import Kind

LINE_MAX = 4096
PAYLOAD_MAX = 1 << 30
VERSION = (0, 24)
_TAG_LENGTH = 7


class ProtocolError(Exception):
    """The client does not speak this protocol; the connection is beyond use."""


@dataclass(frozen=True)
class Print:
    """PRINT: the context as XML."""


@dataclass(frozen=True)
class Version:
    """VERSION"""


@dataclass(frozen=True)
class Exit:
    """EXIT"""


@dataclass(frozen=True)
class Timeout:
    """TIMEOUT ms"""

    milliseconds: int


@dataclass(frozen=True)
class ReadAttribute:
    """READ dev [INPUT|OUTPUT ch | DEBUG | BUFFER] attr"""

    device: str
    kind: Kind
    attribute: str
    channel: str = ""
    output: bool = False


@dataclass(frozen=True)
class WriteAttribute:
    """WRITE dev [...] attr N, followed by N bytes, which the decoder has put into `value`."""

    target: ReadAttribute
    size: int


@dataclass(frozen=True)
class GetTrigger:
    device: str


@dataclass(frozen=True)
class SetBufferCount:
    """SET dev BUFFERS_COUNT n"""

    device: str
    count: int


@dataclass(frozen=True)
class Open:
    """OPEN dev samples mask [CYCLIC]"""

    device: str
    samples: int
    mask: int
    cyclic: bool


@dataclass(frozen=True)
class Close:
    device: str


@dataclass(frozen=True)
class ReadBuffer:
    device: str
    size: int


@dataclass(frozen=True)
class WriteBuffer:
    """WRITEBUF dev N: the reply 0 must be sent before the client sends its N bytes."""

    device: str
    size: int


@dataclass(frozen=True)
class Unknown:
    """Anything else; answered with -EINVAL."""

    line: str


Request = (
    Print | Version | Exit | Timeout | ReadAttribute | WriteAttribute | GetTrigger | SetBufferCount | Open | Close
    | ReadBuffer | WriteBuffer | Unknown
)  # fmt: skip


class Decoder:
    """Takes bytes as they arrive and gives requests and payloads in order."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def request(self) -> Request | None:
        """The next request, or None if its line is not complete yet; blank lines are skipped."""
        while True:
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > LINE_MAX:
                    raise ProtocolError("a line is longer than any request")
                return None
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            # Text knows more white space than bytes do: the file separators of ASCII.
            if text := line.decode("ascii", "replace").strip():
                return parse(text)

    def payload(self, size: int) -> bytes | None:
        """The next `size` bytes, or None if they are not there yet."""
        if len(self._buffer) < size:
            return None
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data


def parse(line: str) -> Request:
    """One request from its line without line end."""
    command, *words = line.split()
    try:
        match command.upper(), words:
            case "PRINT", []:
                return Print()
            case "VERSION", []:
                return Version()
            case "EXIT", []:
                return Exit()
            case "TIMEOUT", [milliseconds]:
                return Timeout(_size(milliseconds))
            case "READ", _:
                return _attribute(words) or Unknown(line)
            case "WRITE", [*path, size]:
                target = _attribute(path)
                return WriteAttribute(target, _size(size)) if target else Unknown(line)
            case "GETTRIG", [device]:
                return GetTrigger(device)
            case "SET", [device, "BUFFERS_COUNT", count]:
                return SetBufferCount(device, int(count))
            case "OPEN", [device, samples, mask]:
                return Open(device, _size(samples), int(mask, 16), False)
            case "OPEN", [device, samples, mask, "CYCLIC"]:
                return Open(device, _size(samples), int(mask, 16), True)
            case "CLOSE", [device]:
                return Close(device)
            case "READBUF", [device, size]:
                return ReadBuffer(device, _size(size))
            case "WRITEBUF", [device, size]:
                return WriteBuffer(device, _size(size))
    except ValueError:
        pass
    return Unknown(line)


def _attribute(words: list[str]) -> ReadAttribute | None:
    match words:
        case [device, "INPUT" | "OUTPUT" as direction, channel, attribute]:
            return ReadAttribute(device, Kind.CHANNEL, attribute, channel, direction == "OUTPUT")
        case [device, "DEBUG", attribute]:
            return ReadAttribute(device, Kind.DEBUG, attribute)
        case [device, "BUFFER", attribute]:
            return ReadAttribute(device, Kind.BUFFER, attribute)
        case [device, attribute]:
            return ReadAttribute(device, Kind.DEVICE, attribute)
    return None


def _size(text: str) -> int:
    value = int(text)
    if not 0 <= value <= PAYLOAD_MAX:
        raise ValueError("out of range")
    return value


def status(number: int) -> bytes:
    """A bare result: a count, 0, or a negative errno."""
    return f"{number}\n".encode()


def xml_reply(xml: str) -> bytes:
    return status(len(xml)) + xml.encode("ascii") + b"\n"


def version_reply(tag: str) -> bytes:
    """The version; the client insists on a tag of exactly seven characters."""
    major, minor = VERSION
    return f"{major}.{minor}.{tag[:_TAG_LENGTH]:<{_TAG_LENGTH}}\n".encode()


def value_reply(value: str) -> bytes:
    """An attribute's value; its length counts the terminating NUL, its end of line is not counted."""
    data = value.encode("utf-8")[:1022] + b"\0"
    return status(len(data)) + data + b"\n"


def chunk_header(size: int, mask: int | None) -> bytes:
    """What precedes `size` bytes of samples; the mask of channels goes with the first chunk of a READBUF only."""
    return status(size) + (f"{mask:08x}\n".encode() if mask is not None else b"")
