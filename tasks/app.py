"""The Celery application, its schedule, and what a worker does when it starts."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings")
os.environ.setdefault("RASGADO_DATABASE_BRISK", "1")  # a worker that freezes in a transaction must lose its locks

from django.conf import settings

app = Celery("tasks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.include = [
    "tasks.instrument",
    "tasks.radios",
    "tasks.processing",
    "tasks.sweep",
    "tasks.mail",
    "tasks.dry_run",
]
app.conf.beat_schedule = {
    "sweep": {
        "task": "tasks.sweep.sweep",
        "schedule": settings.RASGADO_SWEEP_S,
        # A sweep that waited longer than a few periods would only repeat a newer one.
        "options": {"queue": "control", "expires": 5 * settings.RASGADO_SWEEP_S},
    }
}


@worker_ready.connect
def look_at_own_queues(sender: Any, **_: Any) -> None:
    """A worker that starts looks at once, instead of waiting for the next sweep."""
    for queue in sender.task_consumer.queues:
        kind, _dot, slug = queue.name.partition(".")
        if kind == "instrument" and slug:
            app.send_task("tasks.instrument.look", args=[slug], queue=queue.name, ignore_result=True)
