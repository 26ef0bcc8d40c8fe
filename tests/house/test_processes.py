"""A supervised process is ready when it says so, and never outlives its supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from tools.processes import ProcessError, SupervisedProcess, free_port, port_is_free, wait_until


def process(tmp_path: Path, code: str, **more: object) -> SupervisedProcess:
    return SupervisedProcess(
        "probe", [sys.executable, "-c", code], log=tmp_path / "probe.log", environment=os.environ, cwd=tmp_path,
        **more,
    )  # fmt: skip


def test_readiness_is_a_condition_on_its_output(tmp_path: Path) -> None:
    one = process(
        tmp_path, "import time; print('set', flush=True); time.sleep(60)", ready=lambda p: "set" in p.output()
    )
    one.start()
    assert one.running
    one.stop()
    assert not one.running
    assert not psutil.pid_exists(one.pid)


def test_output_of_an_earlier_start_does_not_count(tmp_path: Path) -> None:
    one = process(
        tmp_path, "import time; print('set', flush=True); time.sleep(60)", ready=lambda p: "set" in p.output()
    )
    one.start()
    one.kill()
    assert "set" in one.output()
    one.spawn()
    assert one.output() == "" or one.output().startswith("set")
    one.stop()


def test_a_process_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    one = process(tmp_path, "print('no such bus'); raise SystemExit(3)", ready=lambda p: False)
    with pytest.raises(ProcessError, match="status 3(.|\n)*no such bus"):
        one.start()


def test_stop_insists_and_takes_the_whole_group(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print("child", child.pid, flush=True)
        time.sleep(60)
    """)
    one = process(tmp_path, code, ready=lambda p: "child" in p.output())
    one.start()
    child = psutil.Process(int(one.output().split()[1]))
    one.stop(grace_s=0.3)
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 5, "the child's end")


@pytest.mark.integration
def test_kill_9_of_the_supervisor_ends_its_processes(tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from tools.processes import SupervisedProcess
        one = SupervisedProcess("sleeper", ["sleep", "60"], log=Path({str(tmp_path)!r}) / "log", environment=os.environ,
                                cwd=Path("/"))
        one.start()
        print(one.pid, flush=True)
        time.sleep(60)
    """)
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    sleeper = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    wait_until(lambda: not sleeper.is_running() or sleeper.status() == psutil.STATUS_ZOMBIE, 5, "the sleeper's end")


def test_a_port_in_use_is_not_free() -> None:
    import socket

    port = free_port()
    assert port_is_free(port)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert not port_is_free(port)
