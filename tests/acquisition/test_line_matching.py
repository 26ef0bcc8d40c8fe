"""Lists of lines compared: pairs, what is missing, and that the right one is ranked first."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.line_matching import REACH, match

NITRITE_HZ = [1.038e6, 3.604e6, 4.642e6]
FREQUENCIES = st.lists(st.floats(1e5, 1e8), max_size=8)


def test_equal_lists_are_paired_in_order() -> None:
    found = match(NITRITE_HZ, NITRITE_HZ, [1e3] * 3)
    assert [(pair.peak, pair.line, pair.difference_hz) for pair in found.pairs] == [(k, k, 0.0) for k in range(3)]
    assert (found.missing, found.unexplained) == ((), ())


def test_a_line_is_given_to_one_peak_only_and_to_the_nearer() -> None:
    found = match([3.6045e6, 3.6039e6], [3.604e6], [1e3])
    assert [(pair.peak, pair.line) for pair in found.pairs] == [(1, 0)]
    assert found.unexplained == (0,)


def test_two_peaks_between_two_lines_are_both_paired() -> None:
    """The nearest pair first would leave one peak without a line."""
    found = match([1000e3, 1001.4e3], [1001.0e3, 1002.9e3], [1e3, 1e3])
    assert len(found.pairs) == 2


def test_lines_within_the_peaks_are_missing_and_those_beyond_were_not_looked_for() -> None:
    known = [0.5e6, 2e6, *NITRITE_HZ, 9e6]
    found = match(NITRITE_HZ, known, [1e3] * len(known))
    assert [known[place] for place in found.missing] == [2e6]
    searched = match(NITRITE_HZ, known, [1e3] * len(known), (0.1e6, 10e6))
    assert [known[place] for place in searched.missing] == [0.5e6, 2e6, 9e6]
    assert searched.score == pytest.approx(found.score + 2 * math.log(0.2))


def test_a_second_line_at_a_matched_peak_is_not_missing() -> None:
    """Two publications of one line, or a doublet closer than the tolerance."""
    once, twice = match(NITRITE_HZ, NITRITE_HZ, [1e3] * 3), match(NITRITE_HZ, [*NITRITE_HZ, 3.6045e6], [1e3] * 4)
    assert (twice.missing, twice.score) == ((), pytest.approx(once.score))


def test_more_and_closer_matches_score_higher_and_missing_lines_lower() -> None:
    whole = match(NITRITE_HZ, NITRITE_HZ, [1e3] * 3).score
    assert whole > match(NITRITE_HZ, [hz + 900 for hz in NITRITE_HZ], [1e3] * 3).score
    assert whole > match(NITRITE_HZ, NITRITE_HZ[:2], [1e3] * 2).score
    assert whole > match(NITRITE_HZ, [*NITRITE_HZ, 2e6], [1e3] * 4).score


@given(FREQUENCIES, FREQUENCIES)
def test_every_peak_and_every_line_is_used_once_at_most(peaks: list[float], lines: list[float]) -> None:
    found = match(peaks, lines, [1e3] * len(lines))
    paired = [pair.peak for pair in found.pairs]
    assert sorted([*paired, *found.unexplained]) == list(range(len(peaks)))
    used = [pair.line for pair in found.pairs]
    assert len(set(used)) == len(used) and not set(used) & set(found.missing)
    assert all(abs(pair.difference_hz) <= REACH * 1e3 for pair in found.pairs)
