"""A few random faults upon a running facility; `make bench NAME=random_kills` does hundreds."""

from __future__ import annotations

import pytest

from tests.tasks.ordeal import Ordeal
from tools.stack import Stack

FAULTS = 6
SEED = 20


@pytest.mark.integration
@pytest.mark.slow
def test_random_faults_lose_nothing_and_leave_no_transmitter_on() -> None:
    with Stack(clock="real", lease_s=2.0, sweep_s=0.25) as stack:
        report = Ordeal(stack, SEED, waiting=2).run(FAULTS)
    assert report.faultless, report.told()
    assert len(report.struck) == FAULTS and report.states["done"] > 0
