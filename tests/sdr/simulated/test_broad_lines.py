"""Lines with a distribution of frequencies: what they are made of, and that slices give what one grid gives."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sdr.simulated.ensemble import ensemble
from sdr.simulated.excitation import excited_slices
from sdr.simulated.powder import powder_orientations
from sdr.simulated.sample import Distribution, SpinLine
from sdr.simulated.spins import SpinSystem
from tests.sdr.simulated.test_spins import CENTRE, FS, comb, drive, hard_pulse, observed, pulses


def line(distribution: Distribution, frequency_hz: float = CENTRE, t2_s: float = 0.3e-3, spin: float = 1.5) -> SpinLine:
    return SpinLine(
        frequency_hz, 1.0, t1_s=20e-3, t2_s=t2_s, t2_star_s=t2_s, spin=Fraction(spin), distribution=distribution
    )


def density(broad: SpinLine) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Frequencies and weights of all isochromats, rising."""
    parts = ensemble(broad)
    frequencies = (broad.frequency_hz + parts.centres_hz[:, None] + parts.offsets_hz).ravel()
    order = np.argsort(frequencies)
    return frequencies[order], parts.weights.ravel()[order]


@pytest.mark.parametrize(("shape", "whole"), [("gaussian", 1.0), ("lorentzian", 0.947)])
def test_half_of_the_maximum_is_where_the_width_says(shape: str, whole: float) -> None:
    frequencies, weights = density(line(Distribution(shape, 200e3)))
    above = frequencies[weights > weights.max() / 2]
    assert above[-1] - above[0] == pytest.approx(200e3, rel=0.02)
    assert weights.sum() == pytest.approx(whole, abs=2e-3)
    assert weights @ (frequencies - CENTRE) == pytest.approx(0, abs=500)


def test_czjzek_has_its_maximum_at_the_frequency_and_five_degrees_of_freedom() -> None:
    frequencies, weights = density(line(Distribution("czjzek"), frequency_hz=3e6))
    assert frequencies[weights.argmax()] == pytest.approx(3e6, rel=0.01)
    # Root of the sum of squares of five normal numbers of width 1.5 MHz, whose mode is twice that.
    draws = 1.5e6 * np.sqrt((np.random.default_rng(1).standard_normal((200_000, 5)) ** 2).sum(axis=1))
    assert weights @ frequencies == pytest.approx(draws.mean(), rel=0.005)
    assert np.sqrt(weights @ (frequencies - draws.mean()) ** 2) == pytest.approx(draws.std(), rel=0.01)


def test_table_is_followed() -> None:
    table = Distribution("table", 0.0, (-50e3, 0.0, 100e3), (0.0, 1.0, 0.0))
    frequencies, weights = density(line(table))
    assert weights @ (frequencies - CENTRE) == pytest.approx(50e3 / 3, rel=0.02)
    assert weights.sum() == pytest.approx(1)


def test_many_isochromats_are_spread_at_random_within_their_cells() -> None:
    parts = ensemble(line(Distribution("gaussian", 1e6), t2_s=20e-3))
    assert parts.weights.size <= 10_000
    steps = np.diff(parts.offsets_hz[3])
    assert steps.std() > 0.2 * steps.mean() and np.all(steps > 0)


def test_broad_lorentzian_given_by_its_decay_time_equals_the_distribution() -> None:
    """T2* of 8 us reaches too far for one frame, and is sliced."""
    t2_s, t2_star_s = 0.3e-3, 8e-6
    width = (1 / t2_star_s - 1 / t2_s) / np.pi
    given = SpinLine(CENTRE, 1.0, 20e-3, t2_s, t2_star_s)
    parts = ensemble(given)
    same = ensemble(line(Distribution("lorentzian", width), t2_s=t2_s))
    assert parts.weights == pytest.approx(same.weights)
    pulse = hard_pulse(58.6, 1e6)
    decay = np.abs(observed(SpinSystem([given]), pulses(1500, (0, pulse)), drive(1e6)))
    times = (np.arange(1500) - (len(pulse) - 1) / 2) / FS
    assert np.abs(decay[10:] - np.exp(-times[10:] / t2_star_s)).max() < 0.05


def test_decay_of_a_gaussian_line() -> None:
    fwhm_hz = 40e3
    pulse = hard_pulse(58.6, 1e6)
    signal = np.abs(
        observed(SpinSystem([line(Distribution("gaussian", fwhm_hz))]), pulses(1500, (0, pulse)), drive(1e6))
    )
    times = (np.arange(1500) - (len(pulse) - 1) / 2) / FS
    sigma = 2 * np.pi * fwhm_hz / (2 * np.sqrt(2 * np.log(2)))
    expected = np.exp(-((sigma * times) ** 2) / 2 - times / 0.3e-3)
    assert np.abs(signal[10:] - expected[10:]).max() < 0.01


def test_echo_of_a_wide_line_stands_at_twice_the_delay_and_decays_with_t2() -> None:
    heights, delays = [], np.array([300, 600, 1200])
    for delay in delays:
        system = SpinSystem([line(Distribution("gaussian", 400e3))])
        first, second = hard_pulse(58.6, 100e3), hard_pulse(117.2, 100e3)
        span = pulses(2 * int(delay) + 400, (0, first), (int(delay), second))
        echo = np.abs(observed(system, span, drive(100e3)))
        late = int(delay) + 150
        middles = (len(first) / 2, delay + len(second) / 2)
        assert late + int(np.argmax(echo[late:])) == pytest.approx(2 * middles[1] - middles[0], abs=12)
        heights.append(echo[late:].max())
    rates = -np.diff(np.log(heights)) / (2 * np.diff(delays) / FS)
    assert rates == pytest.approx(1 / 0.3e-3, rel=0.03)


def test_slices_out_of_reach_of_a_soft_pulse_are_left_alone() -> None:
    broad = line(Distribution("gaussian", 1e6))
    parts = ensemble(broad)
    time = np.linspace(-1, 1, 4000)
    soft = 0.05 * np.exp(-4.6 * time**2)
    span = pulses(6000, (0, soft.astype(complex)))
    touched = excited_slices(parts, CENTRE, span, drive())
    assert 0 < touched.sum() < 0.2 * len(touched)
    assert np.abs(parts.centres_hz[touched]).max() < 100e3
    assert excited_slices(parts, CENTRE, pulses(6000, (0, hard_pulse(60, 20e3))), drive()).all()
    assert not excited_slices(parts, CENTRE, pulses(6000), drive()).any()


def test_what_is_left_out_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    broad = line(Distribution("gaussian", 300e3))
    time = np.linspace(-1, 1, 1500)
    soft = (0.3 * np.exp(-4.6 * time**2)).astype(complex)
    span = pulses(6000, (0, soft), (3000, soft))
    system = SpinSystem([broad])
    short = observed(system, span, drive())
    longitudinal = system.polarisation()
    monkeypatch.setattr("sdr.simulated.excitation._UNTOUCHED_RAD", -1.0)
    whole = SpinSystem([broad])
    full = observed(whole, span, drive())
    assert np.abs(short - full).max() < 2e-3 * np.abs(full).max()
    assert longitudinal == pytest.approx(whole.polarisation(), abs=1e-6)


def test_remembered_answers_of_a_broad_line_equal_fresh_ones() -> None:
    broad = line(Distribution("gaussian", 100e3))
    remembering, states = SpinSystem([broad]), []
    for index in range(6):
        span = pulses(6000, (0, comb(4000) * (-1) ** index))
        states.append(remembering._lines[0].state)
        answer = observed(remembering, span, drive())
        fresh = SpinSystem([broad])
        fresh._lines[0].state = states[-1]
        expected = observed(fresh, span, drive())
        assert np.abs(answer - expected).max() < 3e-3 * np.abs(expected).max() + 3e-4
        remembering.rest(8e-3, CENTRE)


def test_orientations_of_broad_lines_suffice_for_three_turns() -> None:
    angles = np.linspace(0, 3 * np.pi, 200)
    for spin in (Fraction(1), Fraction(3, 2)):
        for eta in (None, 0.4, 1.0):
            few, many = powder_orientations(spin, 10, eta), powder_orientations(spin, 40, eta)
            curves = [np.sin(np.outer(angles, nutation)) @ pickup for nutation, pickup in (few, many)]
            assert np.abs(curves[0] - curves[1]).max() < 1e-3
