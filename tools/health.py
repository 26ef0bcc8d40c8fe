"""Health checks of containers that have no page to ask: `python -m tools.health worker NAME | tcp HOST PORT`."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence


def worker(name: str) -> bool:
    """Whether the Celery node `name@<this host>` lives: it answers, or it is measuring and keeps its lease.

    An instrument worker has one thread, so it cannot answer while it measures; its lease says that it is alive.
    """
    import django
    from celery import Celery

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings")
    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from webapp.runs.models import Run

    node = f"{name}@{socket.gethostname()}"
    with Celery("health", broker=settings.REDIS_URL) as app:
        if app.control.ping(destination=[node], timeout=3.0, limit=1):
            return True
    kind, _dot, slug = name.partition(".")
    if kind != "instrument":
        return False
    leased = Run.objects.filter(instrument__slug=slug, state__in=Run.ACTIVE, lease_expires_at__gt=timezone.now())
    return leased.exists()


def tcp(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=3):
            return True
    except OSError:
        return False


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["worker", name]:
            healthy = worker(name)
        case ["tcp", host, port] if port.isdecimal():
            healthy = tcp(host, int(port))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
