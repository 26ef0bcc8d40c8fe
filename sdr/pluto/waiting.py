"""Receiving in a thread while the caller's thread stays responsive.

libiio waits for a reception inside C, for as long as a frame takes. The calling thread meanwhile gives the guard signs
of life, asks whether to stop and reports progress, and can be interrupted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sdr.pluto.accumulate import Frame
from sdr.pluto.buffers import ReceiveBuffer

POLL_S = 0.2
CANCELLED_WITHIN_S = 10.0


def receive(buffer: ReceiveBuffer, count: int, take: Callable[[Frame], None], poll: Callable[[], None]) -> None:
    """Receive `count` times and give each reception to `take`, which runs in another thread; call `poll` meanwhile.

    Whatever `poll` raises, or KeyboardInterrupt, ends the reception; what libiio or `take` raises is raised here.
    """
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(count):
                take(buffer.next())
        except BaseException as error:  # handed over to the calling thread, which raises it
            failures.append(error)

    thread = threading.Thread(target=work, name="reception", daemon=True)
    thread.start()
    try:
        thread.join(POLL_S)
        while thread.is_alive():
            poll()
            thread.join(POLL_S)
    except BaseException:
        buffer.cancel()
        thread.join(CANCELLED_WITHIN_S)
        if thread.is_alive():
            buffer.abandon()
        raise
    if failures:
        raise failures[0]
