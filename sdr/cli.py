"""`rasgado-sdr scan`: which radios are there, and what would be said of them before they are used."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from sdr.discovery import ANSWER_S, FoundRadio, scan

NOTHING = "No radio was found. Name addresses after scan, or in RASGADO_RADIO_URIS."


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if at least one radio answered, 1 if none did."""
    parser = argparse.ArgumentParser(prog="rasgado-sdr", description="The radios of RASGADO NQR.")
    commands = parser.add_subparsers(dest="command", required=True)
    scanning = commands.add_parser("scan", help="list the radios on USB, in the network and at given addresses")
    scanning.add_argument("uri", nargs="*", help="addresses to look at besides, such as ip:192.168.2.1 or usb:1.4.5")
    scanning.add_argument("--timeout", type=float, default=ANSWER_S, metavar="S", help="for an answer, default 1 s")
    scanning.add_argument("--json", action="store_true", help="one JSON object a radio and line")
    options = parser.parse_args(arguments)
    radios = scan(options.uri, options.timeout)
    if options.json:
        sys.stdout.writelines(f"{json.dumps(asdict(radio))}\n" for radio in radios)
    else:
        sys.stdout.write("\n".join(described(radio) for radio in radios) or f"{NOTHING}\n")
    return 0 if any(radio.driver for radio in radios) else 1


def described(radio: FoundRadio) -> str:
    """A radio in a few lines of text, with its warnings."""
    lines = [radio.uri]
    if radio.model:
        tdd = {"tdd": "yes", "leakage": "no"}.get(radio.synchronisation, "unknown")
        lines += [
            f"  model      {radio.model}",
            f"  serial     {radio.serial or 'none'}",
            f"  firmware   {radio.firmware}",
            f"  driver     {radio.driver or 'none'}",
            f"  TDD core   {tdd}",
        ]
    if radio.tuning_max_hz:
        lines.append(f"  tuning     {radio.tuning_min_hz / 1e6:.6g} to {radio.tuning_max_hz / 1e6:.6g} MHz")
    return "\n".join([*lines, *(f"  ! {warning}" for warning in radio.warnings), ""])


if __name__ == "__main__":
    sys.exit(main())
