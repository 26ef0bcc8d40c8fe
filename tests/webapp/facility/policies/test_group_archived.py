"""Archived groups."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import group_archived


def test_archived_groups_book_nothing() -> None:
    assert group_archived.check(wish(1, 2), facts()) is None
    fault = group_archived.check(wish(1, 2), facts(group_archived=True))
    assert fault is not None and fault.field == "group"
