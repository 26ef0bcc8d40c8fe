"""What is no line: acoustic ringing, overload, drop-outs, broadcasts and the mains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from sdr.simulated.frontend import Frontend, Reception, acoustics, leakage, recovering_gain
from sdr.simulated.outside import Outside, tone
from sdr.simulated.resonances import Resonance, ring
from sdr.simulated.sample import Imperfections, Interference, Ringing
from sdr.simulated.waveform import Span
from tests.sdr.simulated.test_frontend import CLEAN, FS, PLAIN, frontend, received, rectangle

Complex = npt.NDArray[np.complex128]


def ringing(span: Span, *parts: Ringing, reception: Reception = PLAIN, noise_lsb: float = 10.0) -> Complex:
    return acoustics(span, reception, parts, noise_lsb).astype(complex)


def test_ringing_decays_from_the_level_asked_for() -> None:
    answer = ringing(rectangle(12_000, 0, 6000), Ringing(None, 50e-6, 3.0))
    assert abs(answer[5999]) == pytest.approx(30.0, rel=1e-3), "twelve time constants of full scale"
    assert abs(answer[6999] / answer[5999]) == pytest.approx(np.exp(-1000 / FS / 50e-6), rel=1e-3)
    short = ringing(rectangle(2000, 0, 50), Ringing(None, 50e-6, 3.0))
    assert abs(short[49]) == pytest.approx(30 * (1 - np.exp(-50 / FS / 50e-6)), rel=1e-3)


def test_ringing_at_a_frequency_of_its_own_keeps_it() -> None:
    own = Ringing(28.2e6, 200e-6, 2.0)
    for transmit_hz in (28.0e6, 28.1e6):
        answer = ringing(rectangle(20_000, 0, 10), own, reception=replace(PLAIN, transmit_hz=transmit_hz))
        spectrum = np.abs(np.fft.fft(answer[10:]))
        peak = np.fft.fftfreq(len(answer) - 10, 1 / FS)[np.argmax(spectrum)]
        assert peak == pytest.approx(28.2e6 - transmit_hz, abs=1000)


def test_ringing_is_linear_and_follows_the_pulse() -> None:
    one = ringing(rectangle(3000, 0, 100, 0.5 + 0j), Ringing(None, 30e-6, 5.0))
    twice = ringing(rectangle(3000, 0, 100, 1 + 0j), Ringing(None, 30e-6, 5.0))
    assert twice == pytest.approx(2 * one, abs=1e-3)
    unit = Frontend(
        replace(CLEAN, leakage_lsb=0, noise_lsb=10), (), np.random.default_rng(1), (Ringing(None, 1e-4, 40),)
    )
    plus = received(unit, rectangle(3000, 0, 1000, 1 + 0j))
    minus = received(unit, rectangle(3000, 0, 1000, -1 + 0j))
    late = slice(1000, 1500)
    assert abs(plus[late].mean()) > 100
    assert minus[late].mean() == pytest.approx(-plus[late].mean(), abs=3)


def test_detuned_probe_rings_at_its_own_frequency_and_lets_less_through() -> None:
    narrow = Imperfections(probe_bandwidth_hz=0.2e6, ring_down_level=0.0, leakage_lsb=1000)
    span = rectangle(4000, 0, 2000)
    tuned, detuned = leakage(span, FS, narrow), leakage(span, FS, narrow, 0.4e6)
    assert abs(tuned[1999]) == pytest.approx(1000, rel=1e-3)
    assert abs(detuned[1999]) == pytest.approx(1000 / abs(1 + 2j * 2), rel=0.03)
    after = detuned[2001:2020]
    step = np.angle(after[1:] / after[:-1]).mean()
    assert step * FS / (2 * np.pi) == pytest.approx(0.4e6, rel=0.01)


def test_resonances_add_up_over_segments_as_a_recursion_does() -> None:
    span = rectangle(600, 100, 140)
    got = ring(span, FS, (Resonance(2.0, 0.3e6, 3e-6),))
    factor = np.exp(-1 / (FS * 3e-6) + 2j * np.pi * 0.3e6 / FS)
    state, expected = 0j, []
    for value in span.samples:
        state = state * factor + 2.0 * (1 - abs(factor)) * value
        expected.append(state)
    assert got == pytest.approx(np.array(expected), abs=1e-5)


def test_receiver_comes_back_from_overload_with_its_time_constant() -> None:
    wave = np.zeros(1000, complex)
    wave[100:200] = 5000
    gain = recovering_gain(wave, 50.0)
    assert gain is not None
    assert np.all(gain[:200] == 1)
    assert gain[249] == pytest.approx(1 - np.exp(-50 / 50), rel=1e-5)
    assert gain[999] > 0.9999
    assert recovering_gain(wave / 10, 50.0) is None
    assert recovering_gain(wave, 0.0) is None


def test_deaf_receiver_has_no_noise_and_hears_nothing() -> None:
    blind = replace(CLEAN, recovery_s=1e-3)
    unit = frontend(blind, Interference(28.1e6, 5.0))
    samples = received(unit, rectangle(4000, 0, 1000))
    assert np.abs(samples[1050:1060]).max() < 5, "a hundredth of its gain"
    assert np.abs(received(unit, Span(4000))).max() > 60


def test_dropouts_are_stretches_of_zeros_in_some_frames() -> None:
    unit = frontend(replace(CLEAN, dropout_fraction=0.3, dropout_s=20e-6))
    lost = []
    for _ in range(200):
        samples = received(unit, Span(1000))
        silent = np.flatnonzero(np.convolve(samples == 0, np.ones(50), "valid") == 50)
        if silent.size:
            zeros = np.flatnonzero(samples == 0)
            run = zeros[(zeros >= silent[0]) & (zeros <= silent[-1] + 49)]
            assert 200 <= len(run) <= 203 and np.all(np.diff(run) == 1)
            lost.append(silent[0])
    assert 40 < len(lost) < 85
    assert len(set(lost)) > 0.8 * len(lost), "anywhere in the frame"


def test_dropouts_change_nothing_else() -> None:
    whole = received(frontend(CLEAN, seed=3), Span(2000))
    holed = received(frontend(replace(CLEAN, dropout_fraction=1.0, dropout_s=10e-6), seed=3), Span(2000))
    assert np.count_nonzero(whole != holed) <= 100


def outside(line: Interference, length: int, pieces: int = 1) -> Complex:
    place = Outside((line,), np.random.default_rng(5))
    parts = [place.receive(28e6, FS, length // pieces, k * length / pieces / FS) for k in range(pieces)]
    assert all(part is not None for part in parts)
    return np.concatenate([part for part in parts if part is not None])


def test_mains_companions_stand_at_their_distance_and_fall_off() -> None:
    line = Interference(28.05e6, 4.0, sideband_spacing_hz=50, sideband_count=2, sideband_ratio=0.5)
    length = 400_000  # 40 ms: two periods of the mains
    spectrum = np.abs(np.fft.fft(outside(line, length))) / length
    centre = round(0.05e6 * length / FS)
    heights = [spectrum[centre + 2 * k] for k in range(-3, 4)]
    assert heights == pytest.approx([0, 1, 2, 4, 2, 1, 0], abs=1e-6)


def test_broadcast_is_modulated_with_its_depth_and_bandwidth() -> None:
    line = Interference(28.05e6, 1.0, am_depth=0.3, am_bandwidth_hz=4e3)
    wave = outside(line, 1_000_000)
    envelope = np.abs(wave)
    assert envelope.mean() == pytest.approx(1, abs=0.03)
    assert envelope.std() == pytest.approx(0.3, rel=0.25)
    sound = np.abs(np.fft.rfft(envelope - envelope.mean())) ** 2
    assert sound[: round(4.2e3 * 0.1)].sum() > 0.98 * sound.sum()


@pytest.mark.parametrize("line", [Interference(28.05e6, 1, am_depth=0.4), Interference(27.9e6, 2, sideband_count=1)])
def test_outside_goes_on_between_frames(line: Interference) -> None:
    assert np.abs(outside(line, 60_000, pieces=4) - outside(line, 60_000)).max() < 1e-3


def test_carriers_out_of_band_are_not_heard() -> None:
    assert Outside((Interference(40e6, 1),), np.random.default_rng(1)).receive(28e6, FS, 100, 0) is None


def test_tone_keeps_its_precision_far_from_the_start() -> None:
    start_s, offset_hz = 12_345.678, 1.2345678e6
    expected = np.exp(2j * np.pi * np.mod(offset_hz * start_s + offset_hz * np.arange(5000) / FS, 1))
    assert np.abs(tone(offset_hz, 5000, FS, start_s) - expected).max() < 1e-5
