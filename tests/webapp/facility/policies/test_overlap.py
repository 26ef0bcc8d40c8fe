"""One booking at a time."""

from __future__ import annotations

import pytest

from tests.webapp.facility.policies.known import facts, span, wish
from webapp.facility.policies import overlap


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [(1, 2, False), (3, 4, False), (1, 2.001, True), (2.999, 4, True), (2, 3, True), (2.2, 2.4, True), (0, 9, True)],
)
def test_half_open(start: float, end: float, refused: bool) -> None:
    fault = overlap.check(wish(start, end), facts(taken=(span(2, 3), span(20, 21))))
    assert (fault is not None) == refused
    if fault:
        assert fault.field == "starts_at" and "10:00" in fault.message and "11:00" in fault.message
