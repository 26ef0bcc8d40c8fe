"""PostgreSQL itself: who sleeps in the middle of a write does not keep others from theirs."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from tools.postgres import PostgresCluster
from webapp.config import environment


@pytest.mark.integration
def test_a_session_that_sleeps_in_a_transaction_loses_its_locks(tmp_path: Path) -> None:
    with PostgresCluster() as cluster:
        url = cluster.create_database()
        options = environment.database(url, tmp_path, idle_max_s=0.3)["OPTIONS"]
        with psycopg.connect(url, autocommit=True) as other, psycopg.connect(url, **options) as frozen:
            other.execute("CREATE TABLE runs (fence integer); INSERT INTO runs VALUES (1)")
            frozen.execute("SELECT fence FROM runs FOR UPDATE")
            start_s = time.monotonic()
            other.execute("UPDATE runs SET fence = 2")
            assert 0.1 < time.monotonic() - start_s < 10
            with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
                frozen.execute("UPDATE runs SET fence = 1")
            assert other.execute("SELECT fence FROM runs").fetchall() == [(2,)]
