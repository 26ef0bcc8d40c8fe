"""Hints to workers that there may be work: lost, late or doubled ones change nothing, and the sweep repeats them."""

from __future__ import annotations

import logging
from functools import cache

from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LOOK_AT_INSTRUMENT = "tasks.instrument.look"
PROCESS_SPECTRUM = "tasks.processing.process"
SEND_MAIL = "tasks.mail.send"
NEXT_DRY_RUN = "tasks.dry_run.do_next"
SCAN_RADIOS = "tasks.radios.scan"
#: who looks for radios does not wait longer for a worker that is measuring
SCAN_EXPIRES_S = 600.0

_FAILURES = (KombuError, RedisError, OSError)


def instrument(slug: str) -> None:
    """Once the transaction is committed, tell the worker of an instrument to look at its queue."""
    transaction.on_commit(lambda: _send(LOOK_AT_INSTRUMENT, [slug], f"instrument.{slug}"))


def processing(spectrum_id: int) -> None:
    """Once the transaction is committed, tell the processing workers that a spectrum waits."""
    transaction.on_commit(lambda: _send(PROCESS_SPECTRUM, [spectrum_id], "processing"))


def mail() -> None:
    """Once the transaction is committed, tell a worker that e-mail waits to be sent."""
    transaction.on_commit(lambda: _send(SEND_MAIL, [], "control"))


def dry_runs() -> None:
    """Once the transaction is committed, tell the processing workers that a dry run waits."""
    transaction.on_commit(lambda: _send(NEXT_DRY_RUN, [], "processing"))


def scan(slug: str, scan_id: int) -> None:
    """Once the transaction is committed, ask an instrument's worker to look for radios; nothing repeats this."""
    transaction.on_commit(lambda: _send(SCAN_RADIOS, [scan_id], f"instrument.{slug}", expires_s=SCAN_EXPIRES_S))


@cache
def _sender() -> Celery:
    app = Celery("webapp", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


def _send(task: str, args: list[object], queue: str, expires_s: float | None = None) -> None:
    # A hint that waits longer than some sweeps has been repeated meanwhile; expiry keeps the broker's lists short
    # while an instrument is busy for hours.
    expires_s = expires_s or 5 * settings.RASGADO_SWEEP_S
    try:
        _sender().send_task(task, args=args, queue=queue, expires=expires_s, ignore_result=True, retry=False)
    except _FAILURES as error:
        log.warning("Hint %s %s was not sent (%s); the sweep will repeat it.", task, args, error)
