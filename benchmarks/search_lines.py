"""Searching 2e7 measured lines of 1e6 spectra on PostgreSQL: nearest to a frequency, and five lines at once.

The rows are made by the database itself: 20 groups, lines anywhere from 0.4 to 60 MHz, 336 of them in every kilohertz.
The searches are those of page and API, by a member of two of the groups and by staff (who see all), warm.
SEARCH_SPECTRA makes it smaller. Against: a bare `SELECT 1` of the same connection.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import numpy as np

from benchmarks import _spectra
from benchmarks.result import Result
from tools.postgres import PostgresCluster

SPECTRA = int(os.environ.get("SEARCH_SPECTRA", "1000000"))
LINES_EACH = 20
GROUPS = 20
ROUNDS = 60
LOW_HZ, HIGH_HZ = 0.4e6, 60e6


def run() -> Result:
    with PostgresCluster() as cluster:
        os.environ |= {"DATABASE_URL": cluster.create_database(), "DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        start_s = time.perf_counter()
        _spectra.fill(SPECTRA, GROUPS, LINES_EACH, (LOW_HZ, HIGH_HZ))
        filled_s = time.perf_counter() - start_s
        member, staff = _users()
        known_hz = _lines_of_one()
        if _found_first(staff, known_hz) != known_hz:
            raise RuntimeError("The spectrum whose lines were asked for does not come first.")
        measured = {
            "nearest_p95_ms": _p95_ms(lambda rng: _nearest(member, rng)),
            "nearest_staff_p95_ms": _p95_ms(lambda rng: _nearest(staff, rng)),
            "five_peaks_p95_ms": _p95_ms(lambda rng: _five(member, rng)),
            "five_peaks_staff_p95_ms": _p95_ms(lambda rng: _five(staff, rng)),
        }
        bare_ms = _p95_ms(lambda rng: _bare())
    worst_ms = max(measured["five_peaks_p95_ms"], measured["five_peaks_staff_p95_ms"])
    extra: dict[str, float | int | str] = {name: round(value, 2) for name, value in measured.items()}
    extra |= {"lines": SPECTRA * LINES_EACH, "spectra": SPECTRA, "filled_s": round(filled_s)}
    return Result("search_lines", worst_ms, "ms, five peaks, p95", "SELECT 1", worst_ms / bare_ms, extra)


def _users() -> tuple[object, object]:
    from webapp.accounts.models import Group, Membership, User

    member = User.objects.create(username="member")
    for group in Group.objects.order_by("pk")[:2]:
        Membership.objects.create(user=member, group=group)
    return member, User.objects.create(username="staff", is_staff=True)


def _lines_of_one() -> list[float]:
    from webapp.library.models import Peak

    spectrum = Peak.objects.values_list("spectrum", flat=True).latest("pk")
    return sorted(Peak.objects.filter(spectrum=spectrum).values_list("frequency_hz", flat=True)[:5])


def _found_first(user: object, peaks_hz: list[float]) -> list[float]:
    """The lines of the first match that belong to these peaks."""
    from webapp.library.services import measured
    from webapp.library.services.wanted import check

    best = measured.find(user, check({"peaks_hz": peaks_hz}), 1)[0]  # type: ignore[arg-type]
    return [pair.line_hz for pair in best.comparison.matched] if best.comparison else []


def _p95_ms(search: Callable[[random.Random], None]) -> float:
    rng = random.Random(1)
    for _ in range(ROUNDS):  # what is read once is warm
        search(rng)
    taken = []
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        search(rng)
        taken.append(1e3 * (time.perf_counter() - start_s))
    return float(np.percentile(taken, 95))


def _nearest(user: object, rng: random.Random) -> None:
    from webapp.library.services import measured

    measured.nearest(user, rng.uniform(LOW_HZ, HIGH_HZ), 500.0, 50)  # type: ignore[arg-type]


def _five(user: object, rng: random.Random) -> None:
    from webapp.library.services import measured
    from webapp.library.services.wanted import check

    peaks = [rng.uniform(LOW_HZ, HIGH_HZ) for _ in range(5)]
    measured.find(user, check({"peaks_hz": peaks}), 50)  # type: ignore[arg-type]


def _bare() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()
