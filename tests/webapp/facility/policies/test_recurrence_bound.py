"""A series has an end within reach."""

from __future__ import annotations

import datetime

import pytest

from tests.webapp.facility.policies.known import NOW
from webapp.facility.bookings import recurrence
from webapp.facility.bookings.recurrence import Recurrence
from webapp.facility.bookings.values import Rules
from webapp.facility.policies import recurrence_bound

RULES = Rules(series_count_max=20, horizon_days=100)
FIRST = NOW.replace(tzinfo=None) + datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Recurrence("weekly", count=10), None),
        (Recurrence("daily", count=20), None),
        (Recurrence("daily", count=21), "recurrence.count"),
        (Recurrence("daily", count=10**6), "recurrence.count"),
        (Recurrence("weekly", count=20), "recurrence.count"),  # 19 weeks ahead
        (Recurrence("daily", until=datetime.date(2027, 3, 20)), None),
        (Recurrence("weekly", until=datetime.date(2037, 3, 1)), "recurrence.until"),  # ten years
        (Recurrence("monthly", interval=12, until=datetime.date(2037, 3, 1)), "recurrence.until"),
        (Recurrence("daily", until=datetime.date(2027, 2, 1)), "recurrence.until"),  # over before it begins
    ],
)
def test_bounds(rule: Recurrence, field: str | None) -> None:
    starts = recurrence.starts(FIRST, rule, RULES.series_count_max + 1)
    fault = recurrence_bound.check(rule, starts, RULES, NOW)
    assert (fault.field if fault else None) == field
