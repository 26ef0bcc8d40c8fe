"""The whole facility, with short leases so that its recovery can be watched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tasks.facility import Facility
from tools.stack import Stack

LEASE_S = 6.0
SWEEP_S = 1.0
GRACE_S = 5.0  # for a radio that was lost


@pytest.fixture(scope="module")
def running() -> Iterator[Facility]:
    """Real processes on SQLite and a radio whose frames take their real time, shared by the tests of a module."""
    environment = {"RASGADO_RADIO_GRACE_S": f"{GRACE_S:g}"}
    with Stack(clock="real", lease_s=LEASE_S, sweep_s=SWEEP_S, environment=environment) as stack:
        yield Facility(stack)


@pytest.fixture
def facility(running: Facility) -> Facility:
    """The facility with every process alive, nothing queued and the instrument ready, whatever happened before."""
    running.stack.start()
    running.wait_until(lambda: running.instrument()["status"] == "ready", 30, "the instrument to be ready")
    assert not running.unfinished(), "an earlier test has left runs behind"
    return running
