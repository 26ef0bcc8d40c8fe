"""How pytest-xdist spreads the tests that take long: `--dist loadgroup --no-loadscope-reorder`.

The tests of a module stay together, since they often share processes that take seconds to start. Those in the browser
all stay together: they share a facility and a measured survey. What waits most, rather than computing, comes first, so
that the cores are never left idle by one long row of waits at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parent

#: folders and modules in the order in which their tests begin; all others come after them
_FIRST = ("tasks/test_survival.py", "browser", "house/test_run.py", "tasks", "house")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests are kept in groups, name the groups and bring the long rows forward."""
    if not config.getoption("loadgroup", False):  # as the processes that run tests are told; `dist` is "no" there
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _turn(item.path.relative_to(_TESTS).as_posix()))


def _group(item: pytest.Item) -> str:
    name = item.path.relative_to(_TESTS).as_posix()
    return "browser" if name.startswith("browser/") else name


def _turn(name: str) -> int:
    return next((turn for turn, first in enumerate(_FIRST) if name.startswith(first)), len(_FIRST))
