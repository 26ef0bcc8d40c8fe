"""The table of points and tests in the documentation names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[2] / "docs" / "how-to" / "simulated-spectrometer.md"


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 30
    for file in {file for file, _ in named}:
        tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        wanted = {name for other, name in named if other == file}
        assert wanted <= there, (file, wanted - there)
