"""The environment of the tests, set before Django reads its settings: nothing of the machine's own is touched.

Loaded by `-p tests.environment` (pyproject.toml), once per pytest process, so once per pytest-xdist worker.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tools.processes import SupervisedProcess, free_port
from tools.redis_server import redis_server

_DATA_DIR = Path(tempfile.mkdtemp(prefix="rasgado-tests-"))
_REDIS_PORT = free_port()

os.environ.update(
    {
        "RASGADO_DATA_DIR": str(_DATA_DIR),
        "REDIS_URL": f"redis://127.0.0.1:{_REDIS_PORT}/0",
        # `python -m tools.postgres` gives one; a developer's own DATABASE_URL must never be tested on
        "DATABASE_URL": os.environ.get("RASGADO_TEST_DATABASE_URL", ""),
        "RASGADO_SECRET_KEY": "only-for-tests",
        "RASGADO_STORAGE": "local",
        # pytest-xdist uses the cores already; read when numpy is first imported
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
)

_redis: SupervisedProcess | None = None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Every process that runs tests has a real Redis of its own; the one that only hands out tests needs none."""
    global _redis
    if getattr(session.config.option, "numprocesses", None):
        return
    _redis = redis_server(_REDIS_PORT, log=_DATA_DIR / "redis.log", environment=os.environ, cwd=_DATA_DIR)
    _redis.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _redis is not None:
        _redis.stop()
    shutil.rmtree(_DATA_DIR, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database only what depends on it is run again."""
    if not os.environ["DATABASE_URL"]:
        return
    uses = {"db", "transactional_db", "django_db_serialized_rollback"}
    kept = [
        item
        for item in items
        if uses & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db")
        if not item.get_closest_marker("one_database")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept
