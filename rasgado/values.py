"""What people type on the command line, as values for the API."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # as argparse gives it no public name


def assignment(text: str) -> tuple[str, Any]:
    """`name=value` of --set. Numbers and true/false become what they say, anything else is text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    try:
        return name.strip(), scalar(value.strip())
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{name.strip()}: {error}") from None


def variation(text: str) -> tuple[str, list[Any]]:
    """`name=1,2,3` of --vary: a parameter and its values."""
    name, equals, listed = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value,value,…")
    return name.strip(), [assignment(f"{name}={value}")[1] for value in listed.split(",")]


def guessed_line(text: str) -> dict[str, Any]:
    """`frequency_hz=28.1e6,amplitude_over_noise=0.1` of --line."""
    line = dict(assignment(part) for part in text.split(",") if part.strip())
    if "frequency_hz" not in line:
        raise argparse.ArgumentTypeError(f"{text!r} has no frequency_hz=…")
    return line


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1 to 10^18 - 1")
    return int(text)


def scalar(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=float)
    except ValueError:
        value = text
    if isinstance(value, str):
        try:
            value = float(value)  # "1.", ".5", "+3", "nan": numbers that JSON does not write
        except ValueError:
            return text
    if isinstance(value, float) and not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value if isinstance(value, bool | int | float) else text


def submission(path: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input for "-": instrument, sample, method, parameters, title…"""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read: {error}") from None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{path} must hold one JSON object")
    unknown = set(value) - {"instrument", "sample", "method", "parameters", "title", "temperature_k"}
    if unknown:
        raise argparse.ArgumentTypeError(f"{path} has unknown fields: {', '.join(sorted(unknown))}")
    if not isinstance(value.get("parameters", {}), dict):
        raise argparse.ArgumentTypeError(f"{path}: parameters must be an object")
    return value


def merged(base: dict[str, Any], assignments: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Parameters of a file with those of --set over them."""
    return {**base, **dict(assignments)}


def submission_arguments(parser: argparse.ArgumentParser) -> None:
    """What `submit` and `submit-series` share."""
    parser.add_argument("--instrument", metavar="SLUG")
    parser.add_argument("--sample", metavar="NAME|ID")
    parser.add_argument("--method", metavar="NAME", help="such as survey")
    parser.add_argument("--template", metavar="NAME|ID", help="method and parameters of a template; --set goes over it")
    set_argument(parser)
    parser.add_argument("--title")
    parser.add_argument("--temperature-k", type=float, metavar="KELVIN")
    parser.add_argument(
        "--json", metavar="FILE", type=submission,
        help="all of this from a JSON file or - for standard input; the other options win",
    )  # fmt: skip
    parser.add_argument("--idempotency-key", metavar="TEXT", help="the same key again makes nothing new")


def set_argument(parser: argparse.ArgumentParser) -> None:
    """--set, for parameters of a method."""
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", type=assignment,
        help="a parameter of the method, in SI units; may be repeated",
    )  # fmt: skip


def formats(parser: argparse.ArgumentParser) -> None:
    """--json or --csv instead of a table."""
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--json", dest="as_json", action="store_true")
    kind.add_argument("--csv", dest="as_csv", action="store_true")
