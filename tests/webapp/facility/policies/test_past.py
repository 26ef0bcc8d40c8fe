"""Nobody books the past."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.policies import past

MINUTE = 1 / 60


@pytest.mark.parametrize(
    ("start", "end", "before", "field"),
    [
        (-1, 1, None, "starts_at"),
        (-2 * MINUTE, 1, None, "starts_at"),
        (-MINUTE / 2, 1, None, None),  # "now", while the form was filled in
        (0, 1, None, None),
        (-1, 2, (-1, 1), None),  # one that runs is made longer
        (-1, 0, (-1, 1), None),  # and ended
        (-1, -0.5, (-1, 1), "ends_at"),  # but not as if it had ended before
        (0.5, 1, (-1, 1), "starts_at"),  # nor moved
        (-2, 1, (-1, 1), "starts_at"),
        (-1, 1, (2, 3), "starts_at"),  # one that has not begun cannot be moved into the past
    ],
)
def test_past(start: float, end: float, before: tuple[float, float] | None, field: str | None) -> None:
    fault = past.check(wish(start, end, before=None if before is None else span(*before)), facts())
    assert (fault.field if fault else None) == field
