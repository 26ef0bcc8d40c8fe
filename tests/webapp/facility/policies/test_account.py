"""Closed accounts."""

from __future__ import annotations

from tests.webapp.facility.policies.known import facts, wish
from webapp.facility.policies import account


def test_closed_accounts_book_nothing() -> None:
    assert account.check(wish(1, 2), facts()) is None
    fault = account.check(wish(1, 2), facts(user_active=False))
    assert fault is not None and fault.field == "user"
