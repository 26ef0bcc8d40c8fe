"""In which order an instrument measures what waits for it. Pure: candidates and what groups have had in, order out.

Start-time fair queueing (P. Goyal, H. M. Vin, H. Cheng, IEEE/ACM Trans. Netw. 5, 690 (1997)) with groups as flows and
what they had lately as their start: whoever has had the least time for its weight is next, and is charged the planned
duration of what it gets. Within a group its own order counts. A priority goes before all shares.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LEAD_MAX_S = 4 * 3600.0
"""A group that had little lately is ahead of one that had much by this at most, so that nobody waits for days."""


@dataclass(frozen=True)
class Candidate:
    """A queued run; durations are those of its plan, `duration_max_s` None if the plan does not bound it."""

    run_id: int
    group_id: int
    duration_s: float
    duration_max_s: float | None
    priority: int = 0


@dataclass(frozen=True)
class Share:
    """What a group has had of the instrument lately, in seconds, and its weight (above 0)."""

    used_s: float = 0.0
    weight: float = 1.0

    @property
    def virtual_s(self) -> float:
        """Time had per weight: the lowest is next."""
        return self.used_s / self.weight


def fair_order(queued: Iterable[Candidate], shares: Mapping[int, Share]) -> Iterator[Candidate]:
    """All of `queued` (which come in the order of their positions) in the order of measuring, lazily."""
    classes: dict[int, dict[int, deque[tuple[int, Candidate]]]] = {}
    for place, candidate in enumerate(queued):
        groups = classes.setdefault(candidate.priority, {})
        groups.setdefault(candidate.group_id, deque()).append((place, candidate))
    had_s = {group_id: shares.get(group_id, Share()).virtual_s for groups in classes.values() for group_id in groups}
    for priority in sorted(classes, reverse=True):
        groups = classes[priority]
        latest_s = min(had_s[group_id] for group_id in groups) + LEAD_MAX_S
        heap = [(min(had_s[group_id], latest_s), waiting[0][0], group_id) for group_id, waiting in groups.items()]
        heapq.heapify(heap)
        while heap:
            virtual_s, _, group_id = heapq.heappop(heap)
            _, candidate = groups[group_id].popleft()
            yield candidate
            had_s[group_id] = virtual_s + candidate.duration_s / shares.get(group_id, Share()).weight
            if groups[group_id]:
                heapq.heappush(heap, (had_s[group_id], groups[group_id][0][0], group_id))
