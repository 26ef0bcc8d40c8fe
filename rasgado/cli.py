"""The `rasgado` command: book the facility's instruments, submit runs, follow them, fetch their lines and spectra."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from rasgado import booking_commands, commands, dry_run, series_commands, stop_commands, values
from rasgado.client import DEFAULT_URL, Client
from rasgado.errors import ClientError, Refused

EXIT_OK = 0
EXIT_RUN_ENDED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_FAILED = 4
EXIT_INTERRUPTED = 128 + signal.SIGINT

_EPILOGUE = """\
RASGADO_URL is the service's address (default http://127.0.0.1:8000), RASGADO_TOKEN a token made in your settings there.
Exit status: 0 done; 1 the run that was waited for failed, was cancelled or interrupted; 2 wrong arguments;
3 the service refused, the message names the field; 4 the service failed or cannot be reached; 130 Ctrl-C.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        with Client(options.url, options.token) as client:
            status: int = options.command(client, options)
        sys.stdout.flush()
        return status
    except commands.StoppedWatching as stopped:
        number = stopped.run_id
        print(
            f"\nRun {number} goes on. 'rasgado wait {number}' follows it again, 'rasgado cancel {number}' stops it.",
            file=sys.stderr,
        )
        return EXIT_INTERRUPTED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except commands.RunEnded as ended:
        return _say(ended, EXIT_RUN_ENDED)
    except Refused as refused:
        return _say(refused, EXIT_REFUSED)
    except ClientError as error:
        return _say(error, EXIT_FAILED)


def _say(error: Exception, status: int) -> int:
    print(f"rasgado: {error}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rasgado", description=__doc__, epilog=_EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default=os.environ.get("RASGADO_URL") or DEFAULT_URL, help="instead of RASGADO_URL")
    parser.add_argument("--token", default=os.environ.get("RASGADO_TOKEN", ""), help="instead of RASGADO_TOKEN")
    command = parser.add_subparsers(required=True, metavar="COMMAND")

    one = command.add_parser("submit", help="queue a run", description="Queue a run.")
    values.submission_arguments(one)
    one.add_argument("--wait", action="store_true", help="follow it to its end and show its lines")
    one.add_argument("--output-json", dest="as_json", action="store_true", help="show JSON")
    one.set_defaults(command=commands.submit, as_csv=False)

    one = command.add_parser("plan", help="which method searches a range fastest, and with which settings")
    one.add_argument("--instrument", metavar="SLUG", required=True)
    one.add_argument(
        "--set", metavar="NAME=VALUE", action="append", type=values.assignment, required=True,
        help="centre_frequency_hz and span_hz; t1_s, t2_star_s, snr_per_sample, nutation_frequency_hz, detection, "
        "false_alarms if the defaults do not suit; SI units",
    )  # fmt: skip
    one.add_argument("--json", dest="as_json", action="store_true", help="with all settings, as JSON")
    one.set_defaults(command=commands.plan)

    one = command.add_parser(
        "dry-run", help="try a run on a simulated copy of the instrument",
        description="Try a run on a simulated copy of the instrument, with a guessed sample. Takes no instrument time.",
    )  # fmt: skip
    one.add_argument("--instrument", metavar="SLUG")
    one.add_argument("--method", metavar="NAME", help="such as survey")
    one.add_argument(
        "--set", metavar="NAME=VALUE", action="append", type=values.assignment,
        help="a parameter of the method, in SI units; may be repeated",
    )  # fmt: skip
    one.add_argument(
        "--line", metavar="NAME=VALUE,…", action="append", type=values.guessed_line,
        help="a guessed line: frequency_hz, and amplitude_over_noise, t1_s, t2_star_s, spin; may be repeated",
    )  # fmt: skip
    one.add_argument("--sample", metavar="NAME|ID", help="without --line: guess the lines confirmed in it")
    one.add_argument("--strongest", type=float, metavar="RATIO", help="then: amplitude over noise of its strongest")
    one.add_argument("--title")
    one.add_argument("--json", metavar="FILE", type=values.submission, help="as of submit; the other options win")
    one.add_argument("--no-wait", action="store_true", help="only start it")
    one.add_argument("--output-json", dest="as_json", action="store_true", help="show JSON")
    one.set_defaults(command=dry_run.dry_run)

    one = command.add_parser("status", help="what state a run is in")
    _run_argument(one)
    one.add_argument("--json", dest="as_json", action="store_true", help="the whole run as JSON")
    one.set_defaults(command=commands.status)

    one = command.add_parser("wait", help="follow a run to its end and show its lines")
    _run_argument(one)
    values.formats(one)
    one.set_defaults(command=commands.wait)

    one = command.add_parser("cancel", help="stop a run")
    _run_argument(one)
    one.add_argument("--wait", action="store_true", help="until its transmitter is confirmed off")
    one.set_defaults(command=commands.cancel)

    one = command.add_parser("lines", help="the lines of a run")
    _spectrum_arguments(one)
    one.add_argument("--all", action="store_true", help="rejected ones too")
    values.formats(one)
    one.set_defaults(command=commands.lines)

    one = command.add_parser("results", help="what a run measured: T1, T2, field strength, and its lines")
    _spectrum_arguments(one)
    values.formats(one)
    one.set_defaults(command=commands.results)

    one = command.add_parser("export", help="a run's spectrum as a file")
    _spectrum_arguments(one)
    one.add_argument("--format", choices=("jdx", "csv"), default="jdx", help="JCAMP-DX (default) or CSV")
    one.add_argument("-o", "--output", metavar="FILE", help="- for standard output")
    one.set_defaults(command=commands.export)

    one = command.add_parser("list", help="the newest runs")
    one.add_argument("--state")
    one.add_argument("--instrument", metavar="SLUG")
    one.add_argument("--limit", type=values.positive, default=20)
    values.formats(one)
    one.set_defaults(command=commands.list_runs)

    series_commands.add(command)
    booking_commands.add(command)
    stop_commands.add(command)
    return parser


def _run_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=values.positive, metavar="RUN", help="number of the run")


def _spectrum_arguments(parser: argparse.ArgumentParser) -> None:
    _run_argument(parser)
    parser.add_argument(
        "--spectrum", type=values.positive, metavar="ID", help="another processing version than the newest finished one"
    )


if __name__ == "__main__":
    sys.exit(main())
