"""The way from the button to the guard: one key in Redis for each stopped instrument, and one for the guard's answer.

The guard asks for the key itself (sdr.stop_signal), so it is heard whatever workers and task queues are doing.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

import redis
from django.conf import settings

log = logging.getLogger(__name__)

#: a button must not hang because Redis does
_WITHIN_S = 1.0


def key(slug: str) -> str:
    """Where the stop of an instrument is announced."""
    return f"rasgado:stop:{slug}"


def answer_key(slug: str) -> str:
    """Where the guard of an instrument says what it did."""
    return f"rasgado:stop-answer:{slug}"


def announce(tokens: dict[str, str]) -> bool:
    """Tell the guards of these instruments, {slug: token}; False if Redis did not take it."""
    try:
        return bool(_redis().mset({key(slug): token for slug, token in tokens.items()}))
    except (redis.RedisError, OSError) as error:
        log.error("The emergency stop of %s could not be announced: %s", ", ".join(tokens), error)
        return False


def withdraw(slugs: list[str]) -> bool:
    """The stops of these instruments are over; False if Redis did not take it, and a sweep must repeat it."""
    try:
        _redis().delete(*[name(slug) for slug in slugs for name in (key, answer_key)])
    except (redis.RedisError, OSError) as error:
        log.warning("The release of %s could not be announced: %s", ", ".join(slugs), error)
        return False
    return True


def answer(slug: str) -> dict[str, Any]:
    """What the guard said last; empty if nothing, or if Redis cannot be asked."""
    try:
        text = _redis().get(answer_key(slug))
    except (redis.RedisError, OSError):
        return {}
    try:
        said = json.loads(text) if text else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_WITHIN_S, socket_connect_timeout=_WITHIN_S)
