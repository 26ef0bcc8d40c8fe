"""What a pulse sends into bands where nothing may be sent; spectra that can be written down are the reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.emission import Emission
from acquisition.pulses import gaussian_pulse, rectangular_pulse

RATE_HZ = 10e6


def test_a_rectangles_energy_and_20_db_band_are_those_of_its_sinc() -> None:
    """sinc^2: 90.3 % of the energy within 1/T; the second side lobe is at -17.8 dB, the third at -20.8."""
    length_s = 20e-6
    emission = Emission(rectangular_pulse(length_s, RATE_HZ), RATE_HZ)
    assert emission.share(-1 / length_s, 1 / length_s) == pytest.approx(0.903, abs=2e-3)
    low, high = emission.loud_band_hz
    assert -low == pytest.approx(high, rel=1e-6)
    assert 2.46 / length_s < high < 2.75 / length_s
    # between its lobes, at the zero at 1/T, nothing is loud
    assert not emission.is_loud(0.97 / length_s, 1.03 / length_s)
    assert emission.is_loud(1.3 / length_s, 1.5 / length_s)


def test_a_tone_between_two_points_is_found() -> None:
    offset_hz = 123_456.7
    tone = rectangular_pulse(1e-3, RATE_HZ, offset_hz=offset_hz)
    emission = Emission(tone, RATE_HZ)
    assert emission.is_loud(offset_hz - 1.0, offset_hz + 1.0)
    assert not emission.is_loud(offset_hz + 10e3, offset_hz + 20e3)
    assert not emission.is_loud(-offset_hz - 1e3, -offset_hz + 1e3)


def test_the_oscillator_counts_although_the_pulse_is_elsewhere() -> None:
    emission = Emission(gaussian_pulse(100e-6, RATE_HZ, offset_hz=2e6), RATE_HZ)
    assert not emission.keeps_out(28e6, (27.99e6, 28.01e6), 0.01)
    assert emission.keeps_out(28e6, (28.1e6, 28.2e6), 0.01)


@settings(max_examples=60, deadline=None)
@given(
    length_s=st.floats(2e-6, 200e-6),
    low_hz=st.floats(20e6, 40e6),
    width_hz=st.floats(1e3, 3e6),
    centre_hz=st.floats(20e6, 40e6),
    share=st.floats(1e-4, 0.2),
)
def test_the_nearest_allowed_is_allowed_and_nothing_much_nearer_is(
    length_s: float, low_hz: float, width_hz: float, centre_hz: float, share: float
) -> None:
    emission = Emission(rectangular_pulse(length_s, RATE_HZ), RATE_HZ)
    band, within = (low_hz, low_hz + width_hz), (15e6, 45e6)
    found = emission.nearest_allowed_hz(centre_hz, [band], share, within)
    assert found is not None and within[0] <= found <= within[1]
    assert emission.keeps_out(found, band, share)
    if emission.keeps_out(centre_hz, band, share):
        return
    # What a step skips may be gaps between side lobes, never a stretch of two steps.
    finer = 8
    step_hz = max(RATE_HZ / 4096, 30e6 / 4000)
    away_hz = np.arange(step_hz, abs(found - centre_hz) - step_hz, step_hz / finer)
    for nearer_hz in (centre_hz + away_hz, centre_hz - away_hz):
        inside = (nearer_hz >= within[0]) & (nearer_hz <= within[1])
        allowed = np.concatenate([[False], emission.keeps_out(nearer_hz, band, share) & inside])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], allowed, [False]]).astype(int)))
        assert max(edges[1::2] - edges[::2], default=0) <= 2 * finer


def test_nothing_is_allowed_where_the_band_is_everything() -> None:
    emission = Emission(rectangular_pulse(10e-6, RATE_HZ), RATE_HZ)
    assert emission.nearest_allowed_hz(28e6, [(1e6, 300e6)], 0.01, (1e6, 300e6)) is None
    assert emission.nearest_allowed_hz(28e6, [(27e6, 29e6)], 0.01, (28e6, 27e6)) is None
