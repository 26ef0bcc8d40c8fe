"""`make run`, from outside: what it prints, that it can be ended in every way, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tools.demonstration import Shown
from tools.processes import free_port, wait_until
from tools.stack import ROOT

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class MakeRun:
    """`make run` in a session of its own, like a terminal's, with its data in a folder of the test."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        self.output = data_dir.parent / f"output-{free_port()}.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RASGADO_", "MAKE"))}
        environment |= {"RASGADO_DATA_DIR": str(data_dir), "RASGADO_PORT": str(free_port())} | variables
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "run", "BOOTSTRAP=true"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, pattern: str, timeout_s: float = 60) -> re.Match[str]:
        def said() -> bool:
            assert self.make.poll() is None or re.search(pattern, self.text), self.text
            return re.search(pattern, self.text) is not None

        wait_until(said, timeout_s, f"make run to say {pattern!r}")
        found = re.search(pattern, self.text)
        assert found
        return found

    def wait_serving(self) -> str:
        return self.wait_for(r"Serving (http://\S+)").group(1)

    def supervisor(self) -> psutil.Process:
        (process,) = psutil.Process(self.make.pid).children()
        return process

    def processes(self) -> list[psutil.Process]:
        """Every living process of it, found by its data folder, whoever its parent is by now."""
        wanted = f"RASGADO_DATA_DIR={self.data_dir}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(psutil.Process(int(folder.name)))
            except (OSError, psutil.NoSuchProcess):
                continue
        return found

    def wait_nothing_left(self, timeout_s: float = 20) -> None:
        self.make.wait(timeout_s)
        wait_until(lambda: not self.processes(), timeout_s, f"the end of {self.processes()}")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder in which the demonstration has been shown, so that it is not measured again."""
    folder = tmp_path / "var"
    folder.mkdir()
    Shown(folder).remember(confirmed=True)
    return folder


@pytest.fixture
def make_run() -> Iterator[Callable[..., MakeRun]]:
    started: list[MakeRun] = []

    def start(data_dir: Path, **variables: str) -> MakeRun:
        started.append(MakeRun(data_dir, **variables))
        return started[-1]

    yield start
    for one in started:
        if one.make.poll() is None:
            one.make.kill()
            one.make.wait()
        for process in one.processes():
            process.kill()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            return bool(json.load(answer)["status"] == "ok")
    except OSError:
        return False


def test_it_serves_survives_ends_and_starts_again(make_run: Callable[..., MakeRun], data_dir: Path) -> None:
    run = make_run(data_dir)
    assert answers(run.wait_serving())

    other = make_run(data_dir)
    assert other.make.wait(20) != 0
    assert f"already running in this folder: {run.wait_serving()}" in other.text

    (web,) = (process for process in run.processes() if "uvicorn" in " ".join(process.cmdline()))
    web.kill()
    run.wait_for("web has ended unexpectedly and is started again")
    wait_until(lambda: answers(run.wait_serving()), 30, "the site to be back")

    os.killpg(run.make.pid, signal.SIGINT)  # a terminal tells everybody in the foreground
    run.wait_nothing_left()
    assert "Stopping" in run.text
    assert "Traceback" not in run.text

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        again = make_run(data_dir, RASGADO_PORT=str(port))
        url = again.wait_serving()
        assert f"Port {port} is in use" in again.text
        assert not url.endswith(f":{port}")
        assert answers(url)
    os.killpg(again.make.pid, signal.SIGHUP)  # the terminal was closed
    again.wait_nothing_left()


@pytest.mark.parametrize("who", ["supervisor", "make"])
def test_kill_9_leaves_nothing_behind(make_run: Callable[..., MakeRun], data_dir: Path, who: str) -> None:
    run = make_run(data_dir)
    run.wait_serving()
    assert len(run.processes()) >= 7  # supervisor, Redis, radio, site, two workers, beat
    victim = run.supervisor() if who == "supervisor" else psutil.Process(run.make.pid)
    victim.kill()
    run.wait_nothing_left()


def test_once_measures_and_confirms_through_the_api(make_run: Callable[..., MakeRun], tmp_path: Path) -> None:
    run = make_run(tmp_path / "var", ONCE="1")
    assert run.make.wait(120) == 0, run.text
    run.wait_nothing_left()
    frequencies_mhz = [float(text) for text in re.findall(r"Confirmed line of KClO3: ([\d.]+)", run.text)]
    assert any(abs(frequency - 28.0846) < 0.002 for frequency in frequencies_mhz), run.text
    events = [json.loads(line) for line in (run.data_dir / "radio.jsonl").read_text().splitlines()]
    switched = [event["event"] for event in events if event["event"] in {"tx_on", "tx_off"}]
    assert "tx_on" in switched
    assert switched[-1] == "tx_off"
