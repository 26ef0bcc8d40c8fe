"""Own groups only."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import membership


def test_members_only() -> None:
    assert membership.check(wish(1, 2), facts(is_member=True)) is None
    fault = membership.check(wish(1, 2), facts(is_member=False))
    assert fault is not None and fault.field == "group"
