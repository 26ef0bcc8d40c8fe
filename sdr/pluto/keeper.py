"""Something that must be done if nothing else happens for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Keeper:
    """Calls `act`, in a thread of its own, `after_s` after the last `start`; `cancel` calls it off.

    An `act` that has begun is not stopped by `cancel`: it must take the caller's own lock and look whether it is still
    wanted (`due`).
    """

    def __init__(self, after_s: float, act: Callable[[], None]) -> None:
        self._after_s, self._act = after_s, act
        self._changed = threading.Condition()
        self._due_s: float | None = None
        self._idle = True  # the thread waits for a `start`, not for a moment
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Let `after_s` pass from now on."""
        with self._changed:
            self._due_s = time.monotonic() + self._after_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
                self._thread.start()
            elif self._idle:  # else it wakes at an earlier moment and sees the new one
                self._changed.notify()

    def cancel(self) -> None:
        """Nothing is to be done."""
        self._due_s = None

    def due(self) -> bool:
        """The time has passed and nobody has called it off."""
        due_s = self._due_s
        return due_s is not None and time.monotonic() >= due_s

    def close(self) -> None:
        """End the thread; waits for an `act` that has begun, unless called from it."""
        with self._changed:
            self._closed = True
            self._due_s = None
            self._changed.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and not self.due():
                    due_s = self._due_s
                    self._idle = due_s is None
                    self._changed.wait(None if due_s is None else max(due_s - time.monotonic(), 0.0))
                if self._closed:
                    return
            self._act()
            with self._changed:
                if self.due():
                    self._due_s = None
