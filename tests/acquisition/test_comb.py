"""The comb: which samples are teeth, how the replicas look, and that the flip angles agree with the formula."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.comb import Comb, excitation_profile, gate

DESIGN = Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=4e-3)


def test_gate_is_one_at_the_start_of_every_period() -> None:
    opened = gate(40_000, 20e-6, 1e-6, 10e6).reshape(200, 200)
    assert opened[:, :10].all() and not opened[:, 10:].any()


@pytest.mark.parametrize(("gap_period_s", "rate"), [(17.3e-6, 7.68e6), (33.333e-6, 3e6), (10.07e-6, 20e6)])
def test_gate_with_a_period_that_is_no_whole_number_of_samples(gap_period_s: float, rate: float) -> None:
    opened = gate(100_000, gap_period_s, 2e-6, rate)
    starts = np.flatnonzero(opened[1:] & ~opened[:-1]) + 1
    expected = np.arange(1, len(starts) + 1) * gap_period_s * rate
    assert np.all(np.abs(starts - expected) <= 1.0)
    assert opened.mean() == pytest.approx(2e-6 / gap_period_s, rel=0.01)


def test_waveform_ends_with_its_last_tooth() -> None:
    waveform = DESIGN.waveform(10e6)
    assert waveform.dtype == np.complex64
    assert len(waveform) == 199 * 200 + 10
    assert waveform[-1] != 0
    assert np.abs(waveform).max() <= 1.0


@pytest.mark.parametrize("order", [1, 2, 4])
def test_flip_angle_formula_agrees_with_the_spectrum_of_the_waveform(order: int) -> None:
    comb = Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=4e-3, hs_order=order)
    offsets, angles = excitation_profile(comb.waveform(10e6), 10e6, 20e3, smoothing_hz=3e3)
    for tooth in (0, 1, 5, -8, 12):
        measured = np.interp(tooth * comb.tooth_spacing_hz, offsets, angles)
        assert measured == pytest.approx(float(comb.tooth_flip_rad(tooth, 20e3)), rel=0.06)


def test_design_point_flip_angle() -> None:
    assert np.degrees(float(DESIGN.tooth_flip_rad(0, 20e3))) == pytest.approx(44.2, abs=0.3)


def test_replicas_tile_the_band_up_to_the_first_null() -> None:
    offsets, angles = excitation_profile(DESIGN.waveform(10e6), 10e6, 20e3, smoothing_hz=1e3, half_band_hz=0.45e6)
    assert np.abs(offsets).max() <= 0.45e6
    expected = DESIGN.tooth_flip_rad(offsets / DESIGN.tooth_spacing_hz, 20e3)
    assert np.all(angles > 0.5 * expected)
    _, near_null = excitation_profile(DESIGN.waveform(10e6), 10e6, 20e3, smoothing_hz=1e3)
    assert near_null.min() < 0.02 * near_null.max()
