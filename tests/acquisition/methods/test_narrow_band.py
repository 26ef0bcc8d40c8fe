"""Narrow-band shots: where the centre goes, and what the pulses are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.free_decay import pulses
from acquisition.limits import InstrumentLimits
from acquisition.methods import narrow_band
from acquisition.methods.fits import ShotDoesNotFit
from acquisition.methods.narrow_band import NarrowBandSettings
from acquisition.pulses import on_resonance_flip_rad

LIMITS = InstrumentLimits()
SETTINGS = NarrowBandSettings(sample_rate_hz=10e6, repetition_time_s=50e-3, tooth_spacing_hz=50e3)


@given(
    st.floats(1.0e6, 300e6),
    st.lists(st.floats(-1e6, 1e6), max_size=4),
    st.floats(10e-6, 50e-6),
)
def test_the_centre_never_moves_by_a_multiple_of_the_tooth_spacing(
    target_hz: float, distances_hz: list[float], gap_s: float
) -> None:
    spacing = 1 / gap_s
    others = [target_hz + distance for distance in distances_hz]
    offsets = narrow_band.offsets_hz(target_hz, others, spacing, LIMITS)
    for offset in (*offsets, offsets[0] - offsets[1]):
        from_tooth = abs(offset / spacing - round(offset / spacing))
        assert from_tooth > 0.05
    for offset in offsets:
        assert abs(offset) >= 20e3
        assert LIMITS.frequency_min_hz <= target_hz - offset <= LIMITS.frequency_max_hz


def test_no_image_of_another_line_falls_on_the_target() -> None:
    target = 28e6
    plain = narrow_band.offsets_hz(target, [], 50e3, LIMITS)
    images = [target - 2 * offset for offset in plain]
    for chosen in narrow_band.offsets_hz(target, images, 50e3, LIMITS):
        assert min(abs(2 * (target - chosen) - other - target) for other in images) >= 20e3


@pytest.mark.parametrize("amplitude", [1.0, 0.31])
@pytest.mark.parametrize("peak", [1.0, 0.8])
def test_the_pulse_has_the_powder_optimum_and_respects_the_peak(amplitude: float, peak: float) -> None:
    limits = dataclasses.replace(LIMITS, peak_amplitude=peak)
    settings = dataclasses.replace(SETTINGS, amplitude=amplitude)
    waveform = narrow_band.waveform(settings, limits, 0.0)
    assert np.abs(waveform).max() <= peak * amplitude + 1e-6
    flip = on_resonance_flip_rad(waveform, 10e6, limits.nutation_frequency_hz)
    assert np.degrees(flip) == pytest.approx(58.6, rel=1e-5)


def test_the_pulse_is_centred_on_the_target() -> None:
    shots = narrow_band.shots(28e6, 300e-6, [], 16, SETTINGS, LIMITS)
    for shot in shots:
        spectrum = np.abs(np.fft.fft(shot.waveform, 1 << 16))
        top = np.fft.fftfreq(1 << 16, 1e-7)[np.argmax(spectrum)]
        assert shot.centre_frequency_hz + top == pytest.approx(28e6, abs=200)
        assert shot.method == "confirm"
        assert shot.averages % len(shot.phase_cycle) == 0
        assert shot.capture_time_s < shot.repetition_time_s


def test_a_short_lived_line_gets_an_echo_after_both_free_decays() -> None:
    t2_star = 8e-6
    assert narrow_band.needs_echo(t2_star, LIMITS)
    (shot, _) = narrow_band.shots(28e6, t2_star, [], 16, SETTINGS, LIMITS)
    first, second = pulses(shot.waveform)
    assert second[1] - second[0] == 2 * (first[1] - first[0])
    between_s = (second[0] - first[1]) / 10e6
    assert between_s > LIMITS.dead_time_s + 5 * t2_star
    assert "spin echo" in shot.purpose


def test_a_long_lived_line_gets_no_echo() -> None:
    (shot, _) = narrow_band.shots(28e6, 300e-6, [], 16, SETTINGS, LIMITS)
    assert len(pulses(shot.waveform)) == 1


def test_a_short_repetition_time_shortens_the_reception() -> None:
    settings = dataclasses.replace(SETTINGS, repetition_time_s=2e-3)
    (shot, _) = narrow_band.shots(28e6, 2e-3, [], 16, settings, LIMITS)
    assert shot.capture_time_s < 2e-3


@pytest.mark.parametrize("target_hz", [LIMITS.frequency_min_hz, 28e6, LIMITS.frequency_max_hz])
def test_a_control_does_not_excite_the_target_at_the_ends_of_the_range_either(target_hz: float) -> None:
    shot = narrow_band.control_shot(target_hz, 300e-6, [], 16, SETTINGS, LIMITS)
    turns = (target_hz - shot.centre_frequency_hz) / shot.sample_rate_hz * np.arange(len(shot.waveform))
    assert abs(np.sum(shot.waveform * np.exp(-2j * np.pi * turns))) < 0.01 * np.sum(np.abs(shot.waveform))


@pytest.mark.parametrize(
    ("changes", "target_hz", "words"),
    [
        ({"frequency_min_hz": 28.0e6, "frequency_max_hz": 28.05e6}, 28.02e6, "28 MHz to 28.05 MHz"),
        ({}, 0.9e6, "900 kHz"),
        ({"duty_max": 1e-4}, 28e6, "limit is 0.01 %"),
        ({"pulse_length_max_s": 5e-6}, 28e6, "limit of 5 µs"),
        ({"capture_samples_max": 100}, 28e6, "dead time"),
        ({"repetition_time_min_s": 0.1}, 28e6, "at least 100 ms"),
    ],
)
def test_a_shot_that_the_instrument_would_refuse_is_not_laid_out(
    changes: dict[str, float], target_hz: float, words: str
) -> None:
    with pytest.raises(ShotDoesNotFit, match=words):
        narrow_band.shots(target_hz, 300e-6, [], 16, SETTINGS, dataclasses.replace(LIMITS, **changes))


def test_rounds_double_and_end_at_the_most() -> None:
    assert narrow_band.rounds(32, 256) == [16, 16, 32, 64]
    assert narrow_band.rounds(32, 32) == [16]
    for most in range(4, 200, 4):
        assert 2 * sum(narrow_band.rounds(8, most)) <= max(8, most)
