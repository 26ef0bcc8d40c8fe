"""How pytest-xdist spreads the tests that take long: `--dist loadfile --no-loadscope-reorder`.

The tests of a module stay together, since they often share processes that take seconds to start. Those in the browser
all stay together: they share a facility and a measured survey. What waits most, rather than computing, comes first, so
that the cores are never left idle by one long row of waits at the end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

_TESTS = Path(__file__).parent

#: folders and modules in the order in which their tests begin; all others come after them
_FIRST = ("tasks/test_survival.py", "browser", "house/test_run.py", "tasks", "house")
_TOGETHER = "tests/browser/"


class Spreading(LoadFileScheduling):
    """Files stay together, and one folder."""

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading | None:
    return Spreading(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the long rows forward, in every process that runs tests alike."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _turn(item.path.relative_to(_TESTS).as_posix()))


def _turn(name: str) -> int:
    return next((turn for turn, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
