"""Probe and receiver: noise, gain, saturation, ring-down, offsets, interference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sdr.simulated.frontend import ADC_FULL_SCALE, Frontend, Reception, leakage
from sdr.simulated.samples import Imperfections, Interference
from sdr.simulated.waveform import FULL_SCALE, Span, Waveform, audible

FS = 10e6
PLAIN = Reception(
    sample_rate_hz=FS,
    receive_hz=28e6,
    receive_gain_db=30,
    receive_bandwidth_hz=20e6,
    transmit_gain_db=-10,
    transmit_hz=28e6,
    transmit_offset_hz=0,
    phase_rad=0.7,
    inverted=False,
    receiver_on=True,
    carrier_on=False,
    dc_tracking=True,
    quadrature_tracking=True,
)
CLEAN = Imperfections(dc_offset_lsb=0, lo_leakage_lsb=0, iq_imbalance=0)


def frontend(imperfections: Imperfections = CLEAN, *interference: Interference, seed: int = 1) -> Frontend:
    return Frontend(imperfections, interference, np.random.default_rng(seed))


def received(
    unit: Frontend, span: Span, reception: Reception = PLAIN, start_s: float = 0.0, spins=None, version: int = 0
) -> np.ndarray:  # type: ignore[type-arg,no-untyped-def]
    samples = unit.receive(span, spins, version, reception, start_s)
    assert samples.dtype == np.int16
    return samples[:, 0] + 1j * samples[:, 1]


def rectangle(length: int, start: int, stop: int, value: complex = 1.0) -> Span:
    pairs = np.zeros((length, 2), np.int16)
    pairs[start:stop] = np.rint([value.real * FULL_SCALE, value.imag * FULL_SCALE])
    waveform = Waveform.from_int16(pairs.ravel())
    return Span(length, tuple(audible(0, waveform, 0, length)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 12.0),
        ({"receive_gain_db": 50}, 120.0),
        ({"sample_rate_hz": 40e6, "receive_bandwidth_hz": 50e6}, 24.0),
        ({"sample_rate_hz": 40e6, "receive_bandwidth_hz": 10e6}, 12.0),
    ],
)
def test_noise_level(change: dict[str, float], expected: float) -> None:
    noise = received(frontend(), Span(200_000), replace(PLAIN, **change))
    # Besides thermal noise: that of the converter and of rounding.
    assert np.std(noise) == pytest.approx(np.hypot(expected, np.hypot(0.4, np.sqrt(2 / 12))), rel=0.02)


def test_receiver_without_oscillator_hears_next_to_nothing() -> None:
    assert 0 < np.std(received(frontend(), Span(100_000), replace(PLAIN, receiver_on=False))) < 1


def test_noise_is_fresh_every_time() -> None:
    unit = frontend()
    one, other = received(unit, Span(100_000)), received(unit, Span(100_000))
    correlation = abs(np.vdot(one, other)) / np.linalg.norm(one) / np.linalg.norm(other)
    assert correlation < 5 / np.sqrt(100_000)
    average = sum(received(unit, Span(20_000)) for _ in range(64)) / 64
    assert np.std(average) == pytest.approx(12 / 8, rel=0.05)


def test_noise_is_white_and_circular() -> None:
    noise = received(frontend(), Span(1 << 17))
    power = np.abs(np.fft.fft(noise)).reshape(-1, 1 << 13) ** 2
    bands = power.mean(axis=1)
    assert bands.max() / bands.min() < 1.15
    assert abs(np.mean(noise**2)) < 0.02 * np.mean(np.abs(noise) ** 2)


def test_leakage_saturates_the_receiver() -> None:
    samples = received(frontend(), rectangle(3000, 1000, 1200, 1 + 0j))
    plateau = samples[1020:1190]
    assert np.all((np.abs(plateau.real) >= ADC_FULL_SCALE - 1) | (np.abs(plateau.imag) >= ADC_FULL_SCALE - 1))
    assert samples.real.max() <= ADC_FULL_SCALE - 1 and samples.real.min() >= -ADC_FULL_SCALE


def test_samples_have_twelve_bits_in_both_directions() -> None:
    for value, reached in ((1 + 0j, ADC_FULL_SCALE - 1), (-1 + 0j, -ADC_FULL_SCALE)):
        samples = received(frontend(), rectangle(3000, 1000, 1200, value), replace(PLAIN, phase_rad=0.0))
        assert samples.real[1100] == reached
        assert np.abs(samples.real[:900]).max() < 100  # and goes on in steps of one


def test_leakage_is_remembered_as_it_was() -> None:
    unit, span = frontend(replace(CLEAN, noise_lsb=0, leakage_lsb=1000)), rectangle(3000, 1000, 1200, 1 + 0j)
    first = received(unit, span)
    turned = received(unit, span, replace(PLAIN, phase_rad=PLAIN.phase_rad + 1.0))
    assert np.abs(turned - first * np.exp(1j)).max() < 4
    detuned = received(unit, span, replace(PLAIN, probe_offset_hz=1e6))
    assert np.abs(detuned - first).max() > 100


def test_ring_down_is_below_the_noise_after_the_dead_time() -> None:
    span = rectangle(2000, 0, 1000)
    decay = np.abs(leakage(span, FS, Imperfections()))
    after = decay[1000:]
    assert after[0] > ADC_FULL_SCALE
    assert after[10] > 12, "it must still be seen a microsecond after the pulse"
    assert after[40] < 12 / 10, "default dead time of 4 us"
    assert np.all(np.diff(after[after > 0.05]) < 0), "below that, single precision"


def test_ring_down_has_the_time_constant_of_the_resonance() -> None:
    imperfections = Imperfections(probe_bandwidth_hz=1e3, ring_down_s=2e-6, ring_down_level=1.0, leakage_lsb=1000)
    decay = np.abs(leakage(rectangle(400, 0, 200), FS, imperfections))
    fast = decay - decay[399]  # the narrow resonance hardly moves meanwhile
    assert np.log(fast[220] / fast[240]) == pytest.approx(20 / FS / 2e-6, rel=0.05)


def test_leakage_of_a_span_is_the_sum_over_its_segments() -> None:
    wave = Waveform.from_int16(np.full(2 * 40, 5000, np.int16))
    parts = audible(100, wave, 0, 40) + audible(190, wave, 0, 40)
    together = leakage(Span(1000, tuple(parts)), FS, Imperfections())
    apart = [leakage(Span(1000, (part,)), FS, Imperfections()) for part in parts]
    assert together == pytest.approx(apart[0] + apart[1], abs=0.01)
    assert not together[:100].any()


def test_leakage_follows_phase_and_attenuation() -> None:
    weak = replace(CLEAN, leakage_lsb=1000, noise_lsb=0.1)
    reference = received(frontend(weak), rectangle(2000, 500, 1500))[800:1400].mean()
    assert np.angle(reference) == pytest.approx(PLAIN.phase_rad, abs=0.01)
    quieter = replace(PLAIN, transmit_gain_db=-30)
    assert abs(received(frontend(weak), rectangle(2000, 500, 1500), quieter)[800:1400].mean()) == pytest.approx(
        abs(reference) / 10, rel=0.01
    )
    turned = received(frontend(weak), rectangle(2000, 500, 1500, -1j))[800:1400].mean()
    assert turned / reference == pytest.approx(-1j, abs=0.01)


def test_inverting_converter_mirrors_what_the_radio_receives() -> None:
    tone = np.exp(2j * np.pi * 1e6 / FS * np.arange(5000)).astype(np.complex64)
    for inverted, sign in ((False, 1), (True, -1)):
        samples = received(
            frontend(), Span(5000), replace(PLAIN, inverted=inverted), spins=50 * tone, version=int(inverted)
        )
        peak = np.argmax(np.abs(np.fft.fft(samples)))
        assert np.fft.fftfreq(5000, 1 / FS)[peak] == pytest.approx(sign * 1e6)


def test_offset_carrier_leakage_and_image() -> None:
    unit = frontend(Imperfections(dc_offset_lsb=50, lo_leakage_lsb=0, iq_imbalance=0.1))
    untracked = replace(PLAIN, dc_tracking=False, quadrature_tracking=False)
    assert abs(received(unit, Span(100_000), untracked).mean()) == pytest.approx(50, rel=0.02)
    assert abs(received(unit, Span(100_000)).mean()) == pytest.approx(10, rel=0.05)
    tone = 60 * np.exp(2j * np.pi * 1e6 / FS * np.arange(100_000)).astype(np.complex64)
    spectrum = np.abs(np.fft.fft(received(unit, Span(100_000), untracked, spins=tone, version=7)))
    assert spectrum[-10_000] / spectrum[10_000] == pytest.approx(0.1, rel=0.05)
    leaky = frontend(Imperfections(dc_offset_lsb=0, lo_leakage_lsb=40, iq_imbalance=0))
    assert abs(received(leaky, Span(100_000), replace(PLAIN, carrier_on=True)).mean()) == pytest.approx(40, rel=0.02)
    assert abs(received(leaky, Span(100_000)).mean()) < 1


def test_interference_keeps_its_frequency_and_runs_on_in_time() -> None:
    unit = frontend(CLEAN, Interference(28.3e6, 2.0))
    pieces = [received(unit, Span(10_000), start_s=k * 1e-3) for k in range(4)]
    together = np.concatenate(pieces)
    spectrum = np.abs(np.fft.fft(together)) / len(together)
    peak = np.argmax(spectrum)
    assert np.fft.fftfreq(len(together), 1 / FS)[peak] == pytest.approx(0.3e6)
    assert spectrum[peak] == pytest.approx(24, rel=0.03)
    other = received(unit, Span(10_000), replace(PLAIN, receive_hz=28.1e6))
    assert np.fft.fftfreq(10_000, 1 / FS)[np.argmax(np.abs(np.fft.fft(other)))] == pytest.approx(0.2e6)


def test_transmitter_tuned_elsewhere_leaks_at_the_difference() -> None:
    shifted = replace(PLAIN, transmit_offset_hz=0.5e6)
    samples = received(frontend(replace(CLEAN, leakage_lsb=1500)), rectangle(10_000, 0, 10_000), shifted)
    assert np.fft.fftfreq(10_000, 1 / FS)[np.argmax(np.abs(np.fft.fft(samples)))] == pytest.approx(0.5e6)
