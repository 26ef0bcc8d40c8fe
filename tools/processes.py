"""One supervised process: own process group, log file, readiness by condition, and death with its supervisor."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

# The kernel sends the parent-death signal when the *thread* that forked ends, so every child is forked by this one,
# which lives as long as the interpreter.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class ProcessError(RuntimeError):
    """A process did not start, become ready or stop as it should; the text ends with its log's last lines."""


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str, interval_s: float = 0.03) -> None:
    """Poll until `condition()` is true; TimeoutError naming `what` after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout_s:g} s for {what}.")
        time.sleep(interval_s)


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def die_with_parent(sign: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process `sign` when its parent ends, however it ends."""
    if _LIBC.prctl(PR_SET_PDEATHSIG, sign, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


class SupervisedProcess:
    """A command with its log, started in a process group of its own.

    `ready(process)` says whether it may be used; it is polled until true. The process is killed by the kernel when
    this interpreter ends in whatever way, with `death_signal`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        cwd: Path,
        ready: Callable[[SupervisedProcess], bool] = lambda process: True,
        ready_timeout_s: float = 60.0,
        death_signal: int = signal.SIGKILL,
        stop_signal: int = signal.SIGTERM,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.log = log
        self._environment = dict(environment)
        self._cwd = cwd
        self._ready = ready
        self._ready_timeout_s = ready_timeout_s
        self._death_signal = death_signal
        self._stop_signal = stop_signal
        self._user = user
        self._popen: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._asked_to_stop = False

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise ProcessError(f"{self.name} has not been started.")
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        return None if self._popen is None else self._popen.poll()

    def output(self) -> str:
        """What it has logged since its last start."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as stream:
            stream.seek(self._log_start)
            return stream.read().decode(errors="replace")

    def spawn(self) -> None:
        """Start it without waiting for its readiness; no-op while it runs."""
        if self.running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._asked_to_stop = False
        self._popen = _SPAWNER.submit(self._fork).result()

    def wait_ready(self) -> None:
        deadline = time.monotonic() + self._ready_timeout_s
        while not self._ready(self):
            if not self.running:
                raise ProcessError(f"{self.name} ended with status {self.returncode} while starting.\n{self._tail()}")
            if time.monotonic() > deadline:
                self.stop(grace_s=1.0)
                raise ProcessError(f"{self.name} was not ready within {self._ready_timeout_s:g} s.\n{self._tail()}")
            time.sleep(0.03)

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def signal(self, sign: int) -> None:
        """Send a signal to the process itself, not to its group."""
        os.kill(self.pid, sign)

    def kill(self) -> None:
        """kill -9 of this one process, as a crash would; children it had are left to what they do then."""
        if self.running and self._popen is not None:
            self._popen.kill()
            self._popen.wait()

    def ask_to_stop(self) -> None:
        """Send the stop signal, once: a second one makes some programs drop what they were finishing."""
        if self._popen is not None and self.running and not self._asked_to_stop:
            self._asked_to_stop = True
            self._popen.send_signal(signal.SIGCONT)
            self._popen.send_signal(self._stop_signal)

    def stop(self, grace_s: float = 8.0) -> None:
        """Ask it to end, insist after `grace_s`, and end whatever is left of its group."""
        if self._popen is None:
            return
        self.ask_to_stop()
        try:
            self._popen.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _fork(self) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def tie() -> None:
            die_with_parent(self._death_signal)
            if os.getppid() != parent:  # the supervisor died between fork and prctl
                os._exit(1)

        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self._environment,
                cwd=self._cwd, start_new_session=True, preexec_fn=tie, user=self._user, group=self._user,
                extra_groups=[] if self._user else None,
            )  # fmt: skip

    def _tail(self, lines: int = 25) -> str:
        return "\n".join(self.output().splitlines()[-lines:])
