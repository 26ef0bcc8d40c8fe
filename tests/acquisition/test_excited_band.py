from __future__ import annotations

import numpy as np
import pytest

from acquisition.comb import Comb
from acquisition.excited_band import excited_band_hz

RATE_HZ = 10e6


@pytest.mark.parametrize("samples", [10, 20, 80, 1000])
def test_a_rectangular_pulse_has_its_half_power_band(samples: int) -> None:
    """An eighth of the energy of sinc(f T)^2 lies beyond f = 0.476 / T on either side."""
    low, high = excited_band_hz(np.ones(samples, dtype=np.complex64), RATE_HZ)
    length_s = samples / RATE_HZ
    assert high * length_s == pytest.approx(0.476, abs=0.02)
    assert low == pytest.approx(-high, abs=2 * RATE_HZ / 4096)


def test_a_comb_has_the_band_of_its_teeth() -> None:
    low, high = excited_band_hz(Comb(20e-6, 1e-6, 2e-3).waveform(RATE_HZ), RATE_HZ)
    assert -0.53e6 < low < -0.43e6
    assert 0.43e6 < high < 0.53e6


def test_the_band_follows_an_offset() -> None:
    tone = np.exp(2j * np.pi * 0.3e6 * np.arange(4000) / RATE_HZ).astype(np.complex64)
    low, high = excited_band_hz(tone, RATE_HZ)
    assert low == pytest.approx(0.3e6, abs=5e3)
    assert high == pytest.approx(0.3e6, abs=5e3)
