"""Outages and maintenance."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.bookings.values import OutageSpan
from webapp.facility.policies import outage


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [(1, 2, False), (3, 4, False), (1, 2.1, True), (2.9, 4, True), (2.2, 2.4, True), (0, 9, True)],
)
def test_half_open(start: float, end: float, refused: bool) -> None:
    fault = outage.check(wish(start, end), facts(outages=(OutageSpan(span(2, 3), "new probe"),)))
    assert (fault is not None) == refused
    if fault:
        assert "new probe" in fault.message and fault.field == "starts_at"


def test_until_further_notice() -> None:
    known = facts(outages=(OutageSpan(span(2, None), "broken"),))
    assert outage.check(wish(1, 2), known) is None
    fault = outage.check(wish(5000, 5001), known)
    assert fault is not None and "until further notice" in fault.message
