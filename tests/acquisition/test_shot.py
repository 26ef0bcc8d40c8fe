"""Which samples are data: the rule that planner, driver and reconstruction share, against its wording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.shot import SILENCE_ENDS_PULSE_S, Capture, longest_pulse_s, receive_mask


def by_the_wording(transmitting: list[bool], dead_samples: int, samples: int) -> list[bool]:
    """Sample k is no data while the transmitter is on, nor for `dead_samples` samples after one in which it was."""
    return [
        not any(transmitting[max(0, k - dead_samples) : k + 1]) if k < len(transmitting) + dead_samples else True
        for k in range(samples)
    ]


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 25), st.integers(1, 80))
def test_the_mask_is_what_the_rule_says(transmitting: list[bool], dead_samples: int, samples: int) -> None:
    waveform = np.array(transmitting, dtype=np.complex64) * 1j
    mask = receive_mask(waveform, dead_samples / 1e6, 1e6, samples)
    assert mask.tolist() == by_the_wording(transmitting[:samples], dead_samples, samples)


@pytest.mark.parametrize(("dead_time_s", "first"), [(0.0, 3), (1e-6, 4), (1.1e-6, 5), (2e-6, 5)])
def test_a_dead_time_that_ends_within_a_sample_takes_all_of_it(dead_time_s: float, first: int) -> None:
    mask = receive_mask(np.ones(3, dtype=np.complex64), dead_time_s, 1e6, 10)
    assert int(np.argmax(mask)) == first
    assert mask[first:].all()


def test_a_capture_has_the_mask_of_its_waveform() -> None:
    capture = Capture(
        samples=np.zeros(10, dtype=np.complex64), waveform=np.ones(3, dtype=np.complex64), sample_rate_hz=1e6,
        centre_frequency_hz=28e6, dead_time_s=2e-6, averages=4,
    )  # fmt: skip
    assert capture.receive_mask.tolist() == [False] * 5 + [True] * 5


def test_teeth_are_one_pulse_and_pulses_with_a_delay_are_several() -> None:
    silence = round(SILENCE_ENDS_PULSE_S * 1e6)
    comb = np.tile(np.repeat([1.0, 0.0], [2, silence - 1]), 5).astype(np.complex64)
    assert longest_pulse_s(comb, 1e6) == pytest.approx((5 * (silence + 1) - (silence - 1)) / 1e6)
    sequence = np.concatenate([np.ones(7), np.zeros(silence), np.ones(9), np.zeros(3)]).astype(np.complex64)
    assert longest_pulse_s(sequence, 1e6) == pytest.approx(9e-6)
    assert longest_pulse_s(np.zeros(4, dtype=np.complex64), 1e6) == 0.0
