from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdr.converter import Converter
from sdr.errors import InvalidConfiguration
from sdr.transceiver import ConverterSettings

FREQUENCIES = st.floats(0.4e6, 300e6)


def converter(side: str, lo_hz: float = 400e6) -> Converter:
    return Converter.from_settings(ConverterSettings(side, lo_hz))


@given(FREQUENCIES, st.sampled_from(["none", "upper", "lower"]))
def test_there_and_back(frequency_hz: float, side: str) -> None:
    chain = converter(side)
    assert chain.nqr_hz(chain.radio_hz(frequency_hz)) == pytest.approx(frequency_hz, abs=1e-6)


def test_sides() -> None:
    assert converter("upper").radio_hz(28e6) == 428e6
    assert converter("lower").radio_hz(28e6) == 372e6
    assert converter("none").radio_hz(128e6) == 128e6


def test_only_the_lower_side_mirrors_the_spectrum() -> None:
    """A line 100 kHz above the centre comes from the radio 100 kHz below it, and is put right."""
    t = np.arange(1000) / 1e6
    above = np.exp(2j * np.pi * 100e3 * t).astype(np.complex64)
    for side, sign in (("none", 1), ("upper", 1), ("lower", -1)):
        chain = converter(side)
        at_radio = chain.baseband(above)
        offset_hz = np.fft.fftfreq(1000, 1e-6)[np.argmax(np.abs(np.fft.fft(at_radio)))]
        assert offset_hz == pytest.approx(sign * 100e3)
        assert chain.radio_hz(28e6 + 100e3) - chain.radio_hz(28e6) == pytest.approx(sign * 100e3)
        np.testing.assert_array_equal(chain.baseband(at_radio), above)


def test_reach() -> None:
    assert converter("upper").nqr_range_hz(325e6, 3800e6) == (0.0, 3400e6)
    assert converter("lower").nqr_range_hz(325e6, 3800e6) == (0.0, 75e6)
    assert converter("none").nqr_range_hz(325e6, 3800e6) == (325e6, 3800e6)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (ConverterSettings("sideways", 400e6), "converter_side"),
        (ConverterSettings("upper", 0.0), "converter_lo_hz"),
        (ConverterSettings("upper", math.nan), "converter_lo_hz"),
        (ConverterSettings("lower", math.inf), "converter_lo_hz"),
        (ConverterSettings("upper", 400e6, math.nan), "converter_gain_db"),
    ],
)
def test_impossible_settings_name_the_field(settings: ConverterSettings, field: str) -> None:
    with pytest.raises(InvalidConfiguration) as raised:
        Converter.from_settings(settings)
    assert raised.value.field == field
