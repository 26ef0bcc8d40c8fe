"""Samples without information: saturated, missing, or of fewer averages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from acquisition import verdict
from acquisition.artefacts.faulty_samples import without_faulty_samples
from acquisition.comb import Comb
from acquisition.reconstruction import ReconstructionParameters
from acquisition.shot import Capture
from tests.acquisition.interference import Laboratory, Ringing
from tests.acquisition.synthetic import SyntheticLine, synthetic_capture

WAVEFORM = Comb(gap_period_s=20e-6, tooth_s=1e-6, pulse_length_s=2e-3).waveform(10e6)
LINE = SyntheticLine(28.1e6, 300e-6, amplitude=0.1)


def capture(lines: tuple[SyntheticLine, ...] = (LINE,)) -> Capture:
    return synthetic_capture(WAVEFORM, lines, 0.05)


def test_an_ordinary_capture_is_left_alone() -> None:
    for original in (capture(), synthetic_capture(WAVEFORM, [], 1.0)):
        assert without_faulty_samples(original) is original


def test_saturated_samples_are_left_out_and_the_line_is_found() -> None:
    laboratory = Laboratory(ringing=[Ringing(400.0, 1.0e-6)], full_scale=1.0)
    disturbed = laboratory.disturb(capture(), np.random.default_rng(0))
    cleaned = without_faulty_samples(disturbed)
    assert np.count_nonzero(cleaned.receive_mask) < np.count_nonzero(disturbed.receive_mask)
    assert "saturated" in cleaned.notes[0]
    again = without_faulty_samples(cleaned)
    assert (again.notes, again.missing) == (cleaned.notes, cleaned.missing)
    result = verdict.reconstruct([disturbed], ReconstructionParameters())
    assert any("saturated" in message for message in result.messages)
    assert min(abs(line.frequency_hz - LINE.frequency_hz) for line in result.lines) < 300


def test_missing_samples_are_left_out_and_the_line_is_found() -> None:
    disturbed = Laboratory(lost_s=[(0.9e-3, 1.3e-3)]).disturb(capture(), np.random.default_rng(0))
    cleaned = without_faulty_samples(disturbed)
    lost = slice(9_000, 13_000)
    assert not cleaned.receive_mask[lost].any()
    np.testing.assert_array_equal(cleaned.receive_mask[13_000:], disturbed.receive_mask[13_000:])
    result = verdict.reconstruct([disturbed], ReconstructionParameters())
    assert any("Samples were missing in" in message for message in result.messages)
    (line,) = (line for line in result.lines if line.snr > 8)
    assert abs(line.frequency_hz - LINE.frequency_hz) < 5 * line.frequency_sigma_hz + 1


def test_missing_averages_are_told() -> None:
    original = synthetic_capture(WAVEFORM, [], 0.05)
    samples = original.samples.copy()
    samples[12_000:16_000] *= 0.4
    weaker = without_faulty_samples(replace(original, samples=samples))
    assert weaker.missing == ()
    assert "averages are missing" in weaker.notes[0]
