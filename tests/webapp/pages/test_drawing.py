"""Pictures drawn on the server."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from acquisition.experiment import Plan
from webapp.home import svg
from webapp.runs.drawing import excitation_profile
from webapp.spectra import drawing


def test_narrow_line_survives_the_smallest_picture() -> None:
    values = np.zeros(1_000_000, dtype=np.float32)
    values[123_457] = 1.0
    low, high = svg.columns(values, 320)
    assert high.max() == 1.0
    assert int(high.argmax()) == 123_457 * 320 // 1_000_000
    assert low.max() == 0.0


@pytest.mark.parametrize("points", [1, 2, 319, 320, 5000])
def test_thumbnail_is_a_picture_whatever_the_number_of_points(points: int) -> None:
    rng = np.random.default_rng(1)
    text = drawing.thumbnail(np.abs(rng.normal(size=points)), 28e6, 100.0, [28e6, 1.0])
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert "nan" not in text


def test_thumbnail_of_nothing_is_flat() -> None:
    assert "nan" not in drawing.thumbnail(np.zeros(2), 0.0, 1.0, [])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(27.6, 28.6, [27.6, 27.8, 28.0, 28.2, 28.4, 28.6]), (0.0, 45.0, [0.0, 10.0, 20.0, 30.0, 40.0]), (1.0, 1.0, [1.0])],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert svg.ticks(low, high, 5) == pytest.approx(expected)


def test_profile_shows_every_window_and_the_highest_angle() -> None:
    frequency_hz = np.linspace(27e6, 29e6, 4001)
    flip_deg = 44.0 * np.abs(np.sinc((frequency_hz - 28e6) / 1e6))
    plan = Plan(((27.5e6, 1.1e6), (28.5e6, 1.1e6)), 2, 10, 32, 8.0, 60.0, frequency_hz, flip_deg)
    profile = excitation_profile(plan)
    assert len(profile["windows"]) == 2
    assert profile["highest_deg"] == pytest.approx(44.0)
    assert profile["low_hz"] == pytest.approx(26.95e6)
    heights = [float(number) for number in re.findall(r"-?[\d.]+", profile["outline"])][1::2]
    middle = len(heights) // 2
    assert min(heights) == min(heights[middle - 5 : middle + 5])  # the top of the curve is where the comb is strongest
