"""From an event of a run to whoever submitted it. Called by webapp.runs.events.record only."""

from __future__ import annotations

from django.urls import reverse

from webapp.accounts.models import User
from webapp.notifications.kinds import Kind
from webapp.notifications.outbox import Notice, notify
from webapp.runs.models import Run, RunEvent

State = Run.State

_ENDS = {
    State.DONE: (Kind.RUN_DONE, "Run done"),
    State.FAILED: (Kind.RUN_FAILED, "Run failed"),
    State.INTERRUPTED: (Kind.RUN_INTERRUPTED, "Run interrupted"),
}


def happened(event: RunEvent) -> None:
    """Tell who submitted the run of its end, and of what it asks them to do."""
    if event.kind == "state" and event.payload.get("state") in _ENDS:
        kind, title = _ENDS[State(event.payload["state"])]
        key = f"run:{event.run_id}:{event.payload['state']}"
        text = str(event.payload.get("message") or "")
    elif event.kind == "message" and event.payload.get("asks"):
        kind, title, key, text = Kind.RUN_WAITS, "Run waits for you", f"run-event:{event.pk}", event.payload["text"]
    else:
        return
    run = Run.objects.select_related("instrument", "sample", "submitted_by").get(pk=event.run_id)
    facts = f"Run: {run}\nSample: {run.sample}\nInstrument: {run.instrument.name}"

    def say(_user: User) -> Notice:
        path = reverse("runs:detail", args=[run.pk])
        return Notice(f"{title}: {run}, {run.sample}", "\n\n".join(part for part in (text, facts) if part), path)

    notify([run.submitted_by], kind, key, say)
