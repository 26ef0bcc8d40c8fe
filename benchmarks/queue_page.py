"""The page of an instrument with 1,000 queued runs, from a real web server, against the same page with an empty queue.

Staff ask, who see every run by name. QUEUE_PAGE_REQUESTS (40) requests of each, one after the other. The value is the
95th percentile of the instrument's page on the slower of PostgreSQL and SQLite; `extra` has the runs' page and the
API's list for both. Ratios to an empty /healthz say what the server and its sessions themselves take.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass

import httpx
import numpy as np

from benchmarks.result import Result
from tools.postgres import PostgresCluster
from tools.stack import Stack

QUEUED = 1000
_WARM_UP = 3
_ROWS = f"""
from benchmarks import _queue
from webapp.accounts.models import User
from webapp.facility.models import Instrument
_queue.fill("busy", {QUEUED})
Instrument.objects.create(slug="bare", name="bare", uri="ip:127.0.0.1:1")
User.objects.create_user("bench-staff", password="bench-password", is_staff=True)
"""
ADDRESSES = {
    "page": "/instruments/busy/",
    "runs_page": "/runs/",
    "api_list": "/api/v1/runs?state=queued&instrument=busy",
    "api_list_200": "/api/v1/runs?state=queued&instrument=busy&limit=200",
    "bare": "/instruments/bare/",
    "healthz": "/healthz",
}


@dataclass(frozen=True)
class Times:
    """Milliseconds of the answers to one address."""

    median: float
    p95: float


def run() -> Result:
    requests = int(os.environ.get("QUEUE_PAGE_REQUESTS", "40"))
    sqlite = measure("", requests)
    with PostgresCluster() as cluster:
        postgres = measure(cluster.create_database(), requests)
    slower = max((sqlite, postgres), key=lambda times: times["page"].p95)
    extra: dict[str, float | int | str] = {"queued": QUEUED, "requests": requests}
    for database, times in (("sqlite", sqlite), ("postgresql", postgres)):
        for name, one in times.items():
            extra[f"{database}_{name}_p95_ms"] = round(one.p95, 1)
    extra["over_healthz"] = round(slower["page"].p95 / slower["healthz"].p95, 1)
    value = slower["page"].p95
    return Result("queue_page", value, "ms", "the page with an empty queue", value / slower["bare"].p95, extra)


def measure(database_url: str, requests: int) -> dict[str, Times]:
    """How long each address takes on this database (empty: SQLite), the addresses in turn."""
    stack = Stack(database_url=database_url)
    try:
        stack.prepare()
        stack.start("redis", "web")
        stack.manage("shell", "-c", _ROWS)
        with httpx.Client(base_url=stack.url, timeout=60) as http:
            _log_in(http)
            taken_s: dict[str, list[float]] = {name: [] for name in ADDRESSES}
            for turn in range(_WARM_UP + requests):
                for name, address in ADDRESSES.items():
                    elapsed_s = _ask(http, name, address)
                    if turn >= _WARM_UP:
                        taken_s[name].append(elapsed_s)
    finally:
        stack.close()
    return {
        name: Times(1e3 * float(np.median(times)), 1e3 * float(np.percentile(times, 95)))
        for name, times in taken_s.items()
    }


def _log_in(http: httpx.Client) -> None:
    form = http.get("/accounts/login/").text
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    if found is None:
        raise RuntimeError("The log-in form has no token.")
    fields = {"username": "bench-staff", "password": "bench-password", "csrfmiddlewaretoken": found[1]}
    answer = http.post("/accounts/login/", data=fields, headers={"Referer": str(http.base_url)})
    if answer.status_code != 302:
        raise RuntimeError(f"Logging in was answered with {answer.status_code}.")


def _ask(http: httpx.Client, name: str, address: str) -> float:
    start_s = time.perf_counter()
    answer = http.get(address)
    elapsed_s = time.perf_counter() - start_s
    if answer.status_code != 200 or (name == "page" and "Bench run" not in answer.text):
        raise RuntimeError(f"{address} was answered with {answer.status_code}.")
    return elapsed_s
