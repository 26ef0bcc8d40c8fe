"""What happens to a run, as rows in order, with a nudge on Redis for those who watch."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from webapp.notifications import run_notices
from webapp.runs.models import Run, RunEvent

log = logging.getLogger(__name__)


def channel(run_id: int) -> str:
    """The Redis channel on which a new event of this run is announced."""
    return f"run:{run_id}"


def record(run_id: int, kind: str, payload: dict[str, Any] | None = None) -> RunEvent:
    """Write an event and, once committed, wake the watchers. Without Redis they find the row by polling.

    The run's row is locked, so that events of one run become visible in the order of their ids: a watcher that asks
    for what came after an id misses nothing.
    """
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).filter(pk=run_id).values_list("pk", flat=True).first()
        event = RunEvent.objects.create(run_id=run_id, kind=kind, payload=payload or {})
        run_notices.happened(event)
        transaction.on_commit(lambda: _announce(run_id, event.pk))
    return event


def _announce(run_id: int, event_id: int) -> None:
    try:
        _redis().publish(channel(run_id), str(event_id))
    except (redis.RedisError, OSError) as error:
        log.debug("Event %s of run %s was not announced: %s", event_id, run_id, error)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=1.0)
