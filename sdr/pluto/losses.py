"""Samples of a frame that were lost on the way: a drop-out leaves zeros. Pure."""

from __future__ import annotations

import numpy as np

from acquisition.shot import BoolArray
from sdr.pluto.accumulate import Frame

# So many zeros one after the other are no chance where a receiver hears its own noise.
ZEROS_LEAST = 32
# A receiver in which more of the other samples are zero is too quiet for zeros to mean a loss.
ZEROS_ELSEWHERE_MAX = 0.5


def is_lively(frame: Frame) -> bool:
    """Whether the receiver hears so much that zeros, one after the other, mean a loss."""
    return bool(np.count_nonzero(_zero(frame)) <= ZEROS_ELSEWHERE_MAX * (len(frame) // 2))


def lost(frame: Frame, lively: bool) -> BoolArray:
    """Which samples (n,) of a frame (2 n,) lie in a drop-out; none where the receiver hears nothing anyway.

    `lively` says that another frame of the same tuning was: then a whole frame of zeros is lost, too. A transmitter
    that is silent is no drop-out: its receiver hears noise, or had never heard any.
    """
    zero = _zero(frame)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(np.int8)))
    found: BoolArray = np.zeros(len(zero), dtype=np.bool_)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        found[begin:end] = end - begin >= ZEROS_LEAST
    others = ~found
    hears = (
        np.count_nonzero(zero & others) <= ZEROS_ELSEWHERE_MAX * np.count_nonzero(others) if others.any() else lively
    )
    return found if hears else np.zeros(len(zero), dtype=np.bool_)


def _zero(frame: Frame) -> BoolArray:
    return np.logical_not(frame.reshape(-1, 2).any(axis=1))
