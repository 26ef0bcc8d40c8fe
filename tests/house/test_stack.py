"""The stack that other tests rely on: members by name, an environment of its own, health as containers ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest
import redis

from tools import health
from tools.processes import wait_until
from tools.stack import MEMBERS, ROOT, Stack, marked_processes

pytestmark = pytest.mark.integration


def healthy(stack: Stack, node: str) -> bool:
    command = [sys.executable, "-m", "tools.health", "worker", node]
    return subprocess.run(command, cwd=ROOT, env=stack.environment, check=False).returncode == 0


def test_members_live_die_and_come_back(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    assert all(stack.members[name].running for name in MEMBERS)
    assert healthy(stack, "instrument.demo")
    assert healthy(stack, "beat")
    assert health.tcp("127.0.0.1", stack.radio_port)

    stack.kill("processing")
    assert not stack.members["processing"].running
    assert not healthy(stack, "processing")
    stack.start("processing")
    assert stack.members["processing"].running

    client = redis.Redis.from_url(stack.redis_url)
    client.set("probe", "1")
    stack.restart("redis")
    assert client.get("probe") is None  # it keeps nothing, and is back at its place
    client.close()

    pids = marked_processes(stack.mark)
    assert len(pids) >= len(MEMBERS)
    folder = stack.data_dir
    stack.close()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), 10, "every process to be gone")
    assert not folder.exists()
    assert not health.tcp("127.0.0.1", stack.radio_port)


def test_nothing_of_the_callers_configuration_gets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://production/precious")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("RASGADO_STORAGE", "s3")
    stack = Stack(environment={"RASGADO_QUEUED_MAX": "7"})
    try:
        assert stack.environment["DATABASE_URL"] == ""
        assert "AWS_SECRET_ACCESS_KEY" not in stack.environment
        assert "RASGADO_STORAGE" not in stack.environment
        assert stack.environment["RASGADO_QUEUED_MAX"] == "7"
        assert stack.environment["PATH"] == os.environ["PATH"]
    finally:
        stack.close()


def test_an_unknown_member_is_refused_by_name() -> None:
    stack = Stack()
    try:
        with pytest.raises(ValueError, match="processing"):
            stack.start("procesing")
    finally:
        stack.close()
