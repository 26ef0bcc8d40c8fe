from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdr.pluto.accumulate import FRAMES_PER_SHORT_SUM, RX_FULL_SCALE, FrameSum, PhaseCycleAverage


@settings(max_examples=50, deadline=None)
@given(frames=st.integers(1, 100), extreme=st.sampled_from([-2048, 2047, None]), seed=st.integers(0, 100))
def test_the_sum_is_exact(frames: int, extreme: int | None, seed: int) -> None:
    """Also when every sample sits at an end of the scale, where a 16-bit sum would wrap first."""
    generator = np.random.default_rng(seed)
    received = generator.integers(-2048, 2048, (frames, 20)).astype(np.int16)
    if extreme is not None:
        received[:] = extreme
    frame_sum = FrameSum(10)
    for frame in received:
        frame_sum.add(frame)
    exact = received.astype(np.int64).sum(axis=0)
    np.testing.assert_array_equal(frame_sum.total(), exact[0::2] + 1j * exact[1::2])
    assert frame_sum.frames == frames


def test_the_short_sum_is_as_long_as_16_bits_allow() -> None:
    assert np.iinfo(np.int16).min == -2048 * FRAMES_PER_SHORT_SUM
    assert np.iinfo(np.int16).max >= 2047 * FRAMES_PER_SHORT_SUM


def test_overload_is_seen_in_any_frame() -> None:
    frame_sum = FrameSum(4)
    quiet = np.zeros(8, dtype=np.int16)
    for index, value in ((2, 2047), (5, -2048), (6, 2046), (7, -2047)):
        loud = quiet.copy()
        loud[index] = value
        frame_sum.add(loud)
        frame_sum.add(quiet)
    np.testing.assert_array_equal(frame_sum.overloaded(), [False, True, True, False])


@pytest.mark.parametrize("cycle", [(1,), (1, -1), (1, 1j, -1, -1j), (1, np.exp(0.7j))])
def test_phase_cycle_keeps_the_signal_and_drops_the_offset(cycle: tuple[complex, ...]) -> None:
    signal = 200 * np.exp(2j * np.pi * np.arange(50) / 50)
    offset = 30 - 40j
    average = PhaseCycleAverage(50, tuple(complex(p) for p in cycle))
    for _ in range(3):
        for index, phase in enumerate(cycle):
            received = np.rint((phase * signal + offset).view(np.float64)).astype(np.int16)
            average.frame_sum(index).add(received)
            average.frame_sum(index).add(received)
        average.commit()
    assert average.averages == 6 * len(cycle)
    left = 0.0 if abs(sum(cycle)) < 1e-9 else offset * np.mean(np.conj(cycle))
    np.testing.assert_allclose(average.mean() * RX_FULL_SCALE, signal + left, atol=0.8)


def test_more_frames_than_a_sum_of_32_bits_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdr.pluto.accumulate.FRAMES_PER_LONG_SUM", 20)
    average = PhaseCycleAverage(2, (1, -1))
    for _ in range(7):
        for _ in range(9):
            average.frame_sum(0).add(np.array([2047, -2048, 100, 0], dtype=np.int16))
            average.frame_sum(1).add(np.array([-2047, 2047, 100, 0], dtype=np.int16))
        average.commit()
    assert average.averages == 126
    np.testing.assert_allclose(average.mean() * RX_FULL_SCALE, [2047 - 2047.5j, 0], rtol=1e-6)


def test_only_whole_cycles_count() -> None:
    average = PhaseCycleAverage(2, (1, -1))
    average.frame_sum(0).add(np.full(4, 100, dtype=np.int16))
    assert average.frames == 1
    assert average.averages == 0
    assert not average.mean().any()
    with pytest.raises(ValueError, match="same|as many"):
        average.commit()
