"""What the model leaves of a strong line is known by its place and strength, and only by both."""

from __future__ import annotations

import pytest

from acquisition.artefacts.nuisance import CARRIER, Nuisance
from acquisition.artefacts.remainder import line_left
from acquisition.lines import Line


def line(frequency_hz: float, snr: float, fwhm_hz: float = 1e3) -> Line:
    return Line(frequency_hz, 10.0, fwhm_hz, 20.0, 0.1, 0.001, 0.0, snr, 1.0)


def carrier(frequency_hz: float, snr: float) -> Nuisance:
    return Nuisance(CARRIER, frequency_hz, 5.0, 0.0, 0.01, 0.0, snr, 28e6, 200.0)


@pytest.mark.parametrize(
    ("offset_hz", "snr", "remains"), [(1.5e3, 15.0, True), (-5e3, 6.0, True), (8e3, 6.0, False), (1.5e3, 60.0, False)]
)
def test_near_and_weak_is_what_a_strong_line_left(offset_hz: float, snr: float, remains: bool) -> None:
    strong = line(28.08e6, 150.0)
    found = line_left(carrier(28.08e6 + offset_hz, snr), [line(29e6, 500.0), strong])
    assert (found is strong) == remains and (found is None) != remains


def test_nothing_is_left_of_no_line() -> None:
    assert line_left(carrier(28.08e6, 6.0), []) is None
