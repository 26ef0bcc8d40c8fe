"""Keeps a lease alive from a thread while the calling thread computes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from webapp.runs.queue.lease import lease_s
from webapp.runs.queue.ownership import LeaseLost

log = logging.getLogger(__name__)


@contextmanager
def kept_alive(renew: Callable[[], object]) -> Iterator[None]:
    """Call `renew` three times per lease for as long as the body runs.

    A lease that is lost meanwhile is noticed by the body's own fenced writes, so it only ends the renewing here.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(lease_s() / 3):
            try:
                renew()
            except LeaseLost:
                return
            except DatabaseError as error:
                log.warning("A lease could not be renewed: %s", error)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
