"""Which queued runs may start now on an instrument that people have booked. Pure: times and groups in, answers out."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence

from webapp.facility.bookings.values import Window
from webapp.runs.queue.fairness import Candidate

#: what a run may take beyond the longest duration of its plan: opening the radio, checks, storing the last capture
MARGIN_S = 60.0


def free_s(group_id: int, windows: Sequence[Window], now: datetime.datetime) -> float:
    """Seconds until somebody else's window, 0 during one; inf when there is none ahead."""
    foreign = [
        window for window in windows if window.group_id != group_id and (window.ends_at is None or window.ends_at > now)
    ]
    return min((max(0.0, (window.starts_at - now).total_seconds()) for window in foreign), default=float("inf"))


def eligible(candidates: Iterable[Candidate], windows: Sequence[Window], now: datetime.datetime) -> Iterator[Candidate]:
    """Those of the candidates that can surely end before somebody else's booking, or an outage, begins, in their order.

    What does not fit is passed over, not waited for.
    """
    return (candidate for _place, candidate in places(candidates, windows, now))


def places(
    candidates: Iterable[Candidate], windows: Sequence[Window], now: datetime.datetime
) -> Iterator[tuple[int, Candidate]]:
    """As `eligible`, each with its place among all candidates."""
    known: dict[int, float] = {}  # groups are few, runs many
    for place, candidate in enumerate(candidates):
        if candidate.group_id not in known:
            known[candidate.group_id] = free_s(candidate.group_id, windows, now)
        if _fits(candidate, known[candidate.group_id]):
            yield place, candidate


def _fits(candidate: Candidate, free: float) -> bool:
    if free == float("inf"):
        return True
    return candidate.duration_max_s is not None and candidate.duration_max_s + MARGIN_S <= free
