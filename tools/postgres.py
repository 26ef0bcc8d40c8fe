"""A private PostgreSQL cluster for tests: `python -m tools.postgres COMMAND…` runs a command beside one."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from types import TracebackType

from tools.processes import ProcessError, SupervisedProcess, free_port


class PostgresCluster:
    """A cluster in a temporary folder, listening on 127.0.0.1 only, without durability; gone when closed.

    PostgreSQL refuses to run as root, so root starts it as the user `postgres`.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="rasgado-postgres-"))
        self._programs = _programs()
        # Its own idea of the user is all it may take from our environment.
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self._folder)}
        self._server = SupervisedProcess(
            "postgres",
            [
                str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port),
                "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}",
                "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
            ],
            log=self._folder / "postgres.log", environment=self._environment, cwd=self._folder,
            ready=self._answers, death_signal=signal.SIGQUIT, stop_signal=signal.SIGINT, user=self._user,
        )  # fmt: skip

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def url(self, database: str) -> str:
        return f"postgres://rasgado@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"rasgado_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "rasgado", name)
        return self.url(name)

    def __enter__(self) -> PostgresCluster:
        try:
            if self._user:
                account = pwd.getpwnam(self._user)
                os.chown(self._folder, account.pw_uid, account.pw_gid)
            self._run("initdb", "-D", str(self._data), "-U", "rasgado", "--auth=trust", "-E", "UTF8", "--no-sync")
            self._server.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self, server: SupervisedProcess) -> bool:
        # A connection is refused, or closed at once, until the server has recovered and accepts clients.
        if "ready to accept connections" not in server.output():
            return False
        with socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments], env=self._environment, cwd=self._folder, text=True,
            capture_output=True, stdin=subprocess.DEVNULL, check=False, user=self._user, group=self._user,
            extra_groups=[] if self._user else None,
        )  # fmt: skip
        if done.returncode != 0:
            raise ProcessError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")


def _programs() -> Path:
    """The folder with PostgreSQL's server programs; Debian keeps them out of PATH, by version."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if folders:
        return max(folders, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))
    found = shutil.which("initdb")
    if found is None:
        raise ProcessError("PostgreSQL's server is not installed; `make test` installs it.")
    return Path(found).resolve().parent


def main(command: list[str]) -> int:
    """Run `command` with RASGADO_TEST_DATABASE_URL naming a database of a private cluster; its exit status."""
    with PostgresCluster() as cluster:
        environment = os.environ | {"RASGADO_TEST_DATABASE_URL": cluster.create_database()}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
