"""The order in which a queue is measured: shares between groups, order within one, priorities before all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.runs.queue.fairness import LEAD_MAX_S, Candidate, Share, fair_order

HOUR_S = 3600.0


def queued(*groups: int, duration_s: float = HOUR_S) -> list[Candidate]:
    """Runs of these groups in this order, numbered from 0."""
    return [Candidate(number, group, duration_s, duration_s) for number, group in enumerate(groups)]


def order(candidates: list[Candidate], shares: dict[int, Share] | None = None) -> list[int]:
    return [candidate.run_id for candidate in fair_order(candidates, shares or {})]


def test_one_group_is_measured_in_its_own_order() -> None:
    assert order(queued(1, 1, 1, 1)) == [0, 1, 2, 3]


def test_a_long_series_does_not_keep_another_group_waiting() -> None:
    assert order(queued(1, 1, 1, 1, 2, 2)) == [0, 4, 1, 5, 2, 3]


def test_who_has_had_less_comes_first_until_the_shares_are_even() -> None:
    shares = {1: Share(used_s=2 * HOUR_S), 2: Share(used_s=0.0)}
    assert order(queued(1, 1, 2, 2, 2, 2), shares) == [2, 3, 0, 4, 1, 5]


def test_twice_the_weight_gets_twice_the_time() -> None:
    first = order(queued(*[1, 2] * 12), {1: Share(weight=2.0), 2: Share()})[:9]
    assert sum(1 for run_id in first if run_id % 2 == 0) == 6  # even numbers are group 1's


def test_short_runs_are_charged_less() -> None:
    mixed = [Candidate(0, 1, 4 * HOUR_S, None), Candidate(1, 1, HOUR_S, None)]
    mixed += [Candidate(2 + number, 2, HOUR_S, None) for number in range(5)]
    assert order(mixed) == [0, 2, 3, 4, 5, 1, 6]


def test_no_group_waits_for_more_than_the_longest_lead() -> None:
    shares = {1: Share(used_s=1000 * HOUR_S), 2: Share()}
    ahead = order([*queued(1), *(Candidate(number, 2, HOUR_S, None) for number in range(1, 100))], shares).index(0)
    assert ahead == LEAD_MAX_S / HOUR_S


def test_a_priority_goes_before_all_shares_and_is_charged() -> None:
    urgent = [*queued(1, 2), Candidate(2, 1, HOUR_S, None, priority=1), Candidate(3, 2, HOUR_S, None, priority=-1)]
    assert order(urgent) == [2, 1, 0, 3]


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 1e5), st.integers(-1, 1)), max_size=40))
def test_everybody_is_measured_once_and_a_groups_order_is_kept(rows: list[tuple[int, float, int]]) -> None:
    candidates = [
        Candidate(number, group, length, None, priority) for number, (group, length, priority) in enumerate(rows)
    ]
    found = list(fair_order(candidates, {1: Share(1e4, 2.0), 3: Share(50.0, 0.5)}))
    assert sorted(one.run_id for one in found) == list(range(len(rows)))
    for group in range(1, 5):
        for priority in (-1, 0, 1):
            own = [one.run_id for one in found if (one.group_id, one.priority) == (group, priority)]
            assert own == sorted(own)
    assert [one.priority for one in found] == sorted((one.priority for one in found), reverse=True)


@given(st.lists(st.integers(1, 3), min_size=6, max_size=60), st.floats(1.0, 7200.0))
def test_while_all_wait_no_group_is_ahead_by_more_than_one_run(groups: list[int], duration_s: float) -> None:
    found = list(fair_order(queued(*groups, duration_s=duration_s), {}))
    left = {group: groups.count(group) for group in set(groups)}
    had = dict.fromkeys(left, 0)
    for one in found:
        had[one.group_id] += 1
        left[one.group_id] -= 1
        if all(left.values()):
            assert max(had.values()) - min(had.values()) <= 1
