"""A capture is what was sent, filtered and averaged: its shape, scale, start, phase and frequency."""

from __future__ import annotations

import math

import numpy as np
import pytest

from acquisition.shot import Capture
from sdr.conformance.bench import Bench
from sdr.conformance.shots import coded, echo, shot
from sdr.converter import Converter
from sdr.transceiver import Transceiver

# What no short filter explains, as a part of the power: noise after 16 averages, and rounding to integers.
UNEXPLAINED_MOST = 0.03
# Of two captures of one shot.
GAIN_TOLERANCE = 0.05
PHASE_TOLERANCE_RAD = 0.35  # of the leakage, which is turned to 0


def noise_of(capture: Capture) -> float:
    """Standard deviation of what is received behind the pulse."""
    return float(np.std(capture.samples[len(capture.waveform) + 500 :]))


def assert_echo(bench: Bench, capture: Capture, code: int = 0, level: float | None = None) -> complex:
    """The capture is the answer to `coded(level, code)`; returns the gain from transmission to reception."""
    found = echo(capture, coded(bench.level if level is None else level, code))
    assert found.unexplained < UNEXPLAINED_MOST, f"{found.unexplained:.1%} of the reception is not what was sent"
    latest = 0 if bench.exact else 1
    assert -latest <= found.onset <= latest, f"the pulse begins at sample {found.onset} instead of 0"
    assert abs(np.angle(found.gain)) < PHASE_TOLERANCE_RAD
    return found.gain


class Captures:
    """Needs the fixtures `bench` and `radio`."""

    def test_a_capture_has_the_shape_and_the_facts_of_its_shot(self, bench: Bench, radio: Transceiver) -> None:
        played = shot(bench, averages=8, method="survey", purpose="conformance")
        done: list[int] = []
        capture = radio.play(played, on_average=done.append)
        assert capture.samples.shape == (played.capture_samples,)
        assert capture.samples.dtype == np.complex64
        assert np.all(np.isfinite(capture.samples))
        assert np.max(np.maximum(np.abs(capture.samples.real), np.abs(capture.samples.imag))) <= 1.0
        assert capture.averages == played.averages
        assert capture.sample_rate_hz == played.sample_rate_hz
        assert capture.dead_time_s == played.dead_time_s
        assert (capture.method, capture.purpose) == (played.method, played.purpose)
        assert capture.instrument == bench.settings.slug
        assert capture.alignment == radio.identity.synchronisation
        assert capture.started_at_unix_s is not None
        assert capture.notes
        # What calibrations are applied by.
        state, converter = capture.radio, Converter.from_settings(bench.settings.converter)
        assert state is not None
        assert state.frequency_hz == pytest.approx(converter.radio_hz(capture.centre_frequency_hz), abs=1.0)
        assert (state.inverted, state.phase_cycle) == (converter.inverted, played.phase_cycle)
        assert done == sorted(done)
        assert done[-1] == played.averages
        assert radio.partial() is None

    def test_the_waveform_of_a_capture_is_what_was_sent(self, bench: Bench, radio: Transceiver) -> None:
        played = shot(bench, averages=2)
        capture = radio.play(played)
        assert capture.waveform.shape == played.waveform.shape
        # a transmitter of 12 bits at least
        np.testing.assert_allclose(capture.waveform, played.waveform, atol=2.0**-11)
        assert np.array_equal(capture.waveform != 0, played.waveform != 0)

    def test_the_frequency_is_the_one_that_was_asked_for(self, bench: Bench, radio: Transceiver) -> None:
        for offset_hz in (0.0, 123_457.0):
            played = shot(bench, averages=2, centre_frequency_hz=bench.centre_frequency_hz + offset_hz)
            assert radio.play(played).centre_frequency_hz == pytest.approx(played.centre_frequency_hz, abs=10.0)

    @pytest.mark.parametrize("code", [1, 2])
    def test_what_is_received_is_what_was_sent(self, bench: Bench, radio: Transceiver, code: int) -> None:
        capture = radio.play(shot(bench, waveform=coded(bench.level, code)))
        assert_echo(bench, capture, code)
        assert echo(capture, coded(bench.level, code + 1)).unexplained > 0.5  # or the check above says nothing

    def test_half_the_level_gives_half_the_reception(self, bench: Bench, radio: Transceiver) -> None:
        whole, half = (
            assert_echo(bench, radio.play(shot(bench, waveform=coded(level), averages=64)), level=level)
            for level in (bench.level, bench.level / 2)
        )
        assert half == pytest.approx(whole, rel=GAIN_TOLERANCE)

    def test_every_capture_begins_alike(self, bench: Bench, radio: Transceiver) -> None:
        """Also after another frequency, rate and repetition time were set in between."""
        elsewhere = shot(
            bench,
            averages=2,
            centre_frequency_hz=bench.centre_frequency_hz + 1e6,
            sample_rate_hz=bench.sample_rate_hz / 2,
            repetition_time_s=1.3 * bench.repetition_time_s,
        )
        gains = []
        for _ in range(3):
            gains.append(assert_echo(bench, radio.play(shot(bench))))
            radio.play(elsewhere)
        assert max(abs(gain - gains[0]) for gain in gains) < 0.1 * abs(gains[0])

    @pytest.mark.parametrize("cycle", [(1,), (1, -1), (1, 1j), (1, 1j, -1, -1j), (1j, 1)])
    def test_a_phase_cycle_is_undone(self, bench: Bench, radio: Transceiver, cycle: tuple[complex, ...]) -> None:
        """Each average is multiplied with the conjugate of its phase; the phase itself would cancel the signal."""
        reference = assert_echo(bench, radio.play(shot(bench)))
        capture = radio.play(shot(bench, phase_cycle=cycle))
        assert capture.averages == 16
        assert assert_echo(bench, capture) == pytest.approx(reference, rel=GAIN_TOLERANCE)

    def test_offsets_of_the_receiver_go_with_the_phase_cycle(self, bench: Bench, radio: Transceiver) -> None:
        capture = radio.play(shot(bench, averages=64))
        behind = capture.samples[len(capture.waveform) + 500 :]
        assert abs(np.mean(behind)) < 0.2 * noise_of(capture)

    def test_averaging_lowers_the_noise_by_the_root(self, bench: Bench, radio: Transceiver) -> None:
        few, many = (noise_of(radio.play(shot(bench, averages=averages))) for averages in (4, 64))
        assert few / many == pytest.approx(4.0, rel=0.2)

    @pytest.mark.parametrize("factor", [0.5, 2.0])
    def test_other_sample_rates(self, bench: Bench, radio: Transceiver, factor: float) -> None:
        played = shot(bench, sample_rate_hz=factor * bench.sample_rate_hz, dead_time_s=20e-6)
        capture = radio.play(played)
        assert capture.sample_rate_hz == played.sample_rate_hz
        found = echo(capture, played.waveform)
        assert found.unexplained < UNEXPLAINED_MOST
        assert abs(found.onset) <= 1

    def test_a_line_has_its_frequency_and_its_phase_in_every_capture(self, bench: Bench, radio: Transceiver) -> None:
        """On either side of the centre: where a spectrum is mirrored once too often, the line moves with the centre."""
        if math.isnan(bench.line_hz):
            pytest.skip("the bench has no resonance line")
        pulse = np.ones(bench.pulse_samples, dtype=np.complex64)
        phases: dict[float, list[float]] = {}
        for offset_hz in (-40e3, 60e3, -40e3):
            capture = radio.play(
                shot(bench, centre_frequency_hz=bench.line_hz + offset_hz, waveform=pulse, averages=32)
            )
            data = np.where(capture.receive_mask, capture.samples, 0)
            spectrum = np.fft.fft(data, 16 * len(data))
            peak = int(np.argmax(np.abs(spectrum)))
            frequency_hz = float(np.fft.fftfreq(len(spectrum), 1 / capture.sample_rate_hz)[peak])
            assert capture.centre_frequency_hz + frequency_hz == pytest.approx(bench.line_hz, abs=200.0)
            phases.setdefault(offset_hz, []).append(float(np.angle(spectrum[peak])))
        first, again = phases[-40e3]
        assert abs(np.angle(np.exp(1j * (again - first)))) < np.radians(15)
