"""`python -m sdr.simulated`: one or several ADALM-Plutos, each with a probe and a sample, served on TCP."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from sdr.simulated.control import obey
from sdr.simulated.devices import CONTEXTS, TUNING
from sdr.simulated.samples import CATALOGUE, SampleError, catalogue_names
from sdr.simulated.station import CannotListen, Station, StationOptions

RADIOS_MAX = 16


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sdr.simulated", description=__doc__)
    parser.add_argument(
        "--sample",
        action="append",
        help="name of the catalogue, or a .json file; given again, it is that of the next radio (default: KClO3)",
    )
    parser.add_argument("--list-samples", action="store_true", help="print the catalogue and exit")
    parser.add_argument("--radios", type=int, default=1, help="how many; they have consecutive ports and seeds")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=30431, help="0 takes any free port")
    parser.add_argument(
        "--seed", type=int, default=None, help="of noise, phases and the sample unknown; random if not given"
    )
    parser.add_argument(
        "--log", type=Path, default=None, help="file for the radio's own log, JSON lines; the second's is NAME.2 ..."
    )
    parser.add_argument("--clock", choices=("fast", "real"), default="fast")
    parser.add_argument("--firmware", default="v0.39", help="v0.39 has the TDD core, v0.32 has not")
    parser.add_argument("--converter", default="upper:400e6", help="upper:HZ, lower:HZ or none")
    parser.add_argument(
        "--probe-port", type=int, default=None, help="port of the probe's tuner and the temperature; 0 takes any"
    )
    parser.add_argument("--temperature", type=float, default=None, help="of the sample in K; default: the sample's own")
    parser.add_argument("--serial", default=None, help="made from the port if not given; for one radio only")
    parser.add_argument("--radio", choices=tuple(CONTEXTS), default="pluto", help="which radio of the family")
    parser.add_argument("--model", choices=tuple(TUNING), default="ad9363a", help="of a Pluto: its tuning range")
    parser.add_argument(
        "--tx-hold",
        choices=("restart", "keep"),
        default="restart",
        help="what a cyclic waveform does when the TDD core releases it: start again, or go on",
    )
    parser.add_argument("--fault", action="append", default=[], help="KIND:N, may be given several times; first radio")
    parser.add_argument(
        "--control",
        action="store_true",
        help="take commands from standard input, such as 'fault KIND:N' or 'reboot'; '2 reboot' is for the second",
    )
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _list_samples() -> None:
    for name in catalogue_names():
        lines = CATALOGUE[name].lines if name in CATALOGUE else ()
        text = ", ".join(f"{line.nuclide} {line.frequency_hz / 1e6:.4f} MHz" for line in lines)
        _say(f"{name}: {text or ('made up from --seed' if name == 'unknown' else 'no lines')}")


def _options(parsed: argparse.Namespace, seed: int, index: int) -> StationOptions:
    """Those of the radio with this index, from 0."""
    samples = parsed.sample or ["KClO3"]
    log = parsed.log
    return StationOptions(
        sample=samples[min(index, len(samples) - 1)],
        host=parsed.host,
        port=parsed.port + index if parsed.port else 0,
        probe_port=parsed.probe_port + index if parsed.probe_port else parsed.probe_port,
        seed=seed + index,
        clock=parsed.clock,
        converter=parsed.converter,
        firmware=parsed.firmware,
        radio=parsed.radio,
        model=parsed.model,
        serial=parsed.serial,
        tx_hold=parsed.tx_hold,
        temperature_k=parsed.temperature,
        log=log if log is None or not index else log.with_name(f"{log.name}.{index + 1}"),
        faults=() if index else tuple(parsed.fault),
    )


def _take_commands(stations: list[Station]) -> None:
    """Follow standard input; its end means that whoever started the simulator is gone."""
    for line in sys.stdin:
        number, _, rest = line.strip().partition(" ")
        chosen, command = (int(number), rest) if number.isdecimal() else (1, line)
        known = 1 <= chosen <= len(stations)
        _say(obey(stations[chosen - 1].server, command) if known else f"no there is no radio {chosen}")
    os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 2 if the arguments make no sense, 1 if it cannot listen."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if parsed.list_samples:
        _list_samples()
        return 0
    if not 1 <= parsed.radios <= RADIOS_MAX:
        parser.error(f"--radios must be between 1 and {RADIOS_MAX}, not {parsed.radios}")
    if parsed.serial is not None and parsed.radios > 1:
        parser.error("--serial is for one radio; several have serial numbers made from their ports")
    if parsed.sample is not None and len(parsed.sample) > parsed.radios:
        parser.error(f"--sample is given {len(parsed.sample)} times for {parsed.radios} radio(s)")
    seed = parsed.seed if parsed.seed is not None else int.from_bytes(os.urandom(4), "little")
    try:
        stations = [Station(_options(parsed, seed, index)) for index in range(parsed.radios)]
    except (SampleError, ValueError, OverflowError) as error:
        parser.error(str(error))
    except CannotListen as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        parser.error(f"log {parsed.log} cannot be written: {error.strerror}")
    # A thread deep in a computation must not delay the end; the operating system closes everything.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    if parsed.control:
        threading.Thread(target=_take_commands, args=(stations,), daemon=True).start()
    for station in stations:
        station.start()
    for station in stations:
        _say(station.announcement)
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
