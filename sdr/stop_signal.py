"""The emergency stop as the guard hears it: a key in Redis that is there for as long as the stop is in force.

The guard asks for the key itself, ten times a second and from a thread of its own. So a stop needs neither the worker,
nor its task queue, nor the database, and a Redis that hangs does not hold up what else the guard does. What the guard
did is answered under a second key. While Redis cannot be reached, what was heard last stays true.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from dataclasses import asdict, dataclass
from typing import Any

logger = logging.getLogger(__name__)

POLL_S = 0.1
REPLY_WITHIN_S = 0.5
ANSWER_KEPT_S = 7 * 86_400
ENVIRONMENT = "RASGADO_STOP_SIGNAL"


@dataclass(frozen=True)
class StopSignal:
    """Where an instrument's stop is announced, and where it is answered; an empty `url` means nowhere."""

    url: str = ""
    key: str = ""
    answer_key: str = ""

    def to_environment(self) -> dict[str, str]:
        """As a process finds it that is started with these variables; an address may hold a password."""
        return {ENVIRONMENT: json.dumps(asdict(self))} if self.url else {}

    @classmethod
    def from_environment(cls) -> StopSignal:
        text = os.environ.get(ENVIRONMENT)
        return cls(**json.loads(text)) if text else cls()


class StopListener:
    """Follows a signal; `fileno()` becomes readable when the stop has changed. Without an address nothing happens."""

    def __init__(self, signal: StopSignal) -> None:
        self._signal = signal
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._seen: str | None = None
        self._client: Any = None
        self._answers: list[str] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        if signal.url:
            threading.Thread(target=self._follow, name="stop", daemon=True).start()

    def fileno(self) -> int:
        """For `select`."""
        return self._ours.fileno()

    def heard(self) -> str | None:
        """What the stop in force says, None without one; clears the readability."""
        try:
            while self._ours.recv(64):
                pass
        except BlockingIOError:
            pass
        return self._seen

    def answer(self, **facts: object) -> None:
        """Say what was done about the stop in force, as soon as Redis takes it."""
        with self._lock:
            self._answers.append(json.dumps(facts))

    def close(self) -> None:
        self._ended.set()

    def _follow(self) -> None:
        while not self._ended.wait(POLL_S):
            try:
                self._look()
            except Exception as error:  # whatever Redis or its library does, the next look may succeed
                logger.debug("The stop signal cannot be read: %s", error)
                self._client = None

    def _look(self) -> None:
        if self._client is None:
            import redis  # here, because a guard must be ready before this has been imported

            self._client = redis.Redis.from_url(
                self._signal.url, socket_timeout=REPLY_WITHIN_S, socket_connect_timeout=REPLY_WITHIN_S
            )
        value = self._client.get(self._signal.key)
        text = value.decode() if value is not None else None
        if text != self._seen:
            self._seen = text
            self._theirs.send(b"!")
        with self._lock:
            answers = list(self._answers)
        for one in answers:
            self._client.set(self._signal.answer_key, one, ex=ANSWER_KEPT_S)
            with self._lock:
                self._answers.remove(one)
