"""The stored spectrum: no images of explained lines, true heights and phases, honest remains, honest noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from acquisition.comb import Comb
from acquisition.experiment import Spectrum
from acquisition.lines import LineStatus
from acquisition.reconstruction import Reconstruction, ReconstructionParameters, reconstruct_survey
from acquisition.reconstruction.components import Component, signal_blocks
from acquisition.reconstruction.correlate import correlation_spectrum
from acquisition.reconstruction.picture import gapless_signal
from acquisition.reconstruction.record import Record
from acquisition.shot import Capture
from tests.acquisition.synthetic import Carrier, SyntheticLine, synthetic_capture

CENTRE = 28e6
SPACING = 50e3
WAVEFORM = Comb(gap_period_s=1 / SPACING, tooth_s=1e-6, pulse_length_s=4e-3).waveform(10e6)
STRONG = SyntheticLine(CENTRE + 123e3, 300e-6, phase_rad=1.0)
BLOCH: dict[str, Any] = {"model": "bloch", "powder": True, "nutation_frequency_hz": 30e3}


def reconstruct(*captures: Capture) -> Reconstruction:
    return reconstruct_survey(captures, ReconstructionParameters())


def axis(spectrum: Spectrum) -> npt.NDArray[np.float64]:
    return spectrum.x0_hz + spectrum.dx_hz * np.arange(len(spectrum.values))


def height(spectrum: Spectrum, frequency_hz: float, within_hz: float = 2e3) -> float:
    """Highest magnitude near a frequency."""
    near = np.abs(axis(spectrum) - frequency_hz) < within_hz
    return float(np.abs(spectrum.values[near]).max())


def plain(capture: Capture, like: Spectrum) -> Spectrum:
    """The correlation of the received data as they are, over the same band."""
    record = Record(capture)
    return correlation_spectrum([record], [record.received], np.ones(1), (like.x0_hz, float(axis(like)[-1])))


def gapless(
    lines: list[SyntheticLine], like: Spectrum, waveform: npt.NDArray[np.complex64] = WAVEFORM, **how: Any
) -> Spectrum:
    """The same without noise, for a receiver that hears everything while the comb is played."""
    capture = synthetic_capture(waveform, lines, 0.0, **how)
    band = (like.x0_hz, float(axis(like)[-1]))
    return correlation_spectrum([Record(capture)], [capture.samples.astype(np.complex128)], np.ones(1), band)


@pytest.mark.parametrize("how", [{}, {"model": "bloch"}, BLOCH], ids=["linear", "bloch", "powder"])
def test_strong_line_has_its_true_height_and_phase_and_no_images(how: dict[str, Any]) -> None:
    capture = synthetic_capture(WAVEFORM, [STRONG], 0.1, **how)
    found = reconstruct(capture)
    spectrum, truth = found.spectrum, gapless([STRONG], found.spectrum, **how)
    assert found.lines[0].snr > 100
    top = height(spectrum, STRONG.frequency_hz)
    assert top == pytest.approx(height(truth, STRONG.frequency_hz), rel=0.05)
    middle = int(np.argmin(np.abs(axis(spectrum) - STRONG.frequency_hz)))
    assert abs(np.angle(spectrum.values[middle] / truth.values[middle])) < 0.05
    for k in (-2, -1, 1, 2):
        image_hz = STRONG.frequency_hz + k * SPACING
        assert height(plain(capture, spectrum), image_hz) > 0.15 * height(plain(capture, spectrum), STRONG.frequency_hz)
        assert height(spectrum, image_hz) < max(0.03 * top, 3 * spectrum.noise_sigma)


def test_weak_line_beside_the_image_of_a_strong_one_is_visible() -> None:
    """Its height is a fifth of the image's, two widths beside it."""
    weak = SyntheticLine(STRONG.frequency_hz + SPACING + 2.5e3, 300e-6, amplitude=0.06)
    capture = synthetic_capture(WAVEFORM, [STRONG, weak], 0.1)
    spectrum = reconstruct(capture).spectrum
    around = np.abs(axis(spectrum) - weak.frequency_hz) < 10e3
    top = axis(spectrum)[around][np.argmax(np.abs(spectrum.values[around]))]
    assert top == pytest.approx(weak.frequency_hz, abs=500)
    assert height(spectrum, weak.frequency_hz) > 5 * spectrum.noise_sigma
    before = plain(capture, spectrum)
    assert height(before, STRONG.frequency_hz + SPACING, 1e3) > 2 * height(before, weak.frequency_hz, 500)


def test_empty_capture_is_shown_as_it_was_received() -> None:
    capture = synthetic_capture(WAVEFORM, [], 0.5)
    found = reconstruct(capture)
    assert found.lines == ()
    assert np.array_equal(found.spectrum.values, plain(capture, found.spectrum).values)


@pytest.mark.parametrize("comb", [Comb(20e-6, 1e-6, 4e-3), Comb(50e-6, 3e-6, 2e-3, hs_order=4)], ids=["short", "long"])
@pytest.mark.parametrize("lines", [[], [STRONG]], ids=["empty", "line"])
def test_noise_level_is_that_of_bins_without_signal(comb: Comb, lines: list[SyntheticLine]) -> None:
    """In the median over the band; noise is exponentially distributed in power, whose median is its mean times ln 2."""
    waveform = comb.waveform(10e6)
    ratios = []
    for seed in range(6):
        spectrum = reconstruct(synthetic_capture(waveform, lines, 0.5, rng=seed)).spectrum
        noise = spectrum.values - gapless(lines, spectrum, waveform).values
        beside = np.abs(axis(spectrum) - STRONG.frequency_hz) > 5e3
        ratios.append(np.sqrt(np.median(np.abs(noise[beside]) ** 2) / np.log(2)) / spectrum.noise_sigma)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.1)


def test_carriers_are_taken_out() -> None:
    carrier = Carrier(-150.3e3, 3.0)
    capture = synthetic_capture(WAVEFORM, [STRONG], 0.1, carriers=[carrier])
    spectrum = reconstruct(capture).spectrum
    place_hz = CENTRE + carrier.offset_hz
    assert height(plain(capture, spectrum), place_hz) > 20 * spectrum.noise_sigma
    # What is left there is the wing of the line, and noise.
    wing = height(gapless([STRONG], spectrum), place_hz)
    assert height(spectrum, place_hz) < wing + 4.5 * spectrum.noise_sigma


def test_rejected_line_stays_as_it_was_received() -> None:
    other = SyntheticLine(CENTRE - 210e3, 300e-6)
    capture = synthetic_capture(WAVEFORM, [other, STRONG], 0.1)
    found = reconstruct(capture)
    first, second = found.lines
    rejected = replace(second, status=LineStatus.REJECTED)
    verdict = found.judged([first, rejected], (first, rejected))
    before, after = plain(capture, found.spectrum), verdict.spectrum
    for k in (0, 1, 2):
        there = STRONG.frequency_hz + k * SPACING
        wing = height(gapless([other], after), there)
        assert height(after, there) == pytest.approx(
            height(before, there), abs=2 * wing + 0.02 * height(before, second.frequency_hz)
        )
    assert height(after, other.frequency_hz) == pytest.approx(height(found.spectrum, other.frequency_hz), rel=0.02)


def test_line_that_was_found_to_be_another_one_is_not_drawn_twice() -> None:
    found = reconstruct(synthetic_capture(WAVEFORM, [STRONG], 0.1))
    (line,) = found.lines
    nothing = found.judged([line], ())
    as_rejected = replace(line, status=LineStatus.REJECTED)
    assert np.array_equal(nothing.spectrum.values, found.judged([as_rejected], (as_rejected,)).spectrum.values)


def test_moved_line_is_drawn_where_it_was_found_to_be() -> None:
    """The fit had it one tooth too high: the data say otherwise, and so does the picture."""
    capture = synthetic_capture(WAVEFORM, [STRONG], 0.1)
    found = reconstruct(capture)
    assert found.picture is not None
    (line,) = found.lines
    wrong = replace(found.picture.components[0], frequency_hz=line.frequency_hz + SPACING)
    mistaken = replace(found, picture=replace(found.picture, components=(wrong,)))
    moved = replace(line, status=LineStatus.MOVED)
    spectrum = mistaken.judged([moved], (moved,)).spectrum
    assert height(spectrum, line.frequency_hz) == pytest.approx(height(found.spectrum, line.frequency_hz), rel=0.01)
    assert height(spectrum, line.frequency_hz + SPACING) < 0.03 * height(spectrum, line.frequency_hz)


def test_images_in_a_window_beside_that_of_the_line_are_taken_out() -> None:
    """The neighbour excites the line too weakly to take part in its fit, and still hears enough for images."""
    captures = [
        synthetic_capture(WAVEFORM, [STRONG], 0.02, centre_frequency_hz=CENTRE + shift, rng=i)
        for i, shift in enumerate((0.0, 1010e3))
    ]
    spectrum = reconstruct(*captures).spectrum
    top = height(spectrum, STRONG.frequency_hz)
    for k in range(6, 20):
        image_hz = STRONG.frequency_hz + k * SPACING
        assert height(spectrum, image_hz) < max(0.03 * top, 5 * spectrum.noise_sigma)


@pytest.mark.parametrize("saturation", [0.0, 1.2])
@pytest.mark.parametrize("shape", [0.0, 0.4])
def test_gapless_signal_is_the_fitted_one_where_data_are(saturation: float, shape: float) -> None:
    record = Record(synthetic_capture(WAVEFORM, [], 1.0))
    line = Component("line", CENTRE + 123e3, 900.0, (0,), saturation, shape, free_saturation=True, free_shape=True)
    fitted = record.in_samples(signal_blocks(record, [(line, 1.0)]))
    whole = gapless_signal(record, [(line, 1.0)])
    assert np.allclose(whole[record.mask], fitted[record.mask], atol=1e-9 * np.abs(fitted).max())


def test_picture_is_the_same_bit_by_bit() -> None:
    capture = synthetic_capture(WAVEFORM, [STRONG], 0.3, model="bloch")
    first, second = reconstruct(capture).spectrum, reconstruct(capture).spectrum
    assert first.values.tobytes() == second.values.tobytes()
    assert first.noise_sigma == second.noise_sigma
