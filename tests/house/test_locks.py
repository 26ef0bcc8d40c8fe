"""The pinned packages: complete, hashed, and what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.stack import ROOT

LOCKS = ("base", "dev", "build", "node")


def locked(name: str) -> dict[str, list[str]]:
    """The versions of every package in a lock; several when they differ by marker."""
    versions: dict[str, list[str]] = {}
    for line in _statements(name):
        requirement = Requirement(line.split(" --hash=")[0])
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", line
        versions.setdefault(canonicalize_name(requirement.name), []).append(specifier.version)
    return versions


def _statements(name: str) -> list[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", "")
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line and not line.startswith("#")]


def _project() -> dict[str, object]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes_and_without_an_address(name: str) -> None:
    statements = _statements(name)
    assert statements
    for statement in statements:
        assert re.fullmatch(r"[\w.\-\[\]]+==\S+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+", statement), statement


@pytest.mark.parametrize(("name", "extra"), [("base", ""), ("dev", "dev")])
def test_the_lock_fits_what_the_project_asks_for(name: str, extra: str) -> None:
    project = _project()
    wanted: Iterable[str] = project["dependencies"]  # type: ignore[assignment]
    if extra:
        wanted = [*wanted, *project["optional-dependencies"][extra]]  # type: ignore[index]
    have = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        versions = have.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not locked: make lock"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in versions), text


def test_tests_run_on_the_very_versions_that_production_has() -> None:
    dev = locked("dev")
    for package, versions in locked("base").items():
        assert dev[package] == versions


@pytest.mark.parametrize(("package", "version"), [("celery", "5.7"), ("django", "5.2")])
def test_the_frameworks_stay_where_the_design_wants_them(package: str, version: str) -> None:
    assert all(locked_version.startswith(f"{version}.") for locked_version in locked("base")[package])
    assert locked("base")["pyadi-iio"] == ["0.0.21"]
    assert locked("base")["pylibiio"] == ["0.25"]
