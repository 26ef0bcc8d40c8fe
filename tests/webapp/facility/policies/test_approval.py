"""When a booking must be approved, first and again."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import span, wish
from webapp.facility.bookings.values import Rules
from webapp.facility.policies import approval

WANTED = Rules(needs_approval=True)


def test_only_where_wanted_and_not_by_staff() -> None:
    assert approval.needed(wish(1, 2), WANTED)
    assert not approval.needed(wish(1, 2), Rules())
    assert not approval.needed(wish(1, 2, by_staff=True), WANTED)


@pytest.mark.parametrize(
    ("start", "end", "approved", "again"),
    [(1, 2, True, False), (1.2, 1.8, True, False), (1, 2.1, True, True), (5, 6, True, True), (1.2, 1.8, False, True)],
)
def test_again_when_it_leaves_the_approved_time(start: float, end: float, approved: bool, again: bool) -> None:
    assert approval.needed(wish(start, end, before=span(1, 2), approved=approved), WANTED) == again
