"""What each command of `rasgado` does; each returns the exit status."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from rasgado import output, values
from rasgado.client import Client
from rasgado.errors import ClientError, FieldFault, Refused, ServiceFailed, Unreachable
from rasgado.follow import FINAL_STATES, follow

#: results go here, so that they can be piped
RESULTS = Console(soft_wrap=True)
#: what people are told meanwhile
NOTES = Console(stderr=True)


class StoppedWatching(KeyboardInterrupt):
    """Ctrl-C while a run was being followed; the run goes on."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        super().__init__(run_id)


def submission(client: Client, options: argparse.Namespace) -> dict[str, Any]:
    """What is to be measured: options over --json over --template. Raises Refused for what is missing."""
    given: dict[str, Any] = dict(options.json or {})
    parameters = given.pop("parameters", {})
    if options.template is not None:
        template = client.template(options.template)
        given.setdefault("method", template["method"])
        parameters = values.merged(template["parameters"], parameters.items())
    for name in ("instrument", "sample", "method", "title", "temperature_k"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    missing = [name for name in ("instrument", "sample", "method") if given.get(name) in (None, "")]
    if missing:
        raise Refused(400, "", [FieldFault(name, f"is required: --{name} or a field of --json.") for name in missing])
    wanted = {
        "instrument": str(given["instrument"]),
        "sample": client.sample(str(given["sample"]))["id"],
        "method": str(given["method"]),
        "parameters": values.merged(parameters, options.set or ()),
        "title": str(given.get("title") or ""),
    }
    return wanted if given.get("temperature_k") is None else wanted | {"temperature_k": given["temperature_k"]}


@contextmanager
def keeping_key(key: str) -> Iterator[None]:
    """Whoever got no answer is told the key with which to ask again."""
    try:
        yield
    except (Unreachable, ServiceFailed) as error:
        raise type(error)(f"{error} Nothing is lost by trying again with --idempotency-key {key}.") from None


def submit(client: Client, options: argparse.Namespace) -> int:
    given = submission(client, options)
    key = options.idempotency_key or uuid.uuid4().hex
    with keeping_key(key):
        run = client.submit(**given, idempotency_key=key)
    if not options.wait:
        _print_run(run, options)
        return 0
    NOTES.print(f"Run {run['id']} is {run['state']}.", highlight=False)
    return _wait(client, int(run["id"]), options)


def plan(client: Client, options: argparse.Namespace) -> int:
    """The ways to search a range; the first is recommended."""
    found = client.design(instrument=options.instrument, goal=dict(options.set))
    if options.as_json:
        print(output.as_json(found))
    else:
        RESULTS.print(output.proposals_table(found))
    return 0


def status(client: Client, options: argparse.Namespace) -> int:
    _print_run(client.run(options.run), options)
    return 0


def wait(client: Client, options: argparse.Namespace) -> int:
    return _wait(client, options.run, options)


def cancel(client: Client, options: argparse.Namespace) -> int:
    run = client.cancel(options.run)
    if options.wait and run["state"] not in FINAL_STATES:
        _follow(client, options.run)
        run = client.run(options.run)
    if run["state"] in FINAL_STATES:
        RESULTS.print(f"Run {options.run} is {run['state']}.", highlight=False)
    else:
        RESULTS.print(f"Run {options.run} will stop after its present shot.", highlight=False)
    return 0


def lines(client: Client, options: argparse.Namespace) -> int:
    found = client.lines(_spectrum(client, options))
    if not options.all:
        found = [line for line in found if line["status"] != "rejected"]
    _print_lines(found, options)
    return 0


def results(client: Client, options: argparse.Namespace) -> int:
    """What the run's method measured; its lines besides, in a table for people."""
    spectrum = _spectrum(client, options)
    quantities = client.quantities(spectrum)
    if options.as_json:
        print(output.as_json({"quantities": quantities, "curves": client.curves(spectrum)}))
    elif options.as_csv:
        print(output.as_csv(quantities, output.QUANTITY_FIELDS))
    else:
        if not quantities:
            NOTES.print("This run's method measures lines only, or nothing could be determined.")
        _print_quantities(quantities)
        _print_lines([line for line in client.lines(spectrum) if line["status"] != "rejected"], options)
    return 0


def export(client: Client, options: argparse.Namespace) -> int:
    spectrum = _spectrum(client, options)
    content = client.export(spectrum, options.format)
    if options.output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    path = Path(options.output or f"rasgado-run{options.run}-spectrum{spectrum}.{options.format}")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ClientError(f"{path} cannot be written: {error.strerror}.") from None
    RESULTS.print(str(path), highlight=False)
    return 0


def list_runs(client: Client, options: argparse.Namespace) -> int:
    filters = {name: getattr(options, name) for name in ("state", "instrument") if getattr(options, name)}
    runs = client.runs(limit=options.limit, **filters)
    if options.as_json:
        print(output.as_json(runs))
    elif options.as_csv:
        print(output.as_csv(runs, output.RUN_FIELDS))
    elif runs:
        RESULTS.print(output.runs_table(runs))
    else:
        NOTES.print("There are no runs.")
    return 0


def _wait(client: Client, run_id: int, options: argparse.Namespace) -> int:
    """Follow a run to its end and show its lines; 0 only if it is done."""
    _follow(client, run_id)
    run = client.run(run_id)
    if run["state"] != "done":
        reason = run.get("error_message") or ""
        raise RunEnded(f"Run {run_id} is {run['state']}. {reason}".strip())
    spectrum = client.newest_spectrum(run_id)
    found = client.lines(spectrum)
    if not (options.as_json or options.as_csv):
        _print_quantities(client.quantities(spectrum))
    _print_lines([line for line in found if line["status"] != "rejected"], options)
    return 0


class RunEnded(ClientError):
    """A run that was waited for did not become done."""


def _follow(client: Client, run_id: int) -> None:
    try:
        with output.RunProgress(NOTES, run_id) as shown:
            for event in follow(client, run_id):
                shown.show(event)
    except KeyboardInterrupt:
        raise StoppedWatching(run_id) from None


def _spectrum(client: Client, options: argparse.Namespace) -> int:
    if options.spectrum is not None:
        return int(options.spectrum)
    return client.newest_spectrum(options.run)


def _print_run(run: dict[str, Any], options: argparse.Namespace) -> None:
    if options.as_json:
        print(output.as_json(run))
        return
    text = f"Run {run['id']} is {run['state']}."
    progress = run.get("progress") or {}
    if run["state"] not in FINAL_STATES and progress.get("shots_planned"):
        text += f" {progress['message']} {progress['shots_done']} of {progress['shots_planned']} shots."
    if run.get("error_message"):
        text += f" {run['error_message']}"
    RESULTS.print(text, highlight=False, markup=False)


def _print_quantities(quantities: list[dict[str, Any]]) -> None:
    if quantities:
        RESULTS.print(output.quantities_table(quantities))


def _print_lines(found: list[dict[str, Any]], options: argparse.Namespace) -> None:
    if options.as_json:
        print(output.as_json(found))
    elif options.as_csv:
        print(output.as_csv(found, output.LINE_FIELDS))
    elif found:
        RESULTS.print(output.lines_table(found))
    else:
        NOTES.print("There are no lines.")
