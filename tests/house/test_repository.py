"""What the repository holds, and what it must not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tools.stack import ROOT

#: put together here, so that this file holds none of them itself
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"), ("docker", "io"), ("quay", "io"), ("ghcr", "io"),
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_folder_of_the_machine_it_was_written_on(tracked: list[Path]) -> None:
    places = [str(ROOT), str(ROOT.parent) + "/", str(Path.home()) + "/"]
    for place in places:
        if place.count("/") < 2:  # a clone directly below the root: its path would be found in any address
            continue
        for path in tracked:
            assert place.encode() not in path.read_bytes(), f"{path.relative_to(ROOT)} holds {place}"


def test_no_file_names_the_host_of_a_package_registry(tracked: list[Path]) -> None:
    pattern = re.compile("|".join(re.escape(host) for host in HOSTS).encode())
    for path in tracked:
        found = pattern.search(path.read_bytes())
        assert found is None, f"{path.relative_to(ROOT)} holds {found.group().decode()}"


def test_no_link_in_the_documentation_is_broken(tracked: list[Path]) -> None:
    for path in tracked:
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text()):
            if "://" not in target and not target.startswith("mailto:"):
                assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("name", ["run", "test", "bench", "lint", "lock", "clean", "help"])
def test_make_knows_the_commands_that_people_rely_on(name: str) -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^make {name} +\S", shown, re.MULTILINE)
    subprocess.run(["make", "--dry-run", name], cwd=ROOT, capture_output=True, check=True)


def test_continuous_integration_runs_the_whole_suite() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert re.search(r"^exec make test$", text, re.MULTILINE)
