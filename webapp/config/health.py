"""Is the service alive, and is what it depends on there?"""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"


def _redis() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    except redis.RedisError as error:
        return f"unreachable ({type(error).__name__})"
    finally:
        client.close()
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return f"unknown ({type(error).__name__})"
    return f"{len(missing)} not applied" if missing else "ok"


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; Redis is reported, and its loss only slows the service down."""
    parts = {"database": _database(), "redis": _redis()}
    return _answer(parts, healthy=parts["database"] == "ok")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 once everything is there and the database has its tables: the service can take work."""
    parts = {"database": _database(), "redis": _redis(), "migrations": _migrations()}
    return _answer(parts, healthy=all(state == "ok" for state in parts.values()))


def _answer(parts: dict[str, str], healthy: bool) -> JsonResponse:
    response = JsonResponse({"status": "ok" if healthy else "failing", **parts}, status=200 if healthy else 503)
    response["Cache-Control"] = "no-store"
    return response
