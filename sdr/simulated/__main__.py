"""`python -m sdr.simulated`: an ADALM-Pluto with a probe and a sample, served on TCP."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from sdr.simulated.clock import clock
from sdr.simulated.control import obey
from sdr.simulated.converter import Converter
from sdr.simulated.devices import CONTEXTS, DEFAULT_SERIAL, NUMBERED, TUNING
from sdr.simulated.faults import Faults
from sdr.simulated.log import EventLog
from sdr.simulated.probe_port import ProbePort
from sdr.simulated.radio import Radio, RadioOptions
from sdr.simulated.samples import CATALOGUE, SampleError, catalogue_names, load
from sdr.simulated.server import Server


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sdr.simulated", description=__doc__)
    parser.add_argument("--sample", default="KClO3", help="name of the catalogue, or a .json file")
    parser.add_argument("--list-samples", action="store_true", help="print the catalogue and exit")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=30431, help="0 takes any free port")
    parser.add_argument(
        "--seed", type=int, default=None, help="of noise, phases and the sample unknown; random if not given"
    )
    parser.add_argument("--log", type=Path, default=None, help="file for the radio's own log, JSON lines")
    parser.add_argument("--clock", choices=("fast", "real"), default="fast")
    parser.add_argument("--firmware", default="v0.39", help="v0.39 has the TDD core, v0.32 has not")
    parser.add_argument("--converter", default="upper:400e6", help="upper:HZ, lower:HZ or none")
    parser.add_argument(
        "--probe-port", type=int, default=None, help="port of the probe's tuner and the temperature; 0 takes any"
    )
    parser.add_argument("--serial", default=None, help="made from the port if not given")
    parser.add_argument("--radio", choices=tuple(CONTEXTS), default="pluto", help="which radio of the family")
    parser.add_argument("--model", choices=tuple(TUNING), default="ad9363a", help="of a Pluto: its tuning range")
    parser.add_argument(
        "--tx-hold",
        choices=("restart", "keep"),
        default="restart",
        help="what a cyclic waveform does when the TDD core releases it: start again, or go on",
    )
    parser.add_argument("--fault", action="append", default=[], help="KIND:N, may be given several times")
    parser.add_argument(
        "--control", action="store_true", help="take commands from standard input, such as 'fault KIND:N' or 'reboot'"
    )
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class CannotListen(Exception):
    """A port is taken or forbidden, or the host is not ours."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=64)
    except OSError as error:
        raise CannotListen(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _list_samples() -> None:
    for name in catalogue_names():
        lines = CATALOGUE[name].lines if name in CATALOGUE else ()
        text = ", ".join(f"{line.nuclide} {line.frequency_hz / 1e6:.4f} MHz" for line in lines)
        _say(f"{name}: {text or ('made up from --seed' if name == 'unknown' else 'no lines')}")


def _take_commands(server: Server) -> None:
    """Follow standard input; its end means that whoever started the simulator is gone."""
    for line in sys.stdin:
        _say(obey(server, line))
    os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 2 if the arguments make no sense."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_samples:
        _list_samples()
        return 0
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "little")
    faults = Faults()
    try:
        sample, converter = load(options.sample, seed), Converter.parse(options.converter)
        CONTEXTS[options.radio](options.firmware, "", options.model)
        for fault in options.fault:
            faults.add(fault)
        listener = _listen(options.host, options.port)
        probe_listener = _listen(options.host, options.probe_port) if options.probe_port is not None else None
    except (SampleError, ValueError, OverflowError) as error:
        parser.error(str(error))
    except CannotListen as error:
        _complain(str(error))
        return 1
    host, port = listener.getsockname()[:2]
    # Simulators on one machine are different radios; those that have no serial number cannot be told apart.
    made = f"{DEFAULT_SERIAL[:-5]}{port:05d}" if options.radio in NUMBERED else ""
    serial = made if options.serial is None else options.serial
    try:
        log = EventLog(options.log)
    except OSError as error:
        parser.error(f"log {options.log} cannot be written: {error.strerror}")
    context = CONTEXTS[options.radio](options.firmware, serial, options.model)
    restart = options.tx_hold == "restart"
    radio = Radio(context, RadioOptions(sample, clock(options.clock), converter, log, seed, restart))
    server = Server(radio, log, faults, listener)
    # A thread deep in a computation must not delay the end; the operating system closes everything.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if options.control:
        threading.Thread(target=_take_commands, args=(server,), daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if probe_listener is not None:
        port_of_probe = ProbePort(radio, server.changed, log, probe_listener)
        threading.Thread(target=port_of_probe.serve_forever, daemon=True).start()
        _say("probe {}:{}".format(*probe_listener.getsockname()[:2]))
    _say(f"ready ip:{host}:{port}")
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
