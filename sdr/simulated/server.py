"""The iiod server: sockets and threads around the protocol and the radio."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time

import numpy as np
import numpy.typing as npt

from sdr.simulated import protocol
from sdr.simulated.devices import RX, TX
from sdr.simulated.errors import IioError, invalid
from sdr.simulated.faults import FaultKind, Faults
from sdr.simulated.log import EventLog
from sdr.simulated.radio import Radio
from sdr.simulated.registers import Target, find

_TAG = "rasgado"
_RECEIVE_BYTES = 1 << 16
_POLL_S = 0.02
_CYCLIC_OPEN_RETRY_S = 0.05
_DEFAULT_TIMEOUT_S = 2.5


class ConnectionLost(Exception):
    """The client went away, or the server broke the connection on purpose."""


class Server:
    """Serves one radio to any number of clients, each connection in a thread of its own."""

    def __init__(self, radio: Radio, log: EventLog, faults: Faults, listener: socket.socket) -> None:
        self.radio = radio
        self.faults = faults
        self.log = log
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.timeout_s = _DEFAULT_TIMEOUT_S
        self._connections: set[_Connection] = set()
        self._listener = listener

    def serve_forever(self) -> None:
        """Accept clients until `close` is called."""
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            if not self.faults.plugged.is_set():
                connection.close()
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = _Connection(self, connection, f"{peer[0]}:{peer[1]}")
            with self.lock:
                self._connections.add(client)
            threading.Thread(target=client.run, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def forget(self, connection: _Connection) -> None:
        with self.lock:
            self._connections.discard(connection)

    def reboot(self) -> None:
        """Break all connections; the radio is as after power-up."""
        with self.changed:
            for connection in self._connections:
                connection.abandon()
            self.radio.reboot()
            self.changed.notify_all()

    def unplug(self) -> None:
        """Break all connections and turn everybody away until `faults.plugged` is set; the radio goes on."""
        self.faults.plugged.clear()
        with self.changed:
            for connection in self._connections:
                connection.hang_up()


class _Connection:
    """One client: decodes its requests, asks the radio, owns the buffers that it opened."""

    def __init__(self, server: Server, connection: socket.socket, peer: str) -> None:
        self._server = server
        self._radio = server.radio
        self._socket = connection
        self._peer = peer
        self._decoder = protocol.Decoder()
        self._open: protocol.Open | None = None
        self._pending: memoryview | None = None  # rest of a block that the client has fetched in part

    def run(self) -> None:
        with self._server.lock:
            self._server.log.record("connect", self._radio.time_s, peer=self._peer)
        try:
            while True:
                request = self._next_request()
                if isinstance(request, protocol.Exit):
                    break
                self._answer(request)
        except (ConnectionLost, protocol.ProtocolError, OSError):
            pass
        finally:
            self._disconnect()

    def abandon(self) -> None:
        """Break the connection; its buffers are gone with the radio's state."""
        self._open = None
        self._pending = None
        self.hang_up()

    def hang_up(self) -> None:
        """Break the connection; its buffers are closed when its thread has noticed."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _disconnect(self) -> None:
        with self._server.changed:
            self._radio.command()
            self._release()
            self._server.log.record("disconnect", self._radio.time_s, peer=self._peer)
            self._server.changed.notify_all()
        self._server.forget(self)
        self._socket.close()

    # Bytes

    def _next_request(self) -> protocol.Request:
        while (request := self._decoder.request()) is None:
            self._fill()
        return request

    def _payload(self, size: int) -> bytes:
        while (data := self._decoder.payload(size)) is None:
            self._fill()
        return data

    def _fill(self) -> None:
        data = self._socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionLost
        self._decoder.feed(data)

    def _send(self, *parts: bytes | memoryview) -> None:
        for part in parts:
            self._socket.sendall(part)

    def _gone(self) -> bool:
        """The client has closed its side, although nobody is reading from it just now."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)

    def _wait_for_thaw(self) -> None:
        while not self._server.faults.thawed.wait(_POLL_S):
            if self._gone():
                raise ConnectionLost

    def _wait_for_client(self, duration_s: float) -> None:
        """Wait, but no longer than the client does."""
        deadline = time.monotonic() + duration_s
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left)[0] and self._gone():
                raise ConnectionLost

    # Requests

    def _answer(self, request: protocol.Request) -> None:
        self._wait_for_thaw()
        payload = self._payload(request.size) if isinstance(request, protocol.WriteAttribute) else b""
        try:
            match request:
                case protocol.ReadAttribute(attribute=name):
                    self._strike(self._server.faults.on_attribute(name, written=False))
                    self._reply(request, payload)
                case protocol.WriteAttribute(target, size):
                    fault = self._server.faults.on_attribute(target.attribute, written=True)
                    self._strike(fault)
                    if fault is FaultKind.IGNORE_WRITE:
                        self._send(protocol.status(size))
                    else:
                        self._reply(request, payload)
                case protocol.ReadBuffer():
                    self._read_buffer(request)
                case protocol.WriteBuffer():
                    self._write_buffer(request)
                case protocol.Open():
                    self._send(protocol.status(self._open_buffer(request)))
                case _:
                    self._reply(request, payload)
        except IioError as error:
            self._send(protocol.status(-error.number))

    def _reply(self, request: protocol.Request, payload: bytes) -> None:
        with self._server.changed:
            self._radio.command()
            reply = self._simple(request, payload)
            self._server.changed.notify_all()
        self._send(reply)

    def _strike(self, fault: FaultKind | None) -> None:
        """Let a fault happen in place of an answer, or before it."""
        match fault:
            case FaultKind.TIMEOUT | FaultKind.TIMEOUT_ATTRIBUTE:
                raise IioError(errno.ETIMEDOUT)
            case FaultKind.REFUSE_WRITE:
                raise invalid()
            case FaultKind.REBOOT | FaultKind.REBOOT_ATTRIBUTE:
                self._server.reboot()
                raise ConnectionLost
            case FaultKind.KILL_ATTRIBUTE | FaultKind.KILL_PUSH:
                self.hang_up()
                raise ConnectionLost
            case FaultKind.FREEZE | FaultKind.FREEZE_ATTRIBUTE:
                self._server.faults.thawed.clear()
                self._wait_for_thaw()
            case FaultKind.DELAY | FaultKind.DELAY_ATTRIBUTE:
                self._wait_for_client(self._server.faults.delay_s)
            case _:
                pass

    def _simple(self, request: protocol.Request, payload: bytes) -> bytes:
        match request:
            case protocol.Print():
                return protocol.xml_reply(self._radio.context.to_xml())
            case protocol.Version():
                return protocol.version_reply(_TAG)
            case protocol.Timeout(milliseconds):
                self._server.timeout_s = milliseconds / 1000
                return protocol.status(0)
            case protocol.ReadAttribute():
                return protocol.value_reply(self._radio.read(self._target(request)))
            case protocol.WriteAttribute(target, size):
                text = payload.split(b"\0")[0].decode("utf-8", "replace").rstrip("\n")
                self._radio.write(self._target(target), text)
                return protocol.status(size)
            case protocol.SetBufferCount(device, count):
                self._radio.set_blocks(self._device(device), count)
                return protocol.status(0)
            case protocol.GetTrigger():
                return protocol.status(-errno.ENOENT)
            case protocol.Close():
                if self._open is None:
                    return protocol.status(-errno.ENXIO)
                self._release()
                return protocol.status(0)
            case _:
                return protocol.status(-errno.EINVAL)

    def _target(self, request: protocol.ReadAttribute) -> Target:
        device = self._radio.context.device(request.device)
        if device is None:
            raise IioError(errno.ENODEV)
        return find(device, request.kind, request.attribute, request.channel, request.output)

    def _device(self, identifier: str) -> str:
        device = self._radio.context.device(identifier)
        if device is None:
            raise IioError(errno.ENODEV)
        return device.name

    def _channels(self, name: str) -> int:
        device = self._radio.context.device(name)
        return device.scan_channels if device is not None else 0

    # Buffers

    def _open_buffer(self, request: protocol.Open) -> int:
        name = self._device(request.device)
        if name not in (RX, TX):
            raise IioError(errno.ENOENT)
        fault = self._server.faults.on_open()
        if self._open is not None or fault is FaultKind.BUSY:
            raise IioError(errno.EBUSY)
        if fault is FaultKind.NO_MEMORY:
            raise IioError(errno.ENOMEM)
        if not 0 < request.mask < 1 << self._channels(name) or request.samples == 0:
            raise invalid()
        deadline = time.monotonic() + (_CYCLIC_OPEN_RETRY_S if request.cyclic else 0.0)
        with self._server.changed:
            while True:
                try:
                    self._radio.command()
                    if name == RX:
                        self._radio.open_receiver(request.samples)
                    else:
                        self._radio.open_transmitter()
                    break
                except IioError as error:
                    left = deadline - time.monotonic()
                    if error.number != errno.EBUSY or left <= 0:
                        raise
                    self._server.changed.wait(left)
            self._open = request
            self._server.changed.notify_all()
        return 0

    def _release(self) -> None:
        """Close the buffer of this connection, if any; the caller holds the lock."""
        if self._open is None:
            return
        if self._device(self._open.device) == RX:
            self._radio.close_receiver()
        else:
            self._radio.close_transmitter()
        self._open = None
        self._pending = None

    def _read_buffer(self, request: protocol.ReadBuffer) -> None:
        opened = self._open
        if opened is None or self._device(opened.device) != RX:
            raise IioError(errno.EBADF)
        left, mask = request.size, opened.mask
        first = True
        while left > 0:
            if not self._pending:
                self._pending = self._next_block(mask)
            part = self._pending[:left]
            self._pending = self._pending[len(part) :]
            self._send_block(mask if first else None, part)
            left -= len(part)
            first = False
        if not self._pending:
            self._radio.prepare_block()

    def _send_block(self, mask: int | None, data: memoryview) -> None:
        header = protocol.chunk_header(len(data), mask)
        fault = self._server.faults.on_read()
        if fault in (FaultKind.KILL_MID_BUFFER, FaultKind.SHORT):
            half = data[: len(data) // 8 * 4]
            if fault is FaultKind.SHORT:
                self._send(protocol.chunk_header(len(half), mask), half)
                raise IioError(errno.EIO)
            self._send(header, half)
            self.hang_up()
            raise ConnectionLost
        self._strike(fault)
        self._send(header, data)

    def _next_block(self, mask: int) -> memoryview:
        """The next block, waiting for it up to the client's timeout; ETIMEDOUT if it does not come."""
        deadline = time.monotonic() + self._server.timeout_s if self._server.timeout_s > 0 else None
        with self._server.changed:
            self._radio.request_block()
            while (block := self._radio.poll_block()) is None:
                if self._gone():
                    raise ConnectionLost
                expected = self._radio.seconds_to_block()
                event_s = self._radio.seconds_to_begin() if expected is None else expected
                wait = _POLL_S if event_s is None else min(max(event_s, 1e-4), _POLL_S)
                # A block that is being filled is on its way, however long it takes.
                if deadline is not None and expected is None and time.monotonic() > deadline:
                    raise IioError(errno.ETIMEDOUT)
                self._server.changed.wait(wait)
        return memoryview(_select(block, mask).tobytes())

    def _write_buffer(self, request: protocol.WriteBuffer) -> None:
        opened = self._open
        if opened is None or self._device(opened.device) != TX:
            raise IioError(errno.EBADF)
        self._send(protocol.status(0))
        values = np.frombuffer(self._payload(request.size), dtype="<i2")
        self._strike(self._server.faults.on_push())
        interleaved = _spread(values, opened.mask)
        second = _spread(values, opened.mask, first=2) if opened.mask >> 2 else None
        with self._server.changed:
            self._radio.command()
            while not self._radio.push(interleaved, opened.cyclic, second):
                self._server.changed.wait(_POLL_S)
                if self._gone():
                    raise ConnectionLost
                self._radio.command()
            self._server.changed.notify_all()
        self._send(protocol.status(request.size))


def _select(block: npt.NDArray[np.int16], mask: int) -> npt.NDArray[np.int16]:
    """The channels of the mask, interleaved, contiguous; a second receive path hears nothing."""
    if mask == 3:
        return np.ascontiguousarray(block).reshape(-1)
    channels = [channel for channel in range(mask.bit_length()) if mask >> channel & 1]
    chosen = np.zeros((len(block), len(channels)), np.int16)
    for place, channel in enumerate(channels):
        if channel < 2:
            chosen[:, place] = block[:, channel]
    return chosen


def _spread(values: npt.NDArray[np.int16], mask: int, first: int = 0) -> npt.NDArray[np.int16]:
    """Interleaved I, Q of the path whose I is channel `first`, from the channels of the mask; silent where missing."""
    if mask == 3 and first == 0:
        return values[: len(values) // 2 * 2]
    channels = [channel for channel in range(mask.bit_length()) if mask >> channel & 1]
    given = values[: len(values) // len(channels) * len(channels)].reshape(-1, len(channels))
    pairs = np.zeros((len(given), 2), np.int16)
    for place, channel in enumerate(channels):
        if 0 <= channel - first < 2:
            pairs[:, channel - first] = given[:, place]
    return pairs.ravel()
