"""A booking leaves time for others."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import duration_max


def test_the_limit_itself_is_short_enough() -> None:
    rules = facts(duration_max_minutes=120)
    assert duration_max.check(wish(1, 3), rules) is None
    fault = duration_max.check(wish(1, 3.1), rules)
    assert fault is not None and fault.field == "ends_at" and "120 min" in fault.message
