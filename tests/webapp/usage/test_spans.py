"""Covered and spread time against counting microsecond by microsecond."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.usage.spans import covered, spread

EDGES = np.array([10, 17, 30, 31, 50])
stretches = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(-2, 40)), max_size=12)


def _columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keys, starts, lengths = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return keys, starts, starts + lengths


@settings(max_examples=60, deadline=None)
@given(stretches)
def test_covered_counts_every_moment_once(rows: list[tuple[int, int, int]]) -> None:
    keys, starts, ends = _columns(rows)
    moments = [
        {t for k, s, e in zip(keys, starts, ends, strict=True) if k == key for t in range(s, e)} for key in range(3)
    ]
    expected = [[sum(a <= t < b for t in own) for a, b in itertools.pairwise(EDGES)] for own in moments]
    assert covered(keys, starts, ends, 3, EDGES).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(stretches, st.integers(0, 10**13))
def test_spread_adds_up_and_never_exceeds_its_bin(rows: list[tuple[int, int, int]], scale: int) -> None:
    keys, starts, ends = _columns([row for row in rows if row[2] > 0])
    amounts = (ends - starts) * (scale % 11) // 10
    amounts = np.minimum(amounts, ends - starts)
    edges = np.array([-5, *EDGES.tolist(), 200])
    found = spread(keys, starts, ends, amounts, 3, edges)
    assert found.sum() == amounts.sum()
    for k in range(3):
        own = keys == k
        assert found[k].sum() == amounts[own].sum()
    lengths = np.array([covered(np.array([0]), starts[[i]], ends[[i]], 1, edges)[0] for i in range(len(keys))])
    assert (found.sum(axis=0) <= lengths.sum(axis=0)).all() if len(keys) else not found.any()


def test_a_long_amount_over_a_long_time_is_exact() -> None:
    """A product of microseconds that 64 bits do not hold."""
    year = 365 * 86_400_000_000
    edges = np.array([0, year // 3, year])
    found = spread(np.array([0]), np.array([0]), np.array([year]), np.array([year - 1]), 1, edges)
    assert found.tolist() == [[(year - 1) * (year // 3) // year, year - 1 - (year - 1) * (year // 3) // year]]
