"""`make run`: the whole facility on this machine until Ctrl-C; ONCE=1: the demonstration survey, and stop.

RASGADO_PORT (8000) and RASGADO_HOST (127.0.0.1) say where the site listens; ./var holds everything that is kept.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from rich.console import Console

from rasgado import ClientError
from tools import demonstration
from tools.processes import ProcessError, die_with_parent, free_port, port_is_free
from tools.stack import MARK, ROOT, Stack

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: where iiod listens on a Pluto, and so the simulated one
RADIO_PORT = 30431

#: variables of ours that the stack decides itself
_DECIDED = frozenset({"RASGADO_DATA_DIR", "RASGADO_DEMO_URI", "RASGADO_PORT", "RASGADO_HOST", MARK})


class Stopped(BaseException):
    """Somebody asked for the end: Ctrl-C, SIGTERM, or a closed terminal."""


class AlreadyRunning(Exception):
    """Another `make run` serves from this data folder."""


def main() -> int:
    if os.environ.get("MAKELEVEL"):  # a killed make cannot pass anything on
        die_with_parent(signal.SIGTERM)
    _on_signals(_stop)
    once = os.environ.get("ONCE", "") not in {"", "0"}
    data_dir = Path(os.environ.get("RASGADO_DATA_DIR") or ROOT / "var").resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with Lock(data_dir / "run.lock") as lock:
            return _serve(data_dir, lock, once)
    except AlreadyRunning as running:
        say(f"RASGADO is already running in this folder{running}.")
        return 1
    except (ProcessError, ClientError) as error:
        say(str(error))
        return 1
    except Stopped:
        return 1 if once else 0


def say(text: str) -> None:
    """Tell whoever is still there to read."""
    try:
        print(text, flush=True)
    except OSError:  # the terminal is gone
        pass


class Lock:
    """One `make run` per data folder. The system gives the lock back however its holder ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Lock:
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            address = self._file.read().strip()
            raise AlreadyRunning(f": {address}" if address else "") from None
        self.note("")
        return self

    def note(self, address: str) -> None:
        """Leave the address for the next one who tries."""
        assert self._file is not None
        self._file.truncate(0)
        self._file.write(address)
        self._file.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


class Keeper:
    """Starts members that died again, each with a growing pause so that a broken one does not spin."""

    _LONGEST_S = 30.0

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._pause_s = dict.fromkeys(stack.members, 0.5)
        self._due_at_s: dict[str, float] = {}
        self._started_at_s: dict[str, float] = {}

    def tend(self, now_s: float) -> None:
        for name, member in self._stack.members.items():
            if member.running:
                if now_s - self._started_at_s.get(name, now_s) > self._LONGEST_S:
                    self._pause_s[name] = 0.5
                continue
            if name not in self._due_at_s:
                self._due_at_s[name] = now_s + self._pause_s[name]
                say(f"{name} has ended unexpectedly and is started again; its log is {member.log}.")
                self._pause_s[name] = min(2 * self._pause_s[name], self._LONGEST_S)
            if now_s >= self._due_at_s[name]:
                del self._due_at_s[name]
                self._started_at_s[name] = now_s
                member.spawn()


def _serve(data_dir: Path, lock: Lock, once: bool) -> int:
    host = os.environ.get("RASGADO_HOST") or "127.0.0.1"
    stack = Stack(
        data_dir, clock="real", web_host=host, web_port=_port(host), radio_port=_radio_port(),
        environment=_own_environment(),
    )  # fmt: skip
    try:
        say("Starting RASGADO NQR …")
        stack.prepare()
        stack.start()
        lock.note(stack.url)
        say(f"Serving {stack.url} – log in as demo, password {stack.environment['RASGADO_DEMO_PASSWORD']}")
        say(f"Simulated spectrometer: {stack.radio_uri}; data and logs: {data_dir}")
        return _work(stack, once)
    finally:
        _on_signals(signal.SIG_IGN)  # stopping takes a moment, and a second Ctrl-C must not leave half of it undone
        if sys.exc_info()[0] is Stopped:
            say("\nStopping …")
        stack.close()


def _work(stack: Stack, once: bool) -> int:
    """Keep everything alive; show the demonstration when asked to, or when nobody has seen it here yet."""
    shown = demonstration.Shown(stack.data_dir)
    keeper = Keeper(stack)
    outcome: list[bool] = []
    show = threading.Thread(target=_demonstrate, args=(stack, shown, outcome), daemon=True)
    if once or not shown:
        show.start()
    while not (once and show.ident and not show.is_alive()):
        keeper.tend(time.monotonic())
        time.sleep(0.2)
    return 0 if outcome == [True] else 1


def _demonstrate(stack: Stack, shown: demonstration.Shown, outcome: list[bool]) -> None:
    try:
        confirmed = demonstration.survey(stack.url, stack.token, say, Console(stderr=False))
    except (ClientError, OSError, KeyError, StopIteration) as error:
        say(f"The demonstration survey could not be shown: {error}")
        return
    shown.remember(confirmed)
    outcome.append(confirmed)


def _port(host: str) -> int:
    """The wanted port, or a free one if somebody listens there."""
    text = os.environ.get("RASGADO_PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise ProcessError(f"RASGADO_PORT={text!r}: must be a port number between 1 and 65535.")
    wanted = int(text)
    if port_is_free(wanted, host):
        return wanted
    port = free_port(host)
    say(f"Port {wanted} is in use; the site moves to {port}.")
    return port


def _radio_port() -> int | None:
    """The simulated radio's usual place, so that people find it again; None, for any other, if somebody is there."""
    return RADIO_PORT if port_is_free(RADIO_PORT) else None


def _own_environment() -> dict[str, str]:
    """Settings that the user gave, over those of the stack."""
    given = {name: value for name, value in os.environ.items() if name.startswith("RASGADO_") and name not in _DECIDED}
    return {"RASGADO_DEMO_PASSWORD": Stack.demo_password} | given


def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for sign in _SIGNALS:
        signal.signal(sign, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    _on_signals(signal.SIG_IGN)
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
