"""`make test`: quick checks first, pytest's closing line last; stops at the first stage that fails."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.stack import ROOT

_BIN = Path(sys.executable).parent
_WORKERS = str(min(os.cpu_count() or 1, 4))
#: tests of real processes wait more than they compute
_WAITING = str(min(os.cpu_count() or 1, 4) + 1)
_SPREAD = ("-n", _WAITING, "--dist", "loadfile", "--no-loadscope-reorder")
_QUICK = "not slow and not integration and not browser"


@dataclass(frozen=True)
class Stage:
    """One command of the suite, and the folder it runs in."""

    title: str
    command: tuple[str, ...]
    folder: Path = ROOT


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(_BIN / name), *arguments)


def _pytest(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", "-q", *arguments)


def lint_stages() -> list[Stage]:
    stages = [
        Stage("ruff", _tool("ruff", "check", "--quiet", ".")),
        Stage("layout", _tool("ruff", "format", "--check", "--quiet", ".")),
        Stage("types", _tool("mypy")),
        Stage("import rules", _tool("lint-imports", "--no-cache")),
        Stage(
            "compose file",
            _tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        ),
    ]
    frontend = ROOT / "webapp" / "frontend"
    npm = shutil.which("npm", path=f"{os.environ['PATH']}:{_BIN}")
    if npm and (frontend / "package.json").exists():
        stages += [
            Stage("front-end types", (npm, "run", "--silent", "typecheck"), frontend),
            Stage("front-end tests", (npm, "run", "--silent", "test"), frontend),
        ]
    return stages


def quick_stages() -> list[Stage]:
    return [Stage("quick tests", _pytest("-n", _WORKERS, "-m", _QUICK))]


def thorough_stages() -> list[Stage]:
    """PostgreSQL, and then what takes long, spread as `tests.spreading` says."""
    postgres = (sys.executable, "-m", "tools.postgres")
    return [
        Stage("the site on PostgreSQL", (*postgres, *_pytest("-n", _WORKERS, "-m", "not browser", "tests/webapp"))),
        Stage("all other tests", _pytest(*_SPREAD, "-m", f"not ({_QUICK})")),
    ]


def run(stages: Sequence[Stage]) -> int:
    """Run the stages in order; the status of the first that fails, else 0."""
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:{_BIN}", "PYTHONPATH": str(ROOT)}
    for stage in stages:
        print(f"== {stage.title}", flush=True)
        start = time.monotonic()
        done = subprocess.run(stage.command, cwd=stage.folder, env=environment, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            print(f"== {stage.title} failed after {time.monotonic() - start:.1f} s", flush=True)
            return done.returncode
    return 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make test", description=__doc__)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--lint", action="store_true", help="linters, types and import rules only")
    only.add_argument("--quick", action="store_true", help="these, and the quick tests")
    chosen = parser.parse_args(arguments)
    stages = lint_stages()
    if not chosen.lint:
        stages += quick_stages()
    if not chosen.lint and not chosen.quick:
        stages += thorough_stages()
    return run(stages)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
