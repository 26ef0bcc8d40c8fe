"""One simulated spectrometer of a process: a radio with its bench, on its port, with its log and its faults."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from sdr.simulated.clock import clock
from sdr.simulated.converter import Converter
from sdr.simulated.devices import CONTEXTS, DEFAULT_SERIAL, NUMBERED
from sdr.simulated.faults import Faults
from sdr.simulated.log import EventLog
from sdr.simulated.probe_port import ProbePort
from sdr.simulated.radio import Radio, RadioOptions
from sdr.simulated.samples import load
from sdr.simulated.server import Server


class CannotListen(Exception):
    """A port is taken or forbidden, or the host is not ours."""


@dataclass(frozen=True)
class StationOptions:
    """What one spectrometer is like; the fields are those of the command line."""

    sample: str = "KClO3"
    host: str = "127.0.0.1"
    port: int = 0
    probe_port: int | None = None
    seed: int = 0
    clock: str = "fast"
    converter: str = "upper:400e6"
    firmware: str = "v0.39"
    radio: str = "pluto"
    model: str = "ad9363a"
    serial: str | None = None
    tx_hold: str = "restart"
    temperature_k: float | None = None
    log: Path | None = None
    faults: tuple[str, ...] = ()


class Station:
    """Listens from construction on and answers after `start`; lives as long as the process.

    Raises SampleError or ValueError for what makes no sense, OSError for a log that cannot be written, CannotListen.
    """

    def __init__(self, options: StationOptions) -> None:
        sample, converter = load(options.sample, options.seed), Converter.parse(options.converter)
        CONTEXTS[options.radio](options.firmware, "", options.model)
        faults = Faults()
        for fault in options.faults:
            faults.add(fault)
        if options.temperature_k is not None and not 1 <= options.temperature_k <= 2000:
            raise ValueError(f"temperature must be between 1 and 2000 K, not {options.temperature_k:g} K")
        listener = _listen(options.host, options.port)
        probe_listener = None if options.probe_port is None else _listen(options.host, options.probe_port)
        host, port = listener.getsockname()[:2]
        # Simulators on one machine are different radios; those that have no serial number cannot be told apart.
        made = f"{DEFAULT_SERIAL[:-5]}{port:05d}" if options.radio in NUMBERED else ""
        serial = made if options.serial is None else options.serial
        log = EventLog(options.log)
        radio = Radio(
            CONTEXTS[options.radio](options.firmware, serial, options.model),
            RadioOptions(sample, clock(options.clock), converter, log, options.seed, options.tx_hold == "restart"),
        )
        if options.temperature_k is not None:
            radio.settled_bench().set_temperature(options.temperature_k)
        self.server = Server(radio, log, faults, listener)
        self.announcement = f"ready ip:{host}:{port}"
        self._probe: ProbePort | None = None
        if probe_listener is not None:
            self._probe = ProbePort(radio, self.server.changed, log, probe_listener)
            probe_host, probe_port = probe_listener.getsockname()[:2]
            self.announcement = f"probe {probe_host}:{probe_port}\n{self.announcement}"

    def start(self) -> None:
        """Answer from now on, in threads of the process."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        if self._probe is not None:
            threading.Thread(target=self._probe.serve_forever, daemon=True).start()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=64)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
