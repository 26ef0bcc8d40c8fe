"""A few random sequences of operations and faults; `make bench NAME=random_faults` does hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdr.simulated.faults import FaultKind
from tests.sdr.ordeal import FAULTS, Ordeal, own_locks

SEED, SEQUENCES = 936, 2
#: without those that make everybody wait for seconds
QUICK = tuple(kind for kind in FAULTS if not kind.startswith(("freeze", "delay", "timeout", "unplug")))


@pytest.mark.slow
@pytest.mark.integration
def test_what_comes_back_is_right_or_a_typed_error_and_the_transmitter_is_off(tmp_path: Path) -> None:
    with own_locks(str(tmp_path)):
        ordeal = Ordeal(SEED, radios=("v0.39",), faults=QUICK, tell=print)
        report = ordeal.run(SEQUENCES)
    assert report.problems == []
    assert report.captures > 0
    assert report.errors


@pytest.mark.slow
@pytest.mark.integration
def test_every_fault_of_the_menu_during_a_shot(tmp_path: Path) -> None:
    with own_locks(str(tmp_path)):
        report = Ordeal(SEED, tell=print).menu("v0.39", counts=(2,))
    assert report.problems == []
    assert set(report.faults) == {kind.text for kind in FaultKind}
    assert report.captures > len(FaultKind)
