"""The one table of the facility's processes and their commands.

`tools.stack` starts them on one machine, docker-compose.yml in containers; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """What differs between one machine and containers: where things listen, and where beat keeps its clock."""

    web_host: str
    web_port: int
    simulator_host: str
    simulator_port: int
    beat_schedule: Path
    instrument: str = "demo"
    sample: str = "KClO3"
    clock: str = "real"


def commands(places: Places) -> dict[str, tuple[str, ...]]:
    """The command of every process of ours, by the name it has in `Stack` and in docker-compose.yml."""
    return {
        "simulator": (
            "python", "-m", "sdr.simulated", "--sample", places.sample, "--host", places.simulator_host,
            "--port", str(places.simulator_port), "--clock", places.clock,
        ),
        "web": (
            "uvicorn", "webapp.config.asgi:application", "--host", places.web_host, "--port", str(places.web_port),
            "--timeout-graceful-shutdown", "3",
        ),
        "instrument": (
            *_celery("worker"), "-Q", f"instrument.{places.instrument}", "--pool", "solo",
            "-n", f"instrument.{places.instrument}@%h",
        ),
        "processing": (*_celery("worker"), "-Q", "processing,control", "-c", "2", "-n", "processing@%h"),
        "beat": (*_celery("beat"), "--enable-remote-control", "-n", "beat@%h", "-s", str(places.beat_schedule)),
    }  # fmt: skip


#: what makes the database and the demonstration's rows: arguments of `manage.py`, in order
PREPARATIONS: tuple[tuple[str, ...], ...] = (("migrate", "--noinput"), ("demo",))


def _celery(kind: str) -> tuple[str, ...]:
    """Celery's command; a lone worker gains nothing from gossip and mingling but a second of start."""
    quiet = ("--without-gossip", "--without-mingle") if kind == "worker" else ()
    return ("celery", "-A", "tasks", kind, "--loglevel", "INFO", *quiet)
