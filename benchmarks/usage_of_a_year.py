"""The accounts of a year with 100,000 runs and 10,000 bookings, against merely reading the same rows.

On PostgreSQL: `python -m tools.postgres make bench NAME=usage_of_a_year`.
"""

from __future__ import annotations

import datetime
import os
import statistics
import tempfile
import time
from collections.abc import Callable

from benchmarks.result import Result

RUNS, BOOKINGS = 100_000, 10_000
GROUPS, USERS, INSTRUMENTS = 20, 100, 4
ROUNDS = 5
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
YEAR_S = 365 * 86_400


def run() -> Result:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"RASGADO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "webapp.config.settings"}
        os.environ["DATABASE_URL"] = os.environ.get("RASGADO_TEST_DATABASE_URL", "")
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        _fill()
        ours_ms, bare_ms = _median_ms(_report), _median_ms(_bare)
        facts: dict[str, float | int | str] = {"runs": RUNS, "bookings": BOOKINGS, "database": connection.vendor}
    return Result("usage_of_a_year", ours_ms, "ms", "reading the rows with the ORM", ours_ms / bare_ms, facts)


def _fill() -> None:
    from webapp.accounts.models import Group, User
    from webapp.facility.models import Booking, Instrument
    from webapp.runs.models import CaptureRecord, Run
    from webapp.samples.models import Sample

    users = User.objects.bulk_create(User(username=f"bench{k}", is_staff=k == 0) for k in range(USERS))
    groups = Group.objects.bulk_create(Group(name=f"bench{k}", slug=f"bench{k}") for k in range(GROUPS))
    sample = Sample.objects.create(name="bench", group=groups[0], created_by=users[0])
    made = (Instrument(slug=f"b{k}", name=f"b{k}", uri="ip:127.0.0.1:1") for k in range(INSTRUMENTS))
    instruments = Instrument.objects.bulk_create(made)
    Instrument.objects.update(created_at=START)

    def moment(share: float, later_s: float = 0.0) -> datetime.datetime:
        return START + datetime.timedelta(seconds=share * YEAR_S + later_s)

    each_s = YEAR_S * INSTRUMENTS / RUNS
    runs = Run.objects.bulk_create(
        (
            Run(
                instrument=instruments[k % INSTRUMENTS], sample=sample, group=groups[k % GROUPS],
                submitted_by=users[k % USERS], method="survey", parameters={}, state=Run.State.DONE,
                claimed_at=moment(k / RUNS, 0.25), acquiring_at=moment(k / RUNS, 2),
                acquired_at=moment(k / RUNS, each_s / 2),
            )
            for k in range(RUNS)
        ), batch_size=2000,
    )  # fmt: skip
    CaptureRecord.objects.bulk_create(
        (
            CaptureRecord(
                run=run, index=0, name="x", sha256="", size_bytes=1, method="survey", centre_frequency_hz=28e6,
                sample_rate_hz=1e6, averages=2, alignment="exact", transmit_s=12.5,
            )
            for run in runs
        ), batch_size=2000,
    )  # fmt: skip
    length_s = YEAR_S * INSTRUMENTS / BOOKINGS
    Booking.objects.bulk_create(
        (
            Booking(
                instrument=instruments[k % INSTRUMENTS], group=groups[k % GROUPS], user=users[k % USERS],
                created_by=users[0], starts_at=moment(k // INSTRUMENTS * INSTRUMENTS / BOOKINGS),
                ends_at=moment(k // INSTRUMENTS * INSTRUMENTS / BOOKINGS, length_s / 2),
            )
            for k in range(BOOKINGS)
        ), batch_size=2000,
    )  # fmt: skip


def _report() -> float:
    from webapp.accounts.models import User
    from webapp.usage.periods import Month, Period
    from webapp.usage.report import report

    staff = User.objects.get(username="bench0")
    start_s = time.perf_counter()
    found = report(staff, Period(Month(2025, 1), Month(2025, 12)))
    elapsed_s = time.perf_counter() - start_s
    if abs(sum(line.used_h for line in found.lines) / sum(line.used_h for line in found.machines) - 1) > 1e-9:
        raise RuntimeError("The hours of people do not add up to those of the instruments.")
    return elapsed_s


def _bare() -> float:
    from webapp.facility.models import Booking
    from webapp.runs.models import CaptureRecord, Run

    start_s = time.perf_counter()
    for rows in (Run, Booking, CaptureRecord):
        times = {Run: ("claimed_at", "acquired_at"), Booking: ("starts_at", "ends_at"), CaptureRecord: ("transmit_s",)}
        if not list(rows.objects.order_by().values_list("pk", *times[rows])):
            raise RuntimeError("There are no rows.")
    return time.perf_counter() - start_s


def _median_ms(measure: Callable[[], float]) -> float:
    return 1e3 * statistics.median(measure() for _ in range(ROUNDS))
