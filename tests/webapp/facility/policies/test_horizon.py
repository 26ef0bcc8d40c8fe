"""How far ahead one may book."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import horizon


def test_the_end_counts() -> None:
    rules = facts(horizon_days=10)
    assert horizon.check(wish(239, 240), rules) is None
    fault = horizon.check(wish(239, 240.5), rules)
    assert fault is not None and fault.field == "ends_at" and "2027-03-11" in fault.message
