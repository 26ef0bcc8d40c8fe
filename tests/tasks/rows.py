"""The rows of a running stack, read past everything of ours: plain SQL on a connection of its own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg

from tools.stack import Stack

ACTIVE = ("claimed", "acquiring")
FINAL = ("done", "failed", "cancelled", "interrupted")


class Rows:
    """Answers of the stack's database; times are seconds of the Unix epoch. SQLite and PostgreSQL."""

    def __init__(self, stack: Stack) -> None:
        url = stack.environment["DATABASE_URL"]
        path = stack.data_dir / "rasgado.sqlite3"
        self.on_postgres = url.startswith("postgres")
        self._connect: Callable[[], Any] = (
            (lambda: psycopg.connect(url, autocommit=True))
            if self.on_postgres
            else (lambda: sqlite3.connect(path, timeout=20, isolation_level=None))
        )

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows that a query finds; `?` stands for a value."""
        with closing(self._connect()) as connection:
            found = connection.execute(query.replace("?", "%s") if self.on_postgres else query, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def json(self, value: Any) -> Any:
        """A JSON column, which SQLite gives as text."""
        return json.loads(value) if isinstance(value, str) else value

    def runs(self) -> list[dict[str, Any]]:
        """All runs in the order of their ids."""
        columns = "id, state, idempotency_key, fence, lease_expires_at, claimed_at, acquired_at, error_code, worker"
        runs = self.ask(f"SELECT {columns} FROM runs_run ORDER BY id")
        for run in runs:
            for name in ("lease_expires_at", "claimed_at", "acquired_at"):
                run[name] = _unix_s(run[name])
        return runs

    def active(self) -> dict[str, Any] | None:
        """The run that has the instrument."""
        return next((run for run in self.runs() if run["state"] in ACTIVE), None)

    def instrument(self) -> dict[str, Any]:
        return self.ask("SELECT status, status_message, fence FROM facility_instrument WHERE slug = 'demo'")[0]

    def open_jobs(self) -> set[int]:
        """Spectra that are to be made, or are being made."""
        return {row["id"] for row in self.ask("SELECT id FROM spectra_spectrum WHERE state IN ('queued','processing')")}

    def processing(self) -> bool:
        """Whether a worker makes a spectrum."""
        return bool(self.ask("SELECT id FROM spectra_spectrum WHERE state = 'processing'"))

    def drop_connections(self) -> None:
        """End every other connection to the PostgreSQL database, as a restart of its server would."""
        self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def writable(self) -> bool:
        """Whether nobody holds the SQLite file's one lock for writing; PostgreSQL ends sessions that sleep on locks."""
        if self.on_postgres:
            return True
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA busy_timeout = 300")
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.execute("ROLLBACK")
            return True

    def exclusive(self) -> Any:
        """A connection that keeps everybody else from writing to the SQLite file until it is closed."""
        connection = self._connect()
        connection.execute("BEGIN EXCLUSIVE")
        return connection


def _unix_s(value: str | datetime | None) -> float | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
