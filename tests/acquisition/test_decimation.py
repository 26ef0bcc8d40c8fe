"""The filter of decimated decays, and that only what is kept is computed."""

from __future__ import annotations

import numpy as np
from scipy import signal

from acquisition.decimation import decimate, root_raised_cosine


def test_the_filter_folds_to_a_flat_band() -> None:
    taps = root_raised_cosine(25)
    response = np.abs(np.fft.fft(taps, 25 * 400)) ** 2
    folded = response.reshape(25, 400).sum(axis=0)
    np.testing.assert_allclose(folded / folded.mean(), 1.0, atol=0.06)


def test_it_is_what_filtering_everything_gives_every_so_often() -> None:
    taps = root_raised_cosine(7)
    rng = np.random.default_rng(1)
    samples = rng.normal(size=1000) + 1j * rng.normal(size=1000)
    np.testing.assert_allclose(
        decimate(samples, taps, 7), signal.convolve(samples, taps, mode="valid")[::7], atol=1e-12
    )
