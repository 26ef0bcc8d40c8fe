"""A booking is long enough."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import duration_min


def test_the_limit_itself_is_long_enough() -> None:
    rules = facts(duration_min_minutes=30)
    assert duration_min.check(wish(1, 1.5), rules) is None
    fault = duration_min.check(wish(1, 1.49), rules)
    assert fault is not None and fault.field == "ends_at" and "30 min" in fault.message
