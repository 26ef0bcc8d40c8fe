"""Half-open stretches of time, counted. Everything is whole microseconds, so that parts add up exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


def covered(keys: Integers, starts: Integers, ends: Integers, count: int, edges: Integers) -> Integers:
    """How much of each bin [edges[k], edges[k+1]) is covered by the stretches [start, end) of each key.

    `keys`, `starts` and `ends` have shape (n,), keys are 0..count-1, edges ascend; returns (count, bins). What several
    stretches of a key cover counts once. Every key gets a part of one long axis of its own, so that one sort merges
    the stretches of all of them; the covered length up to a moment is then read off at every edge.
    """
    low, high = int(edges[0]), int(edges[-1])
    width = high - low + 1
    starts, ends = np.clip(starts, low, high), np.clip(ends, low, high)
    kept = ends > starts
    if not count or not kept.any():
        return np.zeros((count, len(edges) - 1), dtype=np.int64)
    offsets = keys[kept] * width - low
    starts, ends = starts[kept] + offsets, ends[kept] + offsets
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    first = np.concatenate([[True], starts[1:] > ends[:-1]])
    starts, ends = starts[first], ends[np.concatenate([np.flatnonzero(first)[1:] - 1, [len(ends) - 1]])]
    total = np.concatenate([[0], np.cumsum(ends - starts)])
    moments = (np.arange(count)[:, None] * width + (edges - low)[None, :]).ravel()
    begun = np.searchsorted(starts, moments, side="right")
    still_to_come = np.where(begun > 0, np.maximum(ends[begun - 1] - moments, 0), 0)
    up_to = (total[begun] - still_to_come).reshape(count, -1)
    return np.diff(up_to, axis=1)


def spread(
    keys: Integers, starts: Integers, ends: Integers, amounts: Integers, count: int, edges: Integers
) -> Integers:
    """`amounts` of each stretch, spread evenly over it, that fall into each bin; shapes as `covered`.

    Of an amount A over a length L, floor(A t / L) lies before the moment t after its start: whole numbers whose
    differences add up to A, and never exceed the bin while A <= L. A stretch without length gives nothing.
    """
    found = np.zeros((count, len(edges) - 1), dtype=np.int64)
    real = ends > starts
    keys, starts, ends, amounts = keys[real], starts[real], ends[real], amounts[real]
    first = np.searchsorted(edges, starts, side="right") - 1
    last = np.searchsorted(edges, ends, side="left") - 1
    inside = (first == last) & (first >= 0) & (last < len(edges) - 1)
    np.add.at(found, (keys[inside], first[inside]), amounts[inside])
    bins = len(edges) - 1
    for k in np.flatnonzero(~inside & (last >= 0) & (first < bins)):
        # Python's integers: the product is larger than 64 bits hold. Few stretches reach over midnight.
        start, length, amount = int(starts[k]), int(ends[k] - starts[k]), int(amounts[k])
        touched = range(max(int(first[k]), 0), min(int(last[k]), bins - 1) + 1)
        before = [amount * min(max(int(edges[j]) - start, 0), length) // length for j in (*touched, touched[-1] + 1)]
        found[int(keys[k]), touched.start : touched.stop] += np.diff(np.array(before, dtype=np.int64))
    return found
