"""What can go wrong with a running facility: each fault is done to real processes and undone as a supervisor would."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.tasks.radio_log import RadioLog
from tests.tasks.rows import Rows
from tools.processes import wait_until
from tools.stack import Stack, marked_processes

LOCKED_S = 1.0
WEB_FROZEN_S = 1.0


@dataclass
class Scene:
    """The facility that suffers, how it is looked at, and the seeded choice of what is left to chance."""

    stack: Stack
    rows: Rows
    radio: RadioLog
    choice: random.Random
    lease_s: float


@dataclass(frozen=True)
class Fault:
    """`strike` does the harm and starts again what has died, without waiting until it is ready.

    `driver`: the process that drives the radio, or its guard, is hit, so that the transmitter has to be turned off.
    """

    name: str
    strike: Callable[[Scene], None]
    driver: bool = False


def kill(member: str) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        scene.stack.kill(member)
        scene.stack.members[member].spawn()

    return strike


def restart(member: str) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        scene.stack.stop(member)
        scene.stack.members[member].spawn()

    return strike


def kill_radio(scene: Scene) -> None:
    scene.stack.kill("simulator")
    scene.radio.died()
    scene.stack.members["simulator"].spawn()


def freeze_driver(scene: Scene) -> None:
    """SIGSTOP until its run has been taken away and the guard has silenced the radio, then SIGCONT.

    On SQLite not in the middle of a write, which would stop all writing until it wakes.
    """
    frozen_at_s = _freeze(scene, scene.stack.pid("instrument"))
    active = scene.rows.active()
    try:
        if active is not None:
            wait_until(lambda: _has_lost(scene, active["id"]), scene.lease_s + 10, "the frozen worker's run to be lost")
        wait_until(lambda: scene.radio.quiet_since(frozen_at_s), scene.lease_s + 5, "the guard of a frozen driver")
    finally:
        scene.stack.signal("instrument", signal.SIGCONT)


def freeze_web(scene: Scene) -> None:
    """As a machine that swaps: connections are taken and not answered."""
    scene.stack.signal("web", signal.SIGSTOP)
    time.sleep(WEB_FROZEN_S)
    scene.stack.signal("web", signal.SIGCONT)


def freeze_processing(scene: Scene) -> None:
    """SIGSTOP of a child of the pool until its job's lease has ended and another has had time to take it."""
    child = scene.choice.choice(_children(scene.stack.pid("processing")))
    _freeze(scene, child)
    try:
        time.sleep(scene.lease_s)  # nothing tells that it is over: the frozen child may have had no job
    finally:
        os.kill(child, signal.SIGCONT)


def kill_child(scene: Scene) -> None:
    os.kill(scene.choice.choice(_children(scene.stack.pid("processing"))), signal.SIGKILL)


def kill_guard(scene: Scene) -> None:
    wait_until(lambda: bool(_guards(scene.stack)), 20, "a guard to kill")
    for guard in _guards(scene.stack):
        try:
            os.kill(guard, signal.SIGKILL)
        except ProcessLookupError:  # it had just said goodbye
            continue


def kill_driver_and_guard(scene: Scene) -> None:
    """Nobody is left to turn the transmitter off but the radio, whose buffers go with their connection."""
    kill_guard(scene)
    kill("instrument")(scene)


def kill_all(scene: Scene) -> None:
    """A power cut of the computer: everything but the radio dies at once."""
    for member in ("web", "instrument", "processing", "beat", "redis"):
        scene.stack.kill(member)
    for stray in scene.stack.strays():
        try:
            os.kill(stray, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for member in ("redis", "web", "instrument", "processing", "beat"):
        scene.stack.members[member].spawn()


def flush_redis(scene: Scene) -> None:
    redis.Redis.from_url(scene.stack.redis_url).flushall()


def disturb_database(scene: Scene) -> None:
    """PostgreSQL: every connection is cut. SQLite: nobody can write for a while."""
    if scene.rows.on_postgres:
        scene.rows.drop_connections()
        return
    connection = scene.rows.exclusive()
    time.sleep(LOCKED_S)
    connection.close()


FAULTS = (
    Fault("worker killed", kill("instrument"), driver=True),
    Fault("worker frozen", freeze_driver, driver=True),
    Fault("worker restarted", restart("instrument"), driver=True),
    Fault("guard killed", kill_guard, driver=True),
    Fault("worker and guard killed", kill_driver_and_guard, driver=True),
    Fault("radio killed", kill_radio, driver=True),
    Fault("child killed", kill_child),
    Fault("child frozen", freeze_processing),
    Fault("processing killed", kill("processing")),
    Fault("processing restarted", restart("processing")),
    Fault("web killed", kill("web")),
    Fault("web frozen", freeze_web),
    Fault("web restarted", restart("web")),
    Fault("beat killed", kill("beat")),
    Fault("redis killed", kill("redis")),
    Fault("redis flushed", flush_redis),
    Fault("database disturbed", disturb_database),
    Fault("power cut", kill_all, driver=True),
)


def _freeze(scene: Scene, pid: int) -> float:
    """Stop a process where it keeps nobody else from writing; since when it is stopped, in Unix time."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        frozen_at_s = time.time()
        if scene.rows.writable():
            return frozen_at_s
        os.kill(pid, signal.SIGCONT)


def _has_lost(scene: Scene, run_id: int) -> bool:
    active = scene.rows.active()
    return active is None or active["id"] != run_id


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _guards(stack: Stack) -> list[int]:
    found = []
    for pid in marked_processes(stack.mark):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"sdr.guard" in command:
            found.append(pid)
    return found
