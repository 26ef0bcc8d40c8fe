"""Noise drawn ahead is the same noise."""

from __future__ import annotations

import threading

import numpy as np

from sdr.simulated.noise import NoiseSource


def _source(seed: int = 4) -> NoiseSource:
    return NoiseSource(np.random.Generator(np.random.SFC64(seed)))


def test_drawing_ahead_does_not_change_the_stream() -> None:
    plain = _source().take(5000)
    ahead = _source()
    parts = []
    for prepared, taken in ((0, 7), (100, 40), (100, 200), (1000, 1000), (1, 3753)):
        ahead.prepare(prepared)
        parts.append(ahead.take(taken))
    assert np.array_equal(np.concatenate(parts), plain)


def test_values_taken_belong_to_the_taker() -> None:
    source, plain = _source(), _source().take(200)
    source.prepare(200)
    source.take(100)[:] = 0
    assert np.array_equal(source.take(100), plain[100:])


def test_no_value_is_given_twice_while_another_thread_draws_ahead() -> None:
    source = _source()
    threads = [threading.Thread(target=lambda: [source.prepare(3000) for _ in range(50)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    taken = np.concatenate([source.take(777) for _ in range(100)])
    for thread in threads:
        thread.join()
    assert np.array_equal(taken, _source().take(len(taken)))
