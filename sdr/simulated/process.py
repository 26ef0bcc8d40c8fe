"""Run the simulated spectrometer as a process of its own, for tests and benchmarks."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdr.simulated.log import read_log

_START_S = 30.0
_STOP_S = 5.0


class SimulatedProcess:
    """Handle of a running simulator."""

    def __init__(
        self, process: subprocess.Popen[str], uri: str, log_path: Path, probe_address: tuple[str, int] | None = None
    ) -> None:
        self._process = process
        self._log_path = log_path
        self._talking = threading.Lock()
        self.uri = uri
        self.probe_address = probe_address
        """Host and port of the probe's tuner and of the temperature, if `probe_port` was given."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> list[dict[str, Any]]:
        """The radio's own log so far."""
        return read_log(self._log_path)

    def fault(self, text: str) -> None:
        """Let a fault happen, such as "kill-mid-buffer:1" (see sdr.simulated.faults)."""
        self.command(f"fault {text}")

    def thaw(self) -> None:
        """End the fault "freeze"."""
        self.command("thaw")

    def command(self, line: str) -> None:
        """Any command of sdr.simulated.control; obeyed when this returns. ValueError if it makes no sense."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._talking:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().strip()
        if answer != "ok":
            raise ValueError(answer or "the simulator has ended")

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def running(
    sample: str | Path | Mapping[str, Any] = "KClO3",
    *,
    port: int = 0,
    seed: int | None = 1,
    clock: str = "fast",
    firmware: str = "v0.39",
    converter: str = "upper:400e6",
    serial: str | None = None,
    radio: str = "pluto",
    probe_port: int | None = None,
    arguments: Sequence[str] = (),
    module: str = "sdr.simulated",
) -> Iterator[SimulatedProcess]:
    """Start `python -m sdr.simulated`, or another module that takes its arguments, and end it on the way out.

    `sample` is a name of the catalogue, a JSON file, or the decoded content of one. `arguments` are passed on.
    """
    with tempfile.TemporaryDirectory(prefix="simulated-") as folder:
        if isinstance(sample, Mapping):
            path = Path(folder, "sample.json")
            path.write_text(json.dumps(sample), encoding="utf-8")
            sample = path
        log_path = Path(folder, "radio.jsonl")
        command = [sys.executable, "-m", module, "--sample", str(sample), "--port", str(port)]
        command += ["--clock", clock, "--firmware", firmware, "--converter", converter, "--log", str(log_path)]
        command += ["--radio", radio]
        command += ["--seed", str(seed)] if seed is not None else []
        command += ["--serial", serial] if serial is not None else []
        command += ["--probe-port", str(probe_port)] if probe_port is not None else []
        process = subprocess.Popen(
            [*command, "--control", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        try:
            uri, probe_address = _wait_until_ready(process)
            yield SimulatedProcess(process, uri, log_path, probe_address)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()


def _wait_until_ready(process: subprocess.Popen[str]) -> tuple[str, tuple[str, int] | None]:
    """The URI of the radio, and the address of the probe's port if it says one before."""
    assert process.stdout is not None
    probe_address = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        deadline = time.monotonic() + _START_S
        while (left := deadline - time.monotonic()) > 0:
            # A line read ahead of the one wanted makes the pipe look empty, so lines are read to the last.
            if selector.select(left):
                while words := process.stdout.readline().split():
                    if words[0] == "ready":
                        return words[1], probe_address
                    if words[0] == "probe":
                        host, _, port = words[1].rpartition(":")
                        probe_address = host, int(port)
                raise RuntimeError(f"the simulator ended with status {process.wait()} before it was ready")
    raise RuntimeError(f"the simulator was not ready within {_START_S:g} s")
