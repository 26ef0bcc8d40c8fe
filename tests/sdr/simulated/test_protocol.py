"""The protocol as bytes: what the decoder makes of them, whole, torn apart or hostile."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdr.simulated import protocol
from sdr.simulated.protocol import Decoder, ProtocolError, ReadAttribute, parse
from sdr.simulated.registers import Kind


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("PRINT", protocol.Print()),
        ("VERSION", protocol.Version()),
        ("TIMEOUT 2500", protocol.Timeout(2500)),
        ("EXIT", protocol.Exit()),
        ("READ iio:device0 calib_mode", ReadAttribute("iio:device0", Kind.DEVICE, "calib_mode")),
        ("READ iio:device0 DEBUG loopback", ReadAttribute("iio:device0", Kind.DEBUG, "loopback")),
        ("READ iio:device4 BUFFER watermark", ReadAttribute("iio:device4", Kind.BUFFER, "watermark")),
        (
            "READ iio:device0 OUTPUT altvoltage0 frequency",
            ReadAttribute("iio:device0", Kind.CHANNEL, "frequency", "altvoltage0", True),
        ),
        (
            "WRITE iio:device0 INPUT voltage0 hardwaregain 5",
            protocol.WriteAttribute(
                ReadAttribute("iio:device0", Kind.CHANNEL, "hardwaregain", "voltage0", False), size=5
            ),
        ),
        ("SET iio:device4 BUFFERS_COUNT 1", protocol.SetBufferCount("iio:device4", 1)),
        ("GETTRIG iio:device4", protocol.GetTrigger("iio:device4")),
        ("OPEN iio:device4 1024 00000003", protocol.Open("iio:device4", 1024, 3, False)),
        ("OPEN iio:device3 16 00000003 CYCLIC", protocol.Open("iio:device3", 16, 3, True)),
        ("READBUF iio:device4 4096", protocol.ReadBuffer("iio:device4", 4096)),
        ("WRITEBUF iio:device3 64", protocol.WriteBuffer("iio:device3", 64)),
        ("CLOSE iio:device4", protocol.Close("iio:device4")),
    ],
)
def test_requests_of_the_client(line: str, request_: protocol.Request) -> None:
    assert parse(line) == request_


@pytest.mark.parametrize(
    "line",
    [
        "ZPRINT",
        "HELP",
        "READ",
        "READ dev",
        "OPEN dev many 3",
        "OPEN dev 4 xyz",
        "READBUF dev -4",
        "WRITE dev a 99999999999",
    ],
)
def test_everything_else_is_unknown(line: str) -> None:
    assert parse(line) == protocol.Unknown(line)


def test_blank_lines_are_ignored() -> None:
    decoder = Decoder()
    decoder.feed(b"\r\n\r\nEXIT\r\n")
    assert decoder.request() == protocol.Exit()
    assert decoder.request() is None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_requests_arrive_in_pieces(sizes: list[int]) -> None:
    stream = b"TIMEOUT 100\r\nWRITE d attr 7\r\nPRINT\n\nREADBUF d 8\r\n"
    decoder, seen, payload_due = Decoder(), [], 0
    position, index = 0, 0
    while position < len(stream):
        size = sizes[index % len(sizes)]
        decoder.feed(stream[position : position + size])
        position, index = position + size, index + 1
        while True:
            if payload_due:
                payload = decoder.payload(payload_due)
                if payload is None:
                    break
                assert payload == b"PRINT\n\n"
                payload_due = 0
            request = decoder.request()
            if request is None:
                break
            seen.append(type(request).__name__)
            if isinstance(request, protocol.WriteAttribute):
                payload_due = request.size
    assert seen == ["Timeout", "WriteAttribute", "ReadBuffer"]


@example(b"\x1c\n")
@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    decoder = Decoder()
    decoder.feed(data)
    while decoder.request() is not None:
        pass


def test_endless_line_is_refused() -> None:
    decoder = Decoder()
    decoder.feed(b"A" * (protocol.LINE_MAX + 1))
    with pytest.raises(ProtocolError):
        decoder.request()


def test_replies() -> None:
    assert protocol.status(-22) == b"-22\n"
    assert protocol.version_reply("v1") == b"0.24.v1     \n"
    assert protocol.value_reply("fdd") == b"4\nfdd\0\n"
    assert protocol.xml_reply("<a/>") == b"4\n<a/>\n"
    assert protocol.chunk_header(16, 3) == b"16\n00000003\n"
    assert protocol.chunk_header(16, None) == b"16\n"
    # The client's buffer for a value has 1023 bytes.
    assert len(protocol.value_reply("x" * 5000)) < 1030
