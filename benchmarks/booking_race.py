"""24 clients book the same 20 slots at once through the API, on PostgreSQL and on SQLite.

Every client tries every slot, in an order of its own, against a real web server: exactly 20 bookings may be accepted.
Against: what 24 threads do to 20 slots by checking and then inserting without a lock, on the same PostgreSQL.
"""

from __future__ import annotations

import datetime
import json
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import psycopg

from benchmarks.result import Result
from tools.postgres import PostgresCluster
from tools.stack import Stack

CLIENTS, SLOTS = 24, 20

_USERS = f"""
import json
from webapp.accounts import tokens
from webapp.accounts.models import Group, Membership, User
secrets = []
for number in range({CLIENTS}):
    user = User.objects.create(username=f"racer{{number}}")
    Membership.objects.create(user=user, group=Group.objects.get(slug="demonstration"))
    secrets.append(tokens.create(user, "race").secret)
print("TOKENS", json.dumps(secrets))
"""


@dataclass(frozen=True)
class Race:
    """What became of a race: `accepted` answers of 201, `stored` rows, other answers than 201 and 400, latency."""

    accepted: int
    stored: int
    unexpected: int
    p95_s: float
    duration_s: float


def run() -> Result:
    sqlite = race("")
    with PostgresCluster() as cluster:
        url = cluster.create_database()
        postgres = race(url)
        deadlocks = _deadlocks(url)
        naive = _check_then_insert(cluster.create_database())
    for backend, outcome in (("SQLite", sqlite), ("PostgreSQL", postgres)):
        if not outcome.accepted == outcome.stored == SLOTS or outcome.unexpected:
            raise RuntimeError(f"{backend}: {outcome}")
    extra: dict[str, float | int | str] = {
        "backend": "postgresql", "clients": CLIENTS, "slots": SLOTS, "p95_s": postgres.p95_s, "deadlocks": deadlocks,
        "duration_s": postgres.duration_s, "sqlite_accepted": sqlite.accepted, "sqlite_p95_s": sqlite.p95_s,
        "sqlite_duration_s": sqlite.duration_s, "unlocked_accepted": naive,
    }  # fmt: skip
    against = "accepted by checking, then inserting without a lock"
    return Result("booking_race", postgres.accepted, "bookings", against, postgres.accepted / naive, extra)


def race(database_url: str) -> Race:
    """Run the race against a web server of its own on this database (empty: SQLite)."""
    stack = Stack(database_url=database_url)
    try:
        stack.prepare()
        stack.start("redis", "web")
        told = stack.manage("shell", "-c", _USERS).stdout
        secrets: list[str] = json.loads(next(line for line in told.splitlines() if line.startswith("TOKENS "))[7:])
        return _race(stack.url, secrets)
    finally:
        stack.close()


def _race(url: str, secrets: list[str]) -> Race:
    first = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).replace(
        minute=0, second=0, microsecond=0
    )
    hour = datetime.timedelta(hours=1)
    barrier = threading.Barrier(CLIENTS)

    def client(number: int) -> list[tuple[int, float]]:
        answers = []
        headers = {"Authorization": f"Bearer {secrets[number]}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            http.get("/api/v1/me")  # connected and, the first time, imported
            barrier.wait(timeout=60)
            for slot in random.Random(number).sample(range(SLOTS), SLOTS):
                start = first + slot * hour
                body = {"instrument": "demo", "starts_at": start.isoformat(), "ends_at": (start + hour).isoformat()}
                start_s = time.perf_counter()
                status = http.post("/api/v1/bookings", json=body).status_code
                answers.append((status, time.perf_counter() - start_s))
        return answers

    start_s = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [answer for answers in pool.map(client, range(CLIENTS)) for answer in answers]
    duration_s = time.perf_counter() - start_s
    statuses = [status for status, _latency_s in answers]
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secrets[0]}"}, timeout=60) as http:
        stored = http.get("/api/v1/bookings").json()["count"]
    return Race(
        accepted=statuses.count(201),
        stored=stored,
        unexpected=sum(status not in (201, 400) for status in statuses),
        p95_s=statistics.quantiles((latency_s for _status, latency_s in answers), n=20)[-1],
        duration_s=duration_s,
    )


def _deadlocks(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(row[0]) if row else 0


def _check_then_insert(url: str) -> int:
    """Slots that 24 threads believe to have booked when each looks first and inserts then."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE slot (number int)")
    barrier = threading.Barrier(CLIENTS)

    def client(seed: int) -> int:
        accepted = 0
        with psycopg.connect(url) as connection:
            barrier.wait(timeout=60)
            for slot in random.Random(seed).sample(range(SLOTS), SLOTS):
                with connection.transaction():
                    if connection.execute("SELECT 1 FROM slot WHERE number = %s", [slot]).fetchone() is None:
                        connection.execute("INSERT INTO slot VALUES (%s)", [slot])
                        accepted += 1
        return accepted

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS)))
