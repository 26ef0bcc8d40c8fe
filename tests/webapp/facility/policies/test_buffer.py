"""Time between bookings."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.policies import buffer


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (0, 1.5, None),
        (0, 1.6, "ends_at"),
        (3.5, 4, None),
        (3.4, 4, "starts_at"),
        (3, 4, "starts_at"),
        (1, 2, "ends_at"),
    ],
)
def test_half_an_hour_around(start: float, end: float, field: str | None) -> None:
    fault = buffer.check(wish(start, end), facts(taken=(span(2, 3),), buffer_minutes=30))
    assert (fault.field if fault else None) == field


def test_none_is_needed_by_default() -> None:
    assert buffer.check(wish(3, 4), facts(taken=(span(2, 3),))) is None


def test_the_advice_is_right() -> None:
    fault = buffer.check(wish(3, 4), facts(taken=(span(2, 3),), buffer_minutes=30))
    assert fault is not None and "11:30" in fault.message
