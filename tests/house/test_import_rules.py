"""Who may import whom: the rules hold, and each of them notices when it is broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.stack import ROOT

PACKAGES = ("acquisition", "sdr", "tasks", "webapp", "rasgado")
FORBIDDEN = [
    ("acquisition", "sdr"), ("acquisition", "webapp"), ("acquisition", "tasks"), ("acquisition", "rasgado"),
    ("sdr", "webapp"), ("sdr", "tasks"), ("webapp", "sdr"), ("webapp", "tasks"), ("rasgado", "acquisition"),
    ("rasgado", "sdr"), ("rasgado", "webapp"), ("rasgado", "tasks"),
]  # fmt: skip
ALLOWED = [("sdr", "acquisition"), ("webapp", "acquisition"), *(("tasks", p) for p in ("acquisition", "sdr", "webapp"))]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_code_keeps_to_the_rules() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


def test_what_is_allowed_passes(packages: Path) -> None:
    for importer, imported in ALLOWED:
        (packages / importer / f"uses_{imported}.py").write_text(f"import {imported}\n")
    done = lint(packages)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("importer", "imported"), FORBIDDEN)
def test_each_forbidden_import_is_noticed(packages: Path, importer: str, imported: str) -> None:
    (packages / importer / "deep.py").write_text(f"def late():\n    import {imported}\n    return {imported}\n")
    done = lint(packages)
    assert done.returncode == 1, done.stdout
    assert f"{importer}.deep -> {imported}" in done.stdout
