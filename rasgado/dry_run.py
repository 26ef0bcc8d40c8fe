"""`rasgado dry-run`: a planned run tried on a simulated copy of the instrument."""

from __future__ import annotations

import argparse
import time
from typing import Any

from rich.table import Table

from rasgado import output, values
from rasgado.client import Client, Json
from rasgado.commands import NOTES, RESULTS, RunEnded
from rasgado.errors import FieldFault, Refused

_POLL_S = 1.0
_OUTCOMES = {"confirmed": "confirmed", "moved": "confirmed, on another tooth", "candidate": "seen, not confirmed"}


def dry_run(client: Client, options: argparse.Namespace) -> int:
    """Start it, wait for its end unless told not to, and show what the run would give."""
    given: Json = dict(options.json or {})
    for name in ("instrument", "sample", "method", "title"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name)
    missing = [name for name in ("instrument", "method") if given.get(name) in (None, "")]
    if missing:
        raise Refused(400, "", [FieldFault(name, f"is required: --{name} or a field of --json.") for name in missing])
    sample = given.get("sample")
    made = client.dry_run(
        instrument=str(given["instrument"]),
        method=str(given["method"]),
        parameters=values.merged(given.get("parameters", {}), options.set or ()),
        lines=options.line or [],
        sample=None if sample in (None, "") else client.sample(str(sample))["id"],
        strongest=options.strongest,
        title=str(given.get("title") or ""),
    )
    if options.no_wait:
        RESULTS.print(f"Dry run {made['id']} is {made['state']}.", highlight=False)
        return 0
    return _show(_ended(client, int(made["id"])), options)


def _ended(client: Client, number: int) -> Json:
    """The dry run when it has ended; Ctrl-C cancels it, as it is of no use to anybody else."""
    said = ""
    try:
        while (found := client.dry_run_of(number))["state"] in ("queued", "running"):
            text = str(found["progress"].get("message") or "")
            if text and text != said:
                said = text
                NOTES.print(text, highlight=False, markup=False)
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        client.cancel_dry_run(number)
        raise
    return found


def _show(found: Json, options: argparse.Namespace) -> int:
    if options.as_json:
        print(output.as_json(found))
    if found["state"] != "done":
        raise RunEnded(f"Dry run {found['id']} is {found['state']}. {found['error_message']}".strip())
    if not options.as_json:
        result = found["result"]
        text = f"Simulated, nothing was measured. Instrument time {found['plan']['duration_s']:.3g} s"
        text += f" as planned, {result['instrument_s']:.3g} s here, {result['shots']} shots."
        if not result["complete"]:
            text += " It was stopped by its time limit; the run would go on."
        RESULTS.print(text, highlight=False, markup=False)
        if result["quantities"]:
            RESULTS.print(output.quantities_table(result["quantities"]))
        RESULTS.print(expectations_table(result))
    return 0


def expectations_table(result: dict[str, Any]) -> Table:
    """The guessed lines with what would be found of them, then what was found besides."""
    table = Table("Guessed", "Outcome", "SNR", "Found at", box=None, header_style="bold")
    for expected in result["expected"]:
        line = None if expected["found"] is None else result["lines"][expected["found"]]
        table.add_row(f"{expected['frequency_hz'] / 1e6:.6g} MHz", *_columns(line))
    for line in result["lines"]:
        if line["of_guess"] is None and line["status"] in ("confirmed", "moved"):
            table.add_row("–", *_columns(line))
    return table


def _columns(line: dict[str, Any] | None) -> tuple[str, str, str]:
    if line is None:
        return "not found", "–", "–"
    outcome = _OUTCOMES.get(line["status"], f"{line['status']} ({line['reason']})")
    return outcome, f"{line['snr']:.1f}", output.quantity(line["frequency_hz"], line["frequency_sigma_hz"], "MHz", 1e6)
