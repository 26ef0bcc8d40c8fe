"""A booking ends after it starts."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import faults, order


@pytest.mark.parametrize(("end", "refused"), [(0.5, True), (1, True), (1.001, False)])
def test_order(end: float, refused: bool) -> None:
    fault = order.check(wish(1, end), facts())
    assert (fault is not None) == refused
    if fault:
        assert fault.field == "ends_at"


def test_nothing_else_is_asked_of_times_in_the_wrong_order() -> None:
    assert [fault.field for fault in faults(wish(-1, -2), facts(is_member=False))] == ["ends_at"]
