"""Waking those who watch runs: one Redis subscription per process for all of them."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_PATTERN = "run:*"
_RETRY_S = 1.0
#: how soon the listener notices that nobody watches any more
_LOOK_UP_S = 0.5


class Hub:
    """Listens while anybody watches. `connected` is False while Redis is away: then watchers must look themselves."""

    def __init__(self) -> None:
        self.connected = False
        self._watchers: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, run_id: int) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever something happens to the run, or may have while Redis was away."""
        woken = asyncio.Event()
        self._watchers[run_id].add(woken)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name="run-events")
        try:
            yield woken
        finally:
            self._watchers[run_id].discard(woken)
            if not self._watchers[run_id]:
                del self._watchers[run_id]

    async def _listen(self) -> None:
        """Listen until nobody watches any more. Never cancelled: redis-py loses a cancellation while it connects."""
        try:
            while self._watchers:
                try:
                    await self._read()
                except (RedisError, OSError) as error:
                    log.debug("Redis is away, events are polled: %s", error)
                    self.connected = False
                    await asyncio.sleep(_RETRY_S)
        finally:
            self.connected = False
            self._listener = None

    async def _read(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2.0, health_check_interval=10)
        async with client, client.pubsub() as subscription:
            await subscription.psubscribe(_PATTERN)
            while self._watchers:
                message = await subscription.get_message(timeout=_LOOK_UP_S)
                if message is None:
                    continue
                if message["type"] == "psubscribe":
                    self.connected = True
                    self._wake_all()  # what was announced before must be looked up
                elif message["type"] == "pmessage":
                    self._wake(message["channel"])

    def _wake(self, channel: bytes) -> None:
        number = channel.rpartition(b":")[2]
        for woken in self._watchers.get(int(number), ()) if number.isdigit() else ():
            woken.set()

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for woken in watchers:
                woken.set()


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
