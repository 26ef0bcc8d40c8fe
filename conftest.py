"""Fixtures for all tests: whole stacks of real processes, and a private PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from tools.postgres import PostgresCluster
from tools.stack import Stack


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashing a password takes long on purpose; tests that make users need not wait for it."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole facility, shared by all tests of this process: do not kill its members, use `make_stack` for that."""
    with Stack() as running:
        yield running


@pytest.fixture
def make_stack() -> Iterator[Callable[..., Stack]]:
    """Makes a running `Stack(**arguments)` of the test's own; closed after the test."""
    made: list[Stack] = []

    def make(**arguments: Any) -> Stack:
        one = Stack(**arguments)
        made.append(one)
        return one.__enter__()

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A private PostgreSQL cluster; `postgres.create_database()` gives the URL of a new, empty database."""
    with PostgresCluster() as cluster:
        yield cluster
