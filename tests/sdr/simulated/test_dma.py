"""Transmit and receive DMA: order of samples, holds, the queue that keeps the oldest."""

from __future__ import annotations

import numpy as np
import pytest

from sdr.simulated.receiver import Receiver
from sdr.simulated.transmitter import Transmitter
from sdr.simulated.waveform import FULL_SCALE, Segment, Span, Waveform, audible


def waveform(values: list[complex]) -> Waveform:
    samples = np.array(values)
    pairs = np.stack([samples.real, samples.imag], axis=1) * FULL_SCALE
    return Waveform.from_int16(np.rint(pairs).astype(np.int16).ravel())


def played(span: Span) -> np.ndarray:  # type: ignore[type-arg]
    return span.samples * 1j**span.quadrant


RAMP = [0.1, 0.2, 0.3, 0.4]


def test_cyclic_waveform_repeats() -> None:
    transmitter = Transmitter()
    transmitter.push(waveform(RAMP), start=3, cyclic=True)
    first, second = transmitter.play(0, 5, []), transmitter.play(5, 12, [])
    expected = [0, 0, 0, 0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4, 0.1]
    assert np.concatenate([played(first), played(second)]) == pytest.approx(expected, abs=1e-4)


def test_single_waveforms_follow_one_another_and_end() -> None:
    transmitter = Transmitter()
    transmitter.push(waveform(RAMP), start=0, cyclic=False)
    transmitter.push(waveform([0.5, 0.6]), start=1, cyclic=False)
    assert played(transmitter.play(0, 8, [])) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0, 0], abs=1e-4)
    assert transmitter.queued == 0


@pytest.mark.parametrize(("restart", "expected"), [(True, 0.1), (False, 0.3)])
def test_hold_is_silent_and_release_restarts_or_goes_on(restart: bool, expected: float) -> None:
    transmitter = Transmitter(restart_after_hold=restart)
    transmitter.push(waveform(RAMP), start=0, cyclic=True)
    out = played(transmitter.play(0, 8, [(2, 6)]))
    assert out[:6] == pytest.approx([0.1, 0.2, 0, 0, 0, 0], abs=1e-4)
    assert out[6] == pytest.approx(expected, abs=1e-4)


def test_waveform_pushed_while_held_starts_at_its_beginning() -> None:
    for restart in (True, False):
        transmitter = Transmitter(restart_after_hold=restart)
        transmitter.push(waveform(RAMP), start=0, cyclic=True)
        assert played(transmitter.play(0, 10, [(0, 7)]))[7] == pytest.approx(0.1, abs=1e-4)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_quarter_turns_share_everything_but_the_quadrant(turn: int) -> None:
    base = [0, 0.3 + 0.1j, -0.2j, 0.7]
    one, other = waveform(base), waveform([value * 1j**turn for value in base])
    assert other.key == one.key
    assert other.quadrant == (one.quadrant + turn) % 4
    assert other.samples * 1j**other.quadrant == pytest.approx(np.array(base) * 1j**turn, abs=1e-4)


def test_over_range_is_clipped() -> None:
    loud = Waveform.from_int16(np.array([32767, -32768], np.int16))
    assert loud.samples[0] * 1j**loud.quadrant == pytest.approx(1 - 1j)


def test_mirrored_waveform_is_the_conjugate() -> None:
    original = waveform([0.2 + 0.5j, -0.1j])
    mirrored = original.mirrored
    assert mirrored.samples * 1j**mirrored.quadrant == pytest.approx(np.conj([0.2 + 0.5j, -0.1j]), abs=1e-4)
    assert mirrored.key != original.key


def test_silent_parts_of_long_waveforms_are_left_out() -> None:
    long = np.zeros(10_000, complex)
    long[100:150] = 0.5
    wave = waveform(list(long))
    parts = audible(0, wave, 9_990, 10_200)
    assert [(p.offset, p.position, p.length) for p in parts] == [(110, 100, 50), (10_110, 100, 50)]
    whole = Span(10_200, (Segment(0, wave, 9_990, 10_200),))
    assert np.array_equal(Span(10_200, tuple(parts)).samples, whole.samples)


def test_part_of_a_span() -> None:
    span = Span(9, (Segment(1, waveform(RAMP), 2, 7),))
    assert played(span.part(3, 7)) == pytest.approx(played(span)[3:7])


def fill(receiver: Receiver, position: int) -> None:
    receiver.begin(position, 1)
    assert receiver.current is not None
    receiver.current.append(np.full((receiver.block_length, 2), position, np.int16))
    receiver.finish()


def test_queue_keeps_the_oldest_blocks() -> None:
    receiver = Receiver(block_length=2, blocks=2, not_before=0)
    fill(receiver, 0)
    fill(receiver, 2)
    assert not receiver.can_begin
    assert receiver.fetch().data()[0, 0] == 0
    assert not receiver.can_begin, "the client still holds the first block"
    receiver.requeue()
    assert receiver.can_begin
    fill(receiver, 50)
    assert [receiver.fetch().data()[0, 0] for _ in range(2)] == [2, 50]


def test_block_from_pieces() -> None:
    receiver = Receiver(block_length=4, blocks=1, not_before=0)
    receiver.begin(10, 2)
    block = receiver.current
    assert block is not None and block.end == 18
    block.append(np.zeros((1, 2), np.int16))
    assert (block.position, block.end) == (12, 18)
