"""Until when time can be given up."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.policies import cancel_deadline

KNOWN = facts(cancel_deadline_minutes=120)


def test_until_the_deadline() -> None:
    assert cancel_deadline.check_cancel(span(2, 3), False, KNOWN) is None
    fault = cancel_deadline.check_cancel(span(1.9, 3), False, KNOWN)
    assert fault is not None and fault.field == "starts_at" and "120 min" in fault.message
    assert cancel_deadline.check_cancel(span(1.9, 3), True, KNOWN) is None


@pytest.mark.parametrize(
    ("before", "start", "end", "refused"),
    [
        ((1, 3), 1, 3.5, False),  # longer
        ((1, 3), 0.5, 3, False),
        ((1, 3), 1, 2.5, True),  # shorter
        ((1, 3), 5, 7, True),  # away
        ((2, 3), 5, 7, False),  # away in time
        ((-1, 3), -1, 0.5, False),  # ended early
    ],
)
def test_moving_is_no_way_round(before: tuple[float, float], start: float, end: float, refused: bool) -> None:
    asked = wish(start, end, before=span(*before))
    assert (cancel_deadline.check(asked, KNOWN) is not None) == refused
