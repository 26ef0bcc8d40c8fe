"""The whole facility on one machine, without containers: for `make run`, integration tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tools.commands import PREPARATIONS, Places, commands
from tools.processes import ProcessError, SupervisedProcess, free_port
from tools.redis_server import redis_server

ROOT = Path(__file__).resolve().parent.parent

#: in the order of starting; the first two are what the others need
MEMBERS = ("redis", "simulator", "web", "instrument", "processing", "beat")

#: variables that decide what the service does: never inherited by accident
_OWN_PREFIXES = ("RASGADO_", "AWS_", "DJANGO_", "CELERY_")
_OWN_NAMES = frozenset({"DATABASE_URL", "REDIS_URL"})

#: processes share the cores; threads of the linear algebra within each would only get into each other's way
SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

#: in the environment of every process of a stack, so that even strays can be found
MARK = "RASGADO_STACK"


class Stack:
    """Redis, simulated spectrometer, database, web, workers and beat, with their own data folder and ports.

    Use it as a context manager, or call `prepare()`, `start(...)` and `close()`. Every member can be started, stopped,
    killed (as by kill -9) and restarted by its name in `MEMBERS`, and keeps its port when it comes back.

    * `url`, `redis_url`, `radio_uri`: where web, Redis and radio are
    * `environment`: what every process sees, for own processes beside them
    * `token`: the API token of the demonstration user `demo`, whose password is `demo_password`
    * `radio_log`: the simulated radio's own log, JSON lines
    * `log(name)`: path of a member's log
    """

    demo_password = "demo"

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        database_url: str = "",
        sample: str = "KClO3",
        clock: str = "fast",
        simulator_args: Sequence[str] = (),
        lease_s: float = 30.0,
        sweep_s: float = 2.0,
        web_host: str = "127.0.0.1",
        web_port: int | None = None,
        radio_port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._own_data_dir = data_dir is None
        self.data_dir = Path(tempfile.mkdtemp(prefix="rasgado-")) if data_dir is None else data_dir.resolve()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.web_port = web_port or free_port(web_host)
        self.radio_port = radio_port or free_port()
        self.redis_port = free_port()
        self.url = f"http://{web_host}:{self.web_port}"
        self.radio_uri = f"ip:127.0.0.1:{self.radio_port}"
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.radio_log = self.data_dir / "radio.jsonl"
        self.mark = uuid.uuid4().hex
        self.environment = {
            **SINGLE_THREADED,
            **_clean_environment(),
            "RASGADO_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "RASGADO_LEASE_S": f"{lease_s:g}",
            "RASGADO_SWEEP_S": f"{sweep_s:g}",
            "RASGADO_DEMO_URI": self.radio_uri,
            "RASGADO_DEMO_PASSWORD": self.demo_password,
            "PYTHONUNBUFFERED": "1",
            MARK: self.mark,
            **(environment or {}),
        }
        if self._own_data_dir:  # a radio that is soon gone; its lock need not stay where all users have theirs
            self.environment.setdefault("RASGADO_LOCK_DIR", str(self.data_dir / "radio-locks"))
        places = Places(
            web_host=web_host,
            web_port=self.web_port,
            simulator_host="127.0.0.1",
            simulator_port=self.radio_port,
            beat_schedule=self.data_dir / "beat-schedule",
            sample=sample,
            clock=clock,
        )
        table = commands(places)
        table["simulator"] += ("--log", str(self.radio_log), *simulator_args)
        self.members = {name: self._member(name, table) for name in MEMBERS}

    # -- life -------------------------------------------------------------------------------------------------------
    def __enter__(self) -> Stack:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def prepare(self) -> None:
        """Bring the database to its newest form and put the demonstration's rows there, while Redis and radio start."""
        for name in ("redis", "simulator"):
            self.members[name].spawn()
        for arguments in PREPARATIONS:
            self.manage(*arguments)

    def start(self, *names: str) -> None:
        """Start these members, or all, and wait until each can be used; those that run already are left alone."""
        wanted = [self.members[name] for name in (self._known(names) if names else MEMBERS)]
        for member in wanted:
            member.spawn()
        for member in wanted:
            member.wait_ready()

    def stop(self, *names: str, grace_s: float = 8.0) -> None:
        """Stop these members, or all; radio and Redis last, so that the workers can end as they should."""
        wanted = self._known(names) if names else MEMBERS
        for group in (MEMBERS[2:], MEMBERS[:2]):
            for name in group:
                if name in wanted:
                    self.members[name].ask_to_stop()
            for name in group:
                if name in wanted:
                    self.members[name].stop(grace_s)

    def kill(self, name: str) -> None:
        """kill -9 of this member's process; its children are left to what they do then."""
        self.members[name].kill()

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def signal(self, name: str, sign: int) -> None:
        """Send any signal, such as SIGSTOP, to a member's process."""
        self.members[name].signal(sign)

    def close(self) -> None:
        """Stop everything, strays included, and remove the data folder if it was a temporary one.

        With a temporary one nothing that a process could still save is of use, so none is waited for.
        """
        self.stop(grace_s=0.0 if self._own_data_dir else 8.0)
        for pid in self.strays():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        if self._own_data_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    # -- looking ----------------------------------------------------------------------------------------------------
    def pid(self, name: str) -> int:
        return self.members[name].pid

    def log(self, name: str) -> Path:
        return self.members[name].log

    @property
    def token(self) -> str:
        return (self.data_dir / "demo-token").read_text().strip()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` in this stack's environment; ProcessError with its output when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ProcessError(f"manage.py {' '.join(arguments)} failed.\n{done.stdout}{done.stderr}")
        return done

    def strays(self) -> list[int]:
        """Living processes of this stack that are none of its members: grandchildren that outlived their parents."""
        return [pid for pid in marked_processes(self.mark) if pid not in {m.pid for m in self._started()}]

    # -- making -----------------------------------------------------------------------------------------------------
    def _started(self) -> list[SupervisedProcess]:
        return [member for member in self.members.values() if member.running]

    def _known(self, names: Sequence[str]) -> Sequence[str]:
        for name in names:
            if name not in MEMBERS:
                raise ValueError(f"No member {name!r}; there are {', '.join(MEMBERS)}.")
        return names

    def _member(self, name: str, table: Mapping[str, Sequence[str]]) -> SupervisedProcess:
        logs = self.data_dir / "logs"
        if name == "redis":
            return redis_server(
                self.redis_port, log=logs / "redis.log", environment=self.environment, cwd=self.data_dir
            )
        program, *arguments = table[name]
        ready = {
            "simulator": lambda member: "ready ip:" in member.output(),
            "web": lambda member: self._web_is_ready(),
            "instrument": lambda member: " ready." in member.output(),
            "processing": lambda member: " ready." in member.output(),
            "beat": lambda member: "beat: Starting" in member.output(),
        }[name]
        return SupervisedProcess(
            name, [str(Path(sys.executable).parent / program), *arguments], log=logs / f"{name}.log",
            environment=self.environment, cwd=ROOT, ready=ready,
        )  # fmt: skip

    def _web_is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def marked_processes(mark: str) -> list[int]:
    """Processes, zombies aside, that carry a stack's mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _clean_environment() -> dict[str, str]:
    """This process's environment without anything that configures the service."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _OWN_NAMES and not name.startswith(_OWN_PREFIXES)
    }
