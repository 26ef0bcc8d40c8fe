"""Broad lines through the method echo_map: known distributions come back, within their uncertainties."""

from __future__ import annotations

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from acquisition import verdict
from acquisition.broad import label, vocs
from acquisition.broad.echo import echo_shot, response
from acquisition.efg.models import CZJZEK
from acquisition.errors import InvalidParameters
from acquisition.limits import InstrumentLimits
from acquisition.lines import LineStatus
from acquisition.methods import echo_map, get
from acquisition.methods.echo_map import EchoMapExperiment, EchoMapParameters
from acquisition.reconstruction import Reconstruction, ReconstructionParameters
from acquisition.shot import Capture
from sdr.pluto.samples import dequantise, quantise
from tests.acquisition.broad import lines
from tests.acquisition.broad.echoes import echo_signal

NARROWER = EchoMapParameters(centre_frequency_hz=30e6, span_hz=300e3, nuclide="35Cl")
WIDER = EchoMapParameters(centre_frequency_hz=30e6, span_hz=1.2e6, nuclide="35Cl")


def pull(found: Reconstruction, name: str, truth: float) -> float:
    quantity = next(quantity for quantity in found.quantities if quantity.name == name)
    return (quantity.value - truth) / quantity.sigma


def test_a_line_100_khz_wide_comes_back_with_its_uncertainties() -> None:
    model, values = lines.gaussian(100e3)
    pulls = []
    for seed in range(16):
        found = lines.mapped(lines.captures(NARROWER, model, values, 2.0, seed))
        pulls.append((pull(found, "mean_frequency_hz", values[0]), pull(found, "fwhm_hz", 100e3)))
        assert found.lines[0].status is LineStatus.CONFIRMED
    deviations = np.sqrt(np.mean(np.square(pulls), axis=0))
    # The deviation of 16 normal numbers is known to 18 %.
    assert np.all((deviations > 0.65) & (deviations < 1.4))
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 3 / math.sqrt(len(pulls)) + 0.15)


def test_a_line_500_khz_wide_over_several_tunings() -> None:
    model, values = lines.gaussian(500e3)
    found = lines.mapped(lines.captures(WIDER, model, values, 0.7, 5))
    assert len({capture.centre_frequency_hz for capture in lines.captures(WIDER, model, values, 0.7, 5)}) == 4
    for name, truth in (
        ("mean_frequency_hz", values[0]),
        ("fwhm_hz", 500e3),
        ("coupling_mean_hz", 2 * values[0]),
        ("coupling_mean_lower_bound_hz", math.sqrt(3) * values[0]),
        ("coupling_deviation_hz", 2 * values[1]),
    ):
        assert abs(pull(found, name, truth)) < 3
    spectrum = found.spectrum
    assert spectrum.x0_hz < 29.4e6 and spectrum.x0_hz + spectrum.dx_hz * len(spectrum.values) > 30.6e6
    # The imaginary part is noise of the size that is stated: real and imaginary part share sigma^2.
    assert np.std(spectrum.values.imag) == pytest.approx(spectrum.noise_sigma / math.sqrt(2), rel=0.35)


@pytest.mark.slow
def test_czjzek_lines_come_back_and_are_told_from_a_gaussian_where_that_can_be() -> None:
    p = EchoMapParameters(centre_frequency_hz=2.4e6, span_hz=2.4e6, nuclide="35Cl", step_hz=23e3)
    plain = lines.mapped(lines.captures(p, CZJZEK, (0.8e6,), 0.05, 1))
    assert "Gaussian" in plain.messages[0].partition("does worse")[0].partition(";")[2]
    fixed, random = (
        next(q for q in plain.quantities if q.name == name) for name in ("czjzek_fixed_hz", "czjzek_sigma_hz")
    )
    assert fixed.value < 3 * fixed.sigma
    assert abs(random.value - 0.8e6) < 3 * random.sigma
    # A fixed part of twice the random one makes the line so nearly normal that the data cannot tell, and say so.
    model, values = lines.extended(1.6e6, 0.4e6)
    extended = lines.mapped(lines.captures(p, model, values, 0.05, 1))
    assert abs(pull(extended, "czjzek_fixed_hz", values[0])) < 3
    assert abs(pull(extended, "czjzek_sigma_hz", values[1])) < 3
    assert "cannot tell" in extended.messages[0]


def test_noise_alone_is_no_broad_line() -> None:
    model, values = lines.gaussian(100e3)
    for seed in range(4):
        quiet = [
            dataclasses.replace(capture, samples=noise)
            for capture, noise in _noise(lines.captures(NARROWER, model, values, 2.0, seed), seed)
        ]
        found = lines.mapped(quiet)
        assert found.lines == () and found.curves == ()
        assert "No broad line" in found.messages[0]


def _noise(captures: list[Capture], seed: int) -> list[tuple[Capture, np.ndarray]]:
    rng = np.random.default_rng([seed, 7])
    return [
        (c, (rng.standard_normal(len(c.samples)) + 1j * rng.standard_normal(len(c.samples))).astype(np.complex64))
        for c in captures
    ]


def test_echoes_that_lost_their_common_phase_still_sum() -> None:
    model, values = lines.gaussian(100e3)
    rng = np.random.default_rng(3)
    made = lines.captures(NARROWER, model, values, 0.3, 2)
    turns = {place: np.exp(2j * np.pi * rng.random()) for place in {label.read(c.purpose).place_hz for c in made}}
    turned = [
        dataclasses.replace(c, samples=(c.samples * turns[label.read(c.purpose).place_hz]).astype(np.complex64))
        for c in made
    ]
    found = lines.mapped(turned)
    assert abs(pull(found, "fwhm_hz", 100e3)) < 4
    assert any("phase" in message for message in found.messages)


def test_the_response_is_that_of_rotated_vectors() -> None:
    shot, opposite = itertools.islice(echo_map.shots(NARROWER, lines.LIMITS), 2)
    capture = Capture(
        np.zeros(shot.capture_samples, np.complex64), shot.waveform, shot.sample_rate_hz, shot.centre_frequency_hz,
        shot.dead_time_s, 4, purpose=shot.purpose,
    )  # fmt: skip
    echo = echo_shot(capture)
    assert echo is not None
    place_hz = NARROWER.centre_frequency_hz - 150e3
    assert echo.frequency_hz == pytest.approx(place_hz, abs=1.0)
    # Many isochromats at once dephase all but the echo; its integral over time is the response at their middle.
    frequency_hz = place_hz + np.arange(-200e3, 200e3, 1e3)
    plus, minus = (echo_signal(one, frequency_hz, np.full(400, 1 / 400), lines.LIMITS) for one in (shot, opposite))
    signal = 0.5 * (plus - minus)
    expected = response(echo, math.radians(NARROWER.flip_deg), Fraction(3, 2))
    time_s = (np.arange(len(signal)) - echo.top) / shot.sample_rate_hz
    offset_hz = frequency_hz - echo.frequency_hz
    model = expected.at(offset_hz) @ np.exp(2j * np.pi * np.outer(offset_hz, time_s)) / 400
    carrier = np.exp(2j * np.pi * (echo.frequency_hz - shot.centre_frequency_hz) / shot.sample_rate_hz
                     * np.arange(len(signal)))  # fmt: skip
    near = np.abs(time_s) < 25e-6
    scale = np.vdot(model[near], (signal / carrier)[near]) / np.vdot(model[near], model[near])
    left = (signal / carrier)[near] - scale * model[near]
    assert np.linalg.norm(left) < 0.05 * np.linalg.norm(model[near]) * abs(scale)


def test_equal_pulses_at_different_frequencies_have_one_response() -> None:
    """Although the radio's integers make each a little different."""
    responses = []
    weaker = InstrumentLimits(peak_amplitude=0.37)
    for shot in list(echo_map.shots(NARROWER, weaker))[::2]:
        played = dequantise(quantise(shot.waveform))
        assert not np.array_equal(played, shot.waveform)
        silence = np.zeros(shot.capture_samples, np.complex64)
        capture = Capture(silence, played, shot.sample_rate_hz, shot.centre_frequency_hz, shot.dead_time_s, 4)
        echo = echo_shot(capture)
        assert echo is not None
        responses.append(response(echo, math.radians(NARROWER.flip_deg), Fraction(3, 2)))
    assert len(responses) > 5
    assert all(one is responses[0] for one in responses)


def test_the_opposite_sign_takes_out_what_the_second_pulse_leaves() -> None:
    model, values = lines.gaussian(100e3)
    made = lines.captures(NARROWER, model, values, 0.3, 4)
    # Ringing after the second pulse, the same for either sign of the first.
    ringing = [
        dataclasses.replace(
            c, samples=(c.samples + 3.0 * np.exp(-np.arange(len(c.samples)) / 300)).astype(np.complex64)
        )
        for c in made
    ]
    found = lines.mapped(ringing)
    assert abs(pull(found, "fwhm_hz", 100e3)) < 3


def test_the_whole_experiment_and_its_stored_captures_agree() -> None:
    experiment = EchoMapExperiment(NARROWER, lines.LIMITS)
    model, values = lines.gaussian(100e3)
    made = iter(lines.captures(NARROWER, model, values, 1.0, 9))
    played = []
    while (shot := experiment.next_shot()) is not None:
        capture = next(made)
        assert np.array_equal(capture.waveform, shot.waveform)
        experiment.take(capture)
        played.append(capture)
        if len(played) == 6:
            partial = experiment.partial_spectrum()
            assert partial is not None and len(partial.values) > 0
    again = verdict.reconstruct(played, ReconstructionParameters())
    assert again.lines == experiment.result().lines
    assert {curve.name for curve in again.curves} == {
        "line_density", "efg_gaussian", "efg_czjzek", "efg_extended_czjzek", "efg_lower_bound",
    }  # fmt: skip
    other = verdict.reconstruct(played, ReconstructionParameters(nuclide="37Cl"))
    gradient = {q.name: q.value for q in again.quantities}["gradient_mean_v_per_m2"]
    # The same C_Q in the smaller moment needs the larger gradient: Q(35Cl)/Q(37Cl) = 1.27.
    assert {q.name: q.value for q in other.quantities}["gradient_mean_v_per_m2"] / gradient == pytest.approx(1.27, 0.01)


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ({"step_hz": 40e3}, "step_hz", "half of what one echo excites"),
        ({"echo_delay_s": 15e-6}, "echo_delay_s", "at least"),
        ({"nuclide": "36Xx"}, "nuclide", "Xx"),
        ({"transition": 2}, "transition", "35Cl"),
        ({"pulse_length_s": 2e-6}, "pulse_length_s", "takes at least"),
        ({"window_hz": 3e6}, "window_hz", "half of the sampling rate"),
        ({"centre_frequency_hz": 300e6}, "span_hz", "outside"),
        ({"step_hz": 10.0}, "span_hz", "at most 2,000"),
        ({"repetition_time_s": 1e-4}, "repetition_time_s", "at least"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_field_and_limit(
    change: dict[str, float | str], field: str, part: str
) -> None:
    p = dataclasses.replace(NARROWER, **change)
    with pytest.raises(InvalidParameters) as caught:
        get("echo_map").plan(p, lines.LIMITS)
    errors = {error.field: error.message for error in caught.value.errors}
    assert part in errors[field]


def test_a_label_is_read_as_it_was_written() -> None:
    for one in (label.Label(30.0125e6), label.Label(3.1e6, 90.0, "127I", 1, "minus")):
        assert label.read(one.text()) == one
    assert label.read("confirm 28.1 MHz") is None


def test_the_plan_counts_what_is_played() -> None:
    planned = get("echo_map").plan(WIDER, lines.LIMITS)
    shots = list(echo_map.shots(WIDER, lines.LIMITS))
    assert len(shots) == planned.shots_survey
    assert sum(shot.duration_s for shot in shots) == pytest.approx(planned.duration_s)
    assert all(shot.averages == planned.averages_per_shot for shot in shots)


def test_captures_without_an_echo_say_so() -> None:
    capture = Capture(np.zeros(100, np.complex64), np.ones(5, np.complex64), 4e6, 30e6, 4e-6, 4, method="echo_map")
    found = lines.mapped([capture])
    assert found.lines == () and "no echo" in found.messages[0]


def test_resolution_of_a_window() -> None:
    assert vocs.window_resolution_hz(50e-6) == pytest.approx(0.8 / 50e-6, rel=0.01)
