"""The whole facility, with short leases so that its recovery can be watched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tasks.facility import Facility
from tools.stack import Stack

LEASE_S = 4.0
SWEEP_S = 0.5


@pytest.fixture
def facility() -> Iterator[Facility]:
    """Real processes on SQLite and a radio whose frames take their real time."""
    with Stack(clock="real", lease_s=LEASE_S, sweep_s=SWEEP_S) as stack:
        yield Facility(stack)
