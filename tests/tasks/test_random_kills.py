"""Every kind of fault upon a running facility, many at once; `make bench NAME=random_kills` does hundreds."""

from __future__ import annotations

import pytest

from tests.tasks.faults import FAULTS
from tests.tasks.ordeal import Ordeal
from tools.stack import Stack

SEED = 20
AT_ONCE = 6


@pytest.mark.integration
@pytest.mark.slow
def test_random_faults_lose_nothing_and_leave_no_transmitter_on() -> None:
    with Stack(clock="real", lease_s=2.0, sweep_s=0.25) as stack:
        report = Ordeal(stack, SEED, waiting=2, at_once=AT_ONCE).run(len(FAULTS))
    assert report.faultless, report.told()
    assert {struck.fault for struck in report.struck} == {fault.name for fault in FAULTS}
    assert report.states["done"] > 0
