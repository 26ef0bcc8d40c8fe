"""`rasgado stop` and `release-stop`, for the facility's staff."""

from __future__ import annotations

import argparse
import time

from rasgado import output, values
from rasgado.client import Client, Json
from rasgado.commands import NOTES, RESULTS
from rasgado.errors import FieldFault, Refused

#: the guard needs a fraction of a second; after this somebody has to go there
WAIT_S = 5.0
_POLL_S = 0.2

EXIT_NOT_OFF = 1


def add(command: values.Commands) -> None:
    """The commands' arguments."""
    one = command.add_parser("stop", help="staff: turn transmitters off now and keep them off")
    one.add_argument("instrument", nargs="?", metavar="SLUG", help="every instrument if not given")
    one.add_argument("--reason", default="", help="everybody sees it")
    one.add_argument("--json", dest="as_json", action="store_true")
    one.set_defaults(command=stop)

    one = command.add_parser("release-stop", help="staff: let a stopped instrument be used again")
    one.add_argument("instrument", metavar="SLUG")
    one.add_argument("--note", required=True, help="what was found, and why it may transmit again")
    one.set_defaults(command=release)


def stop(client: Client, options: argparse.Namespace) -> int:
    """Stop, then wait until the transmitters were read back as off; exit status 1 if one was not."""
    made = client.stop(options.instrument, options.reason)
    deadline_s = time.monotonic() + WAIT_S
    while not all(one["is_off"] for one in made) and time.monotonic() < deadline_s:
        time.sleep(_POLL_S)
        wanted = {one["id"] for one in made}
        made = [one for one in client.emergency_stops() if one["id"] in wanted]
    if options.as_json:
        print(output.as_json(made))
    else:
        for one in made:
            RESULTS.print(_told(one), highlight=False)
    if not made:
        NOTES.print("There is no instrument.")
    return 0 if all(one["is_off"] for one in made) else EXIT_NOT_OFF


def release(client: Client, options: argparse.Namespace) -> int:
    """Release the stop in force of one instrument."""
    found = [one for one in client.emergency_stops() if one["released_at"] is None]
    of_it = [one for one in found if one["instrument"] == options.instrument]
    if not of_it:
        raise Refused(404, "", [FieldFault("instrument", f"{options.instrument} is not stopped.")])
    client.release_stop(int(of_it[0]["id"]), options.note)
    RESULTS.print(f"{options.instrument} is released; its transmitter is checked first.", highlight=False)
    return 0


def _told(one: Json) -> str:
    if one["is_off"]:
        return f"{one['instrument']} is stopped; its transmitter was read back as off."
    why = "" if one["told"] else " The guard could not be told, because Redis does not answer."
    return f"{one['instrument']} is stopped, but its transmitter is NOT confirmed off: switch it off by hand.{why}"
