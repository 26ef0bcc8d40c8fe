"""The TDD core's state machine: frames, bursts, latched registers, channel outputs."""

from __future__ import annotations

import pytest

from sdr.simulated.tdd import SYNC_LATENCY, State, TddCore


def armed(burst_count: int = 3, frame_length: int = 99, startup_delay: int = 0) -> TddCore:
    """A core with channel 1 = pulse at the frame's start and channel 2 = high outside the first 40 clocks."""
    core = TddCore()
    core.write(burst_count=burst_count, frame_length=frame_length, startup_delay=startup_delay)
    core.write_channel(1, polarity=False, on=0, off=10)
    core.write_channel(2, polarity=True, on=0, off=40)
    core.channel_enable[:] = [True, True, True]
    core.set_enabled(True, 0)
    return core


FIRST = 1000 + SYNC_LATENCY


def test_frame_is_one_clock_longer_than_its_register() -> None:
    core = armed()
    core.sync(1000)
    assert core.edges(1, 0, 2000) == [(FIRST + k * 100, FIRST + k * 100 + 10) for k in range(3)]


def test_inverted_channel_is_low_inside_its_window_only() -> None:
    core = armed(burst_count=1)
    core.sync(1000)
    assert core.edges(2, 900, 1200) == [(900, FIRST), (FIRST + 40, 1200)]


def test_states() -> None:
    core = TddCore()
    assert core.state(0) is State.IDLE
    core = armed(burst_count=2, startup_delay=50)
    assert core.state(0) is State.ARMED
    core.sync(1000)
    assert core.state(FIRST) is State.WAITING
    assert core.state(FIRST + 50) is State.RUNNING
    core.update(FIRST + 50 + 199)
    assert core.state(FIRST + 50 + 199) is State.RUNNING
    core.update(FIRST + 50 + 200)
    assert core.state(FIRST + 50 + 200) is State.ARMED


def test_power_up_lets_reception_run_free() -> None:
    core = TddCore()
    assert core.registers.channels[1].polarity is False
    assert core.next_high(1, 123) == 123
    assert core.edges(2, 0, 100) == []


def test_polarity_takes_effect_when_enabled() -> None:
    core = TddCore()
    core.write_channel(2, polarity=True)
    assert core.edges(2, 0, 100) == []
    core.set_enabled(True, 0)
    assert core.edges(2, 0, 100) == [(0, 100)]


def test_timing_is_frozen_while_enabled() -> None:
    core = armed()
    core.write(frame_length=5)
    core.write_channel(1, off=77)
    assert core.registers.frame_length == 99
    assert core.registers.channels[1].off == 10


@pytest.mark.parametrize(("frames", "stops_at"), [(3, FIRST + 300), (0, FIRST + 200)])
def test_disabling_ends_after_the_burst_or_the_running_frame(frames: int, stops_at: int) -> None:
    core = armed(burst_count=frames)
    core.sync(1000)
    core.update(FIRST + 150)
    core.set_enabled(False, FIRST + 150)
    assert core.run_end == stops_at
    core.update(stops_at)
    assert core.state(stops_at) is State.IDLE


def test_sync_is_ignored_when_not_armed() -> None:
    core = TddCore()
    core.sync(10)
    assert not core.running
    core = armed()
    core.sync(1000)
    core.sync(1100)
    assert core.edges(1, FIRST, FIRST + 20) == [(FIRST, FIRST + 10)]


def test_sync_reset_restarts_the_frame() -> None:
    core = TddCore()
    core.write(burst_count=3, frame_length=99, sync_reset=True)
    core.write_channel(1, off=10)
    core.channel_enable[1] = True
    core.set_enabled(True, 0)
    core.sync(1000)
    core.update(FIRST + 30)
    core.sync(FIRST + 30)
    assert core.edges(1, FIRST + 30, FIRST + 100)[0][0] == FIRST + 30 + SYNC_LATENCY


def test_next_high_finds_the_next_frame_and_gives_up_after_the_burst() -> None:
    core = armed(burst_count=2)
    assert core.next_high(1, 500) is None
    core.sync(1000)
    assert core.next_high(1, 1000) == FIRST
    assert core.next_high(1, FIRST + 5) == FIRST + 5
    assert core.next_high(1, FIRST + 11) == FIRST + 100
    assert core.next_high(1, FIRST + 111) is None


def test_disabled_channel_rests_at_its_polarity() -> None:
    core = armed()
    core.channel_enable[2] = False
    core.sync(1000)
    assert core.edges(2, FIRST, FIRST + 50) == [(FIRST, FIRST + 50)]
