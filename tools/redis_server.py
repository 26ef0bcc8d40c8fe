"""A private Redis that keeps nothing: losing it must lose nothing."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from tools.processes import ProcessError, SupervisedProcess


def redis_server(port: int, *, log: Path, environment: Mapping[str, str], cwd: Path) -> SupervisedProcess:
    """A redis-server on 127.0.0.1:`port`, not yet started; ProcessError if the program is not installed."""
    program = shutil.which("redis-server") or shutil.which("redis-server", path="/usr/sbin:/usr/local/bin")
    if program is None:
        raise ProcessError("redis-server is not installed; `make run` and `make test` install it.")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    cwd.mkdir(parents=True, exist_ok=True)
    return SupervisedProcess(
        "redis", command, log=log, environment=environment, cwd=cwd, ready=lambda process: _pongs(port)
    )


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
