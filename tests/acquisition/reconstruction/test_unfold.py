"""Single cases that go wrong easily: aliases, interference, ring-down, joint captures, odd input."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.comb import Comb
from acquisition.lines import Line
from acquisition.pulses import rectangular_pulse
from acquisition.reconstruction import ReconstructionParameters, fit_line, reconstruct_survey
from acquisition.shot import Capture
from tests.acquisition.synthetic import Carrier, RingDown, SyntheticLine, synthetic_capture

CENTRE = 28e6
COMB = Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=4e-3)
WAVEFORM = COMB.waveform(10e6)
PAIR = [SyntheticLine(CENTRE + 123e3, 300e-6), SyntheticLine(CENTRE - 221e3, 400e-6, phase_rad=2.0)]


def lines_of(*captures: Capture, **parameters: float) -> tuple[Line, ...]:
    return reconstruct_survey(captures, ReconstructionParameters(**parameters)).lines


def assert_found(found: tuple[Line, ...], expected: list[SyntheticLine], least_hz: float = 0.0) -> None:
    """The same number of lines, each within four standard deviations (or `least_hz`)."""
    assert len(found) == len(expected)
    for line, truth in zip(found, sorted(expected, key=lambda line: line.frequency_hz), strict=True):
        assert abs(line.frequency_hz - truth.frequency_hz) < max(4 * line.frequency_sigma_hz, least_hz)


def test_two_lines_with_their_parameters() -> None:
    found = lines_of(synthetic_capture(WAVEFORM, PAIR, 1.0))
    assert_found(found, PAIR)
    for line, truth in zip(found, PAIR[::-1], strict=True):
        assert line.fwhm_hz == pytest.approx(1 / (np.pi * truth.t2_star_s), abs=4 * line.fwhm_sigma_hz)
        assert line.unfolding_confidence > 0.999
        assert line.snr > 15


def test_noise_is_estimated_beside_the_lines() -> None:
    result = reconstruct_survey([synthetic_capture(WAVEFORM, PAIR, 0.5)], ReconstructionParameters())
    assert result.noise_sigma == pytest.approx(0.5, rel=0.02)


def test_spectrum_shows_the_line_above_its_noise() -> None:
    result = reconstruct_survey([synthetic_capture(WAVEFORM, PAIR[:1], 0.5)], ReconstructionParameters())
    spectrum = result.spectrum
    axis = spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values))
    magnitude = np.abs(spectrum.values)
    assert axis[np.argmax(magnitude)] == pytest.approx(PAIR[0].frequency_hz, abs=1e3)
    assert magnitude.max() > 5 * spectrum.noise_sigma
    empty = reconstruct_survey([synthetic_capture(WAVEFORM, [], 0.5)], ReconstructionParameters()).spectrum
    measured = np.sqrt(np.mean(np.abs(empty.values) ** 2))
    assert empty.noise_sigma == pytest.approx(measured, rel=0.2)


def test_lines_that_alias_on_each_other_are_both_found() -> None:
    lines = [
        SyntheticLine(CENTRE + 23e3, 300e-6),
        SyntheticLine(CENTRE + 123.2e3, 300e-6, phase_rad=1.0),
        SyntheticLine(CENTRE - 77e3, 500e-6, phase_rad=2.0),
    ]
    assert_found(lines_of(synthetic_capture(WAVEFORM, lines, 1.0)), lines)


@pytest.mark.parametrize("lines", [[], PAIR], ids=["empty", "pair"])
def test_carriers_and_dc_are_not_lines(lines: list[SyntheticLine]) -> None:
    carriers = [Carrier(0.0, 0.5), Carrier(77e3, 2.0), Carrier(-150.3e3, 0.05)]
    assert_found(lines_of(synthetic_capture(WAVEFORM, lines, 1.0, carriers=carriers)), lines)


@pytest.mark.parametrize("lines", [[], PAIR], ids=["empty", "pair"])
def test_ring_down_beyond_the_dead_time_is_not_a_line(lines: list[SyntheticLine]) -> None:
    ring_down = RingDown(amplitude=200.0, time_constant_s=1.5e-6, offset_hz=50e3)
    assert_found(lines_of(synthetic_capture(WAVEFORM, lines, 1.0, ring_down=ring_down)), lines)


def test_what_is_received_while_transmitting_does_not_matter() -> None:
    quiet = lines_of(synthetic_capture(WAVEFORM, PAIR, 1.0))
    assert lines_of(synthetic_capture(WAVEFORM, PAIR, 1.0, leakage=5e3)) == quiet


@pytest.mark.parametrize("model", ["linear", "bloch"])
def test_without_noise_nothing_else_is_found(model: str) -> None:
    capture = synthetic_capture(WAVEFORM, PAIR, 0.0, model=model, nutation_frequency_hz=40e3)
    assert_found(lines_of(capture), PAIR, least_hz=2.0)


def test_strong_powder_response_leaves_no_ghosts() -> None:
    capture = synthetic_capture(WAVEFORM, PAIR, 0.05, model="bloch", powder=True, nutation_frequency_hz=30e3)
    assert_found(lines_of(capture), PAIR, least_hz=10.0)


def test_gaussian_line_is_one_line() -> None:
    line = SyntheticLine(CENTRE + 123e3, 2e-3, gaussian_fwhm_hz=2000.0)
    found = lines_of(synthetic_capture(WAVEFORM, [line], 0.2))
    assert_found(found, [line])
    assert found[0].fwhm_hz == pytest.approx(2150, rel=0.4)


def test_overlapping_windows_give_one_line_with_smaller_uncertainty() -> None:
    captures = [
        synthetic_capture(WAVEFORM, PAIR, 2.0, centre_frequency_hz=CENTRE + shift, rng=i, global_phase_rad=float(i))
        for i, shift in enumerate((0.0, 30e3, -210e3))
    ]
    joint = lines_of(*captures)
    assert_found(joint, PAIR)
    alone = lines_of(captures[0])
    for together, single in zip(joint, alone, strict=True):
        assert together.frequency_sigma_hz < 0.8 * single.frequency_sigma_hz


def test_captures_together_find_what_none_finds_alone() -> None:
    captures = [synthetic_capture(WAVEFORM, PAIR[:1], 11.0, rng=20 + i, global_phase_rad=float(i)) for i in range(8)]
    assert all(lines_of(capture) == () for capture in captures)
    assert_found(lines_of(*captures), PAIR[:1])


def test_different_combs_and_rates_are_fitted_together() -> None:
    other = Comb(gap_period_s=27e-6, tooth_s=1.5e-6, pulse_length_s=3e-3, hs_order=2)
    captures = [
        synthetic_capture(WAVEFORM, PAIR, 1.5, rng=1),
        synthetic_capture(other.waveform(6e6), PAIR, 1.5, sample_rate_hz=6e6, rng=2, global_phase_rad=2.0),
    ]
    assert_found(lines_of(*captures), PAIR)


def test_minimum_confidence_leaves_out_lines_with_a_message() -> None:
    comb = Comb(gap_period_s=10e-6, tooth_s=3e-6, pulse_length_s=4e-3)
    for seed in range(20):
        capture = synthetic_capture(comb.waveform(10e6), [SyntheticLine(CENTRE + 61e3, 200e-6)], 13.0, rng=seed)
        unsure = [line for line in lines_of(capture) if line.unfolding_confidence < 0.9]
        if unsure:
            result = reconstruct_survey([capture], ReconstructionParameters(minimum_confidence=0.9))
            assert unsure[0] not in result.lines
            assert any("tooth" in message for message in result.messages)
            return
    pytest.fail("no unsure line in 20 captures with a third of receive duty: confidences are too good to be true")


def test_captures_that_hold_nothing_are_left_out_with_a_message() -> None:
    full = np.ones(1000, dtype=np.complex64)
    for waveform in (full, 0 * full):
        capture = Capture(full, waveform, 10e6, CENTRE, 4e-6, 1)
        result = reconstruct_survey([capture], ReconstructionParameters())
        assert result.lines == () and len(result.messages) == 1


def test_hostile_waveforms_do_not_take_for_ever() -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(200_000).astype(np.complex64)
    waveform = (rng.random(200_000) < 0.5).astype(np.complex64)
    result = reconstruct_survey([Capture(samples, waveform, 10e6, CENTRE, 0.0, 1)], ReconstructionParameters())
    assert result.lines == () and result.messages


def test_recording_cut_off_in_the_middle() -> None:
    capture = synthetic_capture(WAVEFORM, PAIR, 0.5)
    cut = Capture(capture.samples[:30_000], WAVEFORM[:30_000], 10e6, CENTRE, 4e-6, 1)
    assert_found(lines_of(cut), PAIR)


class TestFitLine:
    pulse = rectangular_pulse(10e-6, 2e6)

    def capture(self, offset_hz: float | None, noise: float, seed: int) -> Capture:
        lines = [] if offset_hz is None else [SyntheticLine(CENTRE + offset_hz, 300e-6)]
        return synthetic_capture(self.pulse, lines, noise, sample_rate_hz=2e6, tail_s=2e-3, rng=seed, method="confirm")

    @pytest.mark.parametrize("offset_hz", [0.0, 700.0, -5e3])
    def test_finds_the_line_with_its_uncertainty(self, offset_hz: float) -> None:
        line = fit_line([self.capture(offset_hz, 0.5, 1)], CENTRE, 8e3, ReconstructionParameters())
        assert line is not None
        assert abs(line.frequency_hz - CENTRE - offset_hz) < 4 * line.frequency_sigma_hz
        assert line.frequency_sigma_hz < 40

    def test_sees_nothing_outside_its_range(self) -> None:
        assert fit_line([self.capture(20e3, 0.5, 1)], CENTRE, 8e3, ReconstructionParameters()) is None

    def test_false_alarm_rate(self) -> None:
        parameters = ReconstructionParameters(false_alarms_per_survey=0.2)
        found = sum(fit_line([self.capture(None, 1.0, i)], CENTRE, 8e3, parameters) is not None for i in range(60))
        assert 3 <= found <= 24
