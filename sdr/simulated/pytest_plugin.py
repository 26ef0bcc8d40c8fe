"""Simulated spectrometers as fixtures, for this project's tests and for anybody's who writes a client.

`pytest_plugins = ["sdr.simulated.pytest_plugin"]` in a conftest.py gives `simulated_pluto` and `start_simulated_pluto`;
docs/how-to/simulated-spectrometer.md has an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sdr.simulated.process import SimulatedProcess, running


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers takes it."""
    config.addinivalue_line(
        "markers", "simulated(sample, **options): the simulated radio of a test, see sdr.simulated.running"
    )


@pytest.fixture
def start_simulated_pluto() -> Iterator[Callable[..., SimulatedProcess]]:
    """Starts simulated radios, `start_simulated_pluto(sample, seed=…, clock=…)`; all end with the test."""
    with ExitStack() as started:

        def start(*arguments: Any, **options: Any) -> SimulatedProcess:
            return started.enter_context(running(*arguments, **options))

        yield start


@pytest.fixture
def simulated_pluto(
    request: pytest.FixtureRequest, start_simulated_pluto: Callable[..., SimulatedProcess]
) -> SimulatedProcess:
    """A simulated radio of the test's own, seed 1 and the fast clock unless the marker `simulated` says otherwise."""
    marker = request.node.get_closest_marker("simulated")
    return start_simulated_pluto(*marker.args, **marker.kwargs) if marker else start_simulated_pluto()
