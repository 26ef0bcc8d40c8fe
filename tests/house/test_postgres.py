"""The private PostgreSQL cluster."""

from __future__ import annotations

import sys

import psycopg
import pytest

from tools.postgres import PostgresCluster, main

pytestmark = pytest.mark.integration


def test_databases_are_separate_and_usable(postgres: PostgresCluster) -> None:
    first, second = postgres.create_database(), postgres.create_database()
    with psycopg.connect(first.replace("postgres://", "postgresql://")) as connection:
        connection.execute("CREATE TABLE probe (k int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('probe')").fetchone() == (None,)


def test_a_command_gets_a_database_and_its_status_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os, sys; print(os.environ['RASGADO_TEST_DATABASE_URL'][:27]); sys.exit(4)"
    assert main([sys.executable, "-c", code]) == 4
    assert capfd.readouterr().out.startswith("postgres://rasgado@127.0.0.")
