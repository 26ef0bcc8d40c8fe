"""What the page of a run shows, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acquisition import methods
from acquisition.methods.parameters import describe
from webapp.accounts.models import User
from webapp.assignments.services import with_labels
from webapp.home.parameter_fields import NamedValue, named
from webapp.runs import partial, services
from webapp.runs.models import Run, RunEvent, RunSeries
from webapp.runs.services import series
from webapp.spectra import results_shown
from webapp.spectra.models import SpectralLine, Spectrum

#: events shown; the rest is in the API
EVENTS_SHOWN = 200
#: kinds that would fill the log without telling more than the progress bar
_QUIET = ("progress", "lines")


@dataclass(frozen=True)
class LogEntry:
    """An event as a sentence."""

    at: datetime
    kind: str
    text: str


def run_context(user: User, run: Run) -> dict[str, Any]:
    """Everything that the template `runs/detail.html` needs."""
    versions = list(run.spectra.order_by("-version"))
    newest = next((version for version in versions if version.state == Spectrum.State.DONE), None)
    live = run.state in (Run.State.CLAIMED, Run.State.ACQUIRING, Run.State.PROCESSING)
    return {
        "run": run,
        "versions": versions,
        "newest": newest,
        "lines": with_labels(run.sample, _lines(run, newest)),
        "log": _log(run),
        "estimate": services.queue_estimates([run]).get(run.pk),
        "captures": list(run.captures.all()),
        "has_shots": run.events.filter(kind="shot").exists(),
        "is_final": run.state in Run.FINAL,
        "is_live": live,
        "may_cancel": run.state not in Run.FINAL and services.may_control(user, run),
        "is_staff": user.is_staff,
        "may_requeue": run.state in (Run.State.FAILED, Run.State.CANCELLED, Run.State.INTERRUPTED),
        "parameters": named_parameters(run.method, run.parameters),
        **_curves(run, newest),
        "last_event_id": run.events.order_by("-id").values_list("id", flat=True).first() or 0,
    }


def method_title(method: str) -> str:
    """What people call a method; one that is no longer installed has its name."""
    known = methods.methods().get(method)
    return known.title if known else method


def named_parameters(method: str, values: dict[str, Any]) -> list[NamedValue]:
    """The run's parameters as label and quantity; a method that is no longer installed leaves their names."""
    known = methods.methods().get(method)
    return named(describe(known.parameters) if known else (), values)


def label_of(method: str, parameter: str) -> str:
    """What people call a parameter that a series varies."""
    if parameter == series.TEMPERATURE:
        return "Temperature"
    known = methods.methods().get(method)
    infos = describe(known.parameters) if known else ()
    return next((info.label for info in infos if info.name == parameter), parameter)


def series_value(of: RunSeries, run: Run) -> str:
    """The value that this run of a series has, with its unit; its number where nothing varies."""
    if not of.varied:
        return f"no. {(run.series_index or 0) + 1}"
    if of.varied == series.TEMPERATURE:
        return f"{run.temperature_k:g} K"
    shown = named_parameters(run.method, {of.varied: run.parameters.get(of.varied)})
    return shown[0].text


def newest_parameters(run: Run) -> dict[str, Any]:
    """Processing parameters of the newest version, to start from."""
    newest = run.spectra.order_by("-version").first()
    return dict(newest.parameters) if newest else {}


def _lines(run: Run, newest: Spectrum | None) -> list[SpectralLine]:
    """Lines of the finished version; until there is one, those that the experiment knows now."""
    if newest is not None:
        return list(newest.lines.all())
    event = run.events.filter(kind="lines").order_by("-id").first()
    known = event.payload.get("lines", []) if event else []
    names = {field.name for field in SpectralLine._meta.get_fields()} - {"id", "spectrum"}
    lines = [SpectralLine(**{name: value for name, value in line.items() if name in names}) for line in known]
    return sorted(lines, key=lambda line: line.frequency_hz)


def _curves(run: Run, newest: Spectrum | None) -> dict[str, Any]:
    """Curves and quantities of the finished version; until there is one, the curves as far as they are measured."""
    if newest is not None:
        return results_shown.curves_context(newest)
    return {"curves": results_shown.drawn(partial.load_curves(run.pk)), "quantities": [], "csv_of": None}


def _log(run: Run) -> list[LogEntry]:
    newest = run.events.exclude(kind__in=_QUIET).order_by("-id")[:EVENTS_SHOWN]
    return [LogEntry(event.at, event.kind, sentence(event)) for event in reversed(newest)]


def sentence(event: RunEvent) -> str:
    """What an event says to people."""
    payload = event.payload
    if event.kind == "state":
        value = payload.get("state", "")
        label = Run.State(value).label if value in Run.State.values else value
        return f"{label}: {payload['message']}" if payload.get("message") else str(label)
    if event.kind == "shot":
        purpose = payload.get("purpose") or "shot"
        return f"Shot {payload.get('index', 0) + 1}: {purpose}, {payload.get('averages', '?')} averages"
    if event.kind == "pause":
        return "Paused between two shots, transmitter off" if payload.get("paused") else "Going on"
    if event.kind == "spectrum":
        return f"Spectrum version {payload.get('version', '?')} is ready"
    if event.kind == "error":
        return str(payload.get("message", "An error without a message"))
    return str(payload.get("text", event.kind))
