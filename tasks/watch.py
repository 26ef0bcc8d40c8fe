"""Keeps the lease while a shot is being played, and says when to stop and why."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from celery.worker import state as worker_state
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from tasks.heartbeat import kept_alive
from webapp.runs.queue import ownership
from webapp.runs.queue.lease import lease_s
from webapp.runs.queue.ownership import Claim, LeaseLost

log = logging.getLogger(__name__)

_POLL_S = 0.3


class StopReason(StrEnum):
    CANCEL = "cancel"
    LEASE_LOST = "lease_lost"
    SHUTDOWN = "shutdown"
    PAUSED_TOO_LONG = "paused_too_long"
    EMERGENCY = "emergency"


class Watch:
    """Polled by the driver between buffers: renews the lease and sees cancellation, a lost lease and shutdown."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._renewed_at_s = self._polled_at_s = time.monotonic()
        self._pause_wanted = False
        self.reason: StopReason | None = None

    def should_stop(self) -> bool:
        """Whether to stop now; `reason` says why. Once True it stays True."""
        if self.reason is None:
            self.reason = self._look()
        return self.reason is not None

    def ask_to_tune(self, text: str) -> None:
        """Ask people to tune the probe: the run pauses until somebody resumes it, or as long as a pause may last."""
        ownership.pause_for(self._claim, text)
        self._pause_wanted = True

    def wait_while_paused(self) -> bool:
        """Between two shots, while the transmitter is off: wait as long as a pause is wanted; returns `should_stop`."""
        if self.should_stop() or not self._pause_wanted:
            return self.should_stop()
        since = timezone.now()
        ownership.paused(self._claim, since)
        while not self.should_stop() and self._pause_wanted:
            if (timezone.now() - since).total_seconds() > settings.RASGADO_PAUSE_MAX_S:
                self.reason = StopReason.PAUSED_TOO_LONG
                break
            time.sleep(_POLL_S)
        if self.reason is not StopReason.LEASE_LOST:
            ownership.paused(self._claim, None)
        return self.should_stop()

    @contextmanager
    def busy_elsewhere(self) -> Iterator[None]:
        """For work during which nothing is transmitted and nobody polls: the lease is renewed from a thread.

        Raises LeaseLost at the end if the run has gone to somebody else meanwhile.
        """
        with kept_alive(lambda: ownership.renew(self._claim)):
            yield
        ownership.renew(self._claim)
        self._renewed_at_s = time.monotonic()

    def _look(self) -> StopReason | None:
        now_s = time.monotonic()
        # After a freeze nobody knows what happened meanwhile: an overdue lease counts as lost without asking.
        if now_s - self._renewed_at_s > lease_s():
            return StopReason.LEASE_LOST
        if worker_state.should_stop is not None or worker_state.should_terminate is not None:
            return StopReason.SHUTDOWN
        if now_s - self._polled_at_s < _POLL_S:
            return None
        self._polled_at_s = now_s
        try:
            wishes = ownership.renew(self._claim)
        except LeaseLost:
            return StopReason.LEASE_LOST
        except DatabaseError as error:
            # The database may come back before the lease ends; until then the measurement goes on.
            log.warning("The lease of run %s could not be renewed: %s", self._claim.run_id, error)
            connection.close()
            return None
        self._renewed_at_s = now_s
        self._pause_wanted = wishes.pause
        if wishes.stop:
            return StopReason.EMERGENCY
        return StopReason.CANCEL if wishes.cancel else None
