"""Training, where it is needed."""

from __future__ import annotations

import datetime

import pytest

from tests.webapp.facility.policies.known import at, facts, wish
from webapp.facility.policies import qualification

FOR_GOOD = datetime.datetime.max.replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("needed", "until", "refused"),
    [
        (False, None, False),
        (True, None, True),
        (True, at(1.9), True),
        (True, at(2), False),  # half-open: it counts until then
        (True, FOR_GOOD, False),
    ],
)
def test_it_must_last_to_the_end(needed: bool, until: datetime.datetime | None, refused: bool) -> None:
    fault = qualification.check(wish(1, 2), facts(needs_qualification=needed, qualified_until=until))
    assert (fault is not None) == refused
    if fault:
        assert fault.field == "instrument"
