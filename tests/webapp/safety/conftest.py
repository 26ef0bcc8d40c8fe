"""The guard's side of the stop, played by hand on the tests' real Redis."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings

from webapp.safety.services import signal


@pytest.fixture
def line() -> Iterator[redis.Redis]:
    """The tests' own Redis, without any stop in it."""
    client = redis.Redis.from_url(settings.REDIS_URL)

    def clear() -> None:
        for name in client.scan_iter("rasgado:stop*"):
            client.delete(name)

    clear()
    yield client
    clear()


@pytest.fixture
def answered(line: redis.Redis) -> Callable[..., None]:
    """A guard says what it did about the stop in force."""

    def answer(slug: str, **facts: Any) -> None:
        token = line.get(signal.key(slug))
        assert token is not None
        line.set(signal.answer_key(slug), json.dumps({"stop": token.decode(), "off": True} | facts))

    return answer


@pytest.fixture
def no_redis(settings: Any) -> Iterator[None]:
    """Nobody listens where Redis should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    signal._redis.cache_clear()
    yield
    signal._redis.cache_clear()
