"""How runs and lines are shown: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from rasgado.follow import Event

LINE_FIELDS = (
    "frequency_hz", "frequency_sigma_hz", "fwhm_hz", "fwhm_sigma_hz", "amplitude", "amplitude_sigma", "snr",
    "unfolding_confidence", "status", "reason",
)  # fmt: skip
QUANTITY_FIELDS = ("name", "value", "sigma", "unit", "symbol", "note")
RUN_FIELDS = ("id", "state", "instrument", "sample_name", "method", "title", "created_at")


def quantity(value: float | None, sigma: float | None, unit: str, scale: float = 1.0) -> str:
    """`value ± sigma` with as many digits as the uncertainty allows; SI values, shown as `value / scale` unit."""
    if value is None or not math.isfinite(value):
        return "–"
    if sigma is None or not math.isfinite(sigma) or sigma <= 0:
        return f"{value / scale:.6g} {unit}".strip()
    digits = max(0, 1 - math.floor(math.log10(sigma / scale)))
    return f"{value / scale:.{digits}f} ± {sigma / scale:.{digits}f} {unit}".strip()


def describe_line(line: dict[str, Any]) -> str:
    """One line of a spectrum in one line of text."""
    frequency = quantity(line["frequency_hz"], line.get("frequency_sigma_hz"), "MHz", 1e6)
    return f"{frequency}, width {quantity(line['fwhm_hz'], line.get('fwhm_sigma_hz'), 'Hz')}, SNR {line['snr']:.1f}"


def lines_table(lines: Sequence[dict[str, Any]]) -> Table:
    table = Table("Frequency", "Width (FWHM)", "Amplitude", "SNR", "Tooth", "Status", box=None, header_style="bold")
    for column in table.columns[:5]:
        column.justify = "right"
        column.no_wrap = True
    for line in lines:
        status = f"{line['status']} ({line['reason']})" if line.get("reason") else line["status"]
        table.add_row(
            quantity(line["frequency_hz"], line.get("frequency_sigma_hz"), "MHz", 1e6),
            quantity(line["fwhm_hz"], line.get("fwhm_sigma_hz"), "Hz"),
            quantity(line["amplitude"], line.get("amplitude_sigma"), ""),
            f"{line['snr']:.1f}",
            f"{line['unfolding_confidence']:.0%}",
            status,
        )
    return table


def quantities_table(quantities: Sequence[dict[str, Any]]) -> Table:
    table = Table("Quantity", "Value", "Note", box=None, header_style="bold")
    table.columns[1].justify = "right"
    table.columns[1].no_wrap = True
    for one in quantities:
        unit = one.get("display_unit") or one.get("unit") or ""
        value = quantity(one["value"], one.get("sigma"), unit, one.get("scale") or 1.0)
        table.add_row(one["symbol"], value, one.get("note") or "")
    return table


def runs_table(runs: Sequence[dict[str, Any]]) -> Table:
    table = Table("Run", "State", "Instrument", "Sample", "Method", "Submitted", "Title", box=None, header_style="bold")
    for run in runs:
        submitted = str(run["created_at"]).replace("T", " ")[:16]
        table.add_row(
            str(run["id"]), run["state"], run["instrument"], run["sample_name"], run["method"], submitted, run["title"]
        )  # fmt: skip
    return table


def proposals_table(comparison: dict[str, Any]) -> Table:
    """The ways to search, the fastest first."""
    table = Table("Way", "Time / s", "Over the bound", "Windows", "Averages", "Repetition / ms", "Flip / °",
                  box=None, header_style="bold")  # fmt: skip
    for one in comparison["proposals"]:
        table.add_row(
            one["name"], f"{one['duration_s']:.3g}", f"{one['over_bound']:.3g}", str(one["windows"]),
            str(one["averages"]), f"{1e3 * one['repetition_time_s']:.4g}", f"{one['flip_deg']:.2g}",
        )  # fmt: skip
    return table


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_csv(rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


class RunProgress:
    """Shows the events of one run: a bar on a terminal, a line per change elsewhere."""

    def __init__(self, console: Console, run_id: int) -> None:
        self._console = console
        self._run_id = run_id
        self._said = ""
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f} shots"),
            TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task: TaskID = self._bar.add_task(f"Run {run_id}", total=1)

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        if event.kind == "progress":
            self._bar.update(
                self._task,
                description=str(event.payload.get("message", "")),
                completed=float(event.payload.get("shots_done") or 0),
                total=float(event.payload.get("shots_planned") or 1),
            )
            if not self._console.is_terminal:
                self._say(str(event.payload.get("message", "")))
        elif event.kind == "state":
            self._say(f"Run {self._run_id} is {event.payload.get('state')}.")
        elif event.kind == "error":
            self._say(str(event.payload.get("message", "")))

    def _say(self, text: str) -> None:
        if text and text != self._said:
            self._said = text
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
