"""Installing what is missing: in the right way, only once, and with a clear sentence where it may not."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.stack import ROOT

SYSTEM_TOOLS = (
    "bash", "cat", "chmod", "cut", "dirname", "env", "find", "flock", "grep", "id", "mkdir", "rm", "sha256sum", "sort",
    "tail", "tee", "xargs",
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """A copy of what the script needs, with a PATH of its own in which every installer only writes down its call."""

    folder: Path
    programs: Path

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def pretend(self, name: str, result: str = "") -> None:
        """A program that writes its call down."""
        self.program(name, f'echo "{name} $*" >> {self.folder}/calls\n{result}')

    def bootstrap(self, mode: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
        (self.folder / "calls").write_text("")
        return subprocess.run(
            ["bash", "tools/bootstrap.sh", mode], cwd=self.folder, env={"PATH": str(self.programs)}, text=True,
            capture_output=True, stdin=subprocess.DEVNULL, check=False, user=user,
        )  # fmt: skip

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="rasgado-bootstrap-") as name:
        base = Path(name)
        folder, programs = base / "clone", base / "bin"
        for path in (folder, programs, folder / "tools", folder / "webapp"):
            path.mkdir()
        shutil.copy(ROOT / "tools" / "bootstrap.sh", folder / "tools")
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        for path in (base, folder):
            path.chmod(0o777)
        for tool in SYSTEM_TOOLS:
            found = shutil.which(tool)
            assert found, f"no {tool} here"
            (programs / tool).symlink_to(found)
        (programs / "python3").symlink_to("/usr/bin/python3")
        yield Machine(folder, programs)


@pytest.fixture
def furnished(machine: Machine) -> Machine:
    """A machine on which every program is there, but no package yet."""
    for name in ("redis-server", "iio_readdev", "initdb", "chromium"):
        machine.pretend(name)
    machine.pretend("node", "echo 22")
    machine.pretend("npm", '[ "$3" = ci ] && mkdir -p webapp/frontend/node_modules; true')
    python = machine.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/bash\n[ "$1" = -m ] && echo "python $*" >> {machine.folder}/calls; true\n')
    python.chmod(0o755)
    (machine.folder / ".venv" / ".made-in").write_text(str(machine.folder))
    source = machine.folder / "webapp" / "frontend" / "src"
    source.mkdir(parents=True)
    (source / "page.ts").write_text("export const one = 1;\n")
    for name in ("package.json", "package-lock.json"):
        (source.parent / name).write_text("{}\n")
    return machine


def test_without_root_it_says_what_to_install(machine: Machine) -> None:
    machine.pretend("apt-get")
    done = machine.bootstrap("run", user=pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None)
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert "run 'apt-get install " in sentence
    assert "redis-server" in sentence
    assert "postgresql" not in sentence  # only the tests need it
    assert machine.calls() == []
    assert not (machine.folder / ".venv").exists()


def test_first_time_it_installs_pinned_packages_and_builds(furnished: Machine) -> None:
    done = furnished.bootstrap("run")
    assert done.returncode == 0, done.stderr
    pinned, package, *frontend = [call for call in furnished.calls() if not call.startswith("node")]
    assert "--require-hashes" in pinned
    assert "requirements/base.txt" in pinned
    assert "--no-deps" in package
    assert package.endswith("--editable .")
    assert [call.split(" ", 3)[3] for call in frontend] == ["ci --no-audit --no-fund", "run build"]


def test_second_time_it_does_and_says_nothing(furnished: Machine) -> None:
    furnished.bootstrap("run")
    done = furnished.bootstrap("run")
    assert (done.returncode, done.stdout, done.stderr, furnished.calls()) == (0, "", "", [])


def test_testing_needs_more_and_running_is_content_with_it(furnished: Machine) -> None:
    furnished.bootstrap("run")
    furnished.bootstrap("test")
    assert any("requirements/dev.txt" in call for call in furnished.calls())
    furnished.bootstrap("run")
    assert furnished.calls() == []


def test_a_changed_source_is_built_again_without_installing(furnished: Machine) -> None:
    furnished.bootstrap("run")
    (furnished.folder / "webapp" / "frontend" / "src" / "page.ts").write_text("export const one = 2;\n")
    furnished.bootstrap("run")
    assert [call for call in furnished.calls() if not call.startswith("node")] == [
        "npm --prefix webapp/frontend run build"
    ]


def test_a_changed_lock_is_installed_again(furnished: Machine) -> None:
    furnished.bootstrap("run")
    with (furnished.folder / "requirements" / "base.txt").open("a") as lock:
        lock.write("# newer\n")
    furnished.bootstrap("run")
    assert any("requirements/base.txt" in call for call in furnished.calls())


def test_a_failing_installer_is_shown_and_tried_again_next_time(furnished: Machine) -> None:
    furnished.program("npm", "echo 'no such package: uplot'; exit 7")
    done = furnished.bootstrap("run")
    assert done.returncode == 1
    assert "no such package: uplot" in done.stderr
    assert ".run/npm.log" in done.stderr
    furnished.pretend("npm", '[ "$3" = ci ] && mkdir -p webapp/frontend/node_modules; true')
    assert furnished.bootstrap("run").returncode == 0


def test_old_node_is_replaced_by_a_pinned_one(furnished: Machine) -> None:
    furnished.program("node", "echo 18")
    python = furnished.folder / ".venv" / "bin" / "python"
    python.write_text(
        f'#!/bin/bash\n[ "$1" = -m ] && echo "python $*" >> {furnished.folder}/calls\n'
        f'case "$*" in *node.txt*) printf "#!/bin/bash\\necho 22\\n" > .venv/bin/node; cp {furnished.programs}/npm '
        ".venv/bin/npm; chmod +x .venv/bin/node;; esac; true\n"
    )
    (furnished.programs / "cp").symlink_to(shutil.which("cp") or "")
    done = furnished.bootstrap("run")
    assert done.returncode == 0, done.stderr
    assert any("--require-hashes --requirement requirements/node.txt" in call for call in furnished.calls())
