"""Health and readiness."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from webapp.config import health


def test_all_is_well(db: None) -> None:
    assert Client().get("/healthz").json() == {"status": "ok", "database": "ok", "redis": "ok"}
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["migrations"]) == (200, "ok")


def test_without_redis_the_site_lives_but_takes_no_work(db: None, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    alive = Client().get("/healthz")
    assert (alive.status_code, alive.json()["redis"]) == (200, "unreachable (ConnectionError)")
    assert Client().get("/readyz").status_code == 503


def test_without_a_database_it_is_dead(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def cursor(self) -> None:
            raise DatabaseError

    monkeypatch.setattr(health, "connection", Broken())
    dead = Client().get("/healthz")
    assert dead.status_code == 503
    assert dead.json()["database"].startswith("unreachable")
