from __future__ import annotations

import numpy as np
import pytest

from sdr.errors import ReadBackMismatch
from sdr.pluto.names import parse_number, parse_range
from sdr.pluto.samples import TX_FULL_SCALE, dequantise, quantise


def test_full_scale_and_rounding() -> None:
    waveform = np.array([1, -1j, 0.5 + 0.25j, 1e-6], dtype=np.complex64)
    assert quantise(waveform).tolist() == [16384, 0, 0, -16384, 8192, 4096, 0, 0]
    np.testing.assert_array_equal(dequantise(quantise(waveform[:3])), waveform[:3])


def test_quantisation_error_is_half_a_step() -> None:
    generator = np.random.default_rng(1)
    waveform = (generator.uniform(-0.7, 0.7, 1000) + 1j * generator.uniform(-0.7, 0.7, 1000)).astype(np.complex64)
    error = dequantise(quantise(waveform)) - waveform
    assert np.max(np.abs(error.view(np.float32))) <= 0.51 / TX_FULL_SCALE


@pytest.mark.parametrize("bad", [1.001, -1.001j, complex(np.nan, 0), complex(0, np.inf)])
def test_nothing_may_wrap(bad: complex) -> None:
    with pytest.raises(ValueError, match="full scale"):
        quantise(np.array([0, bad], dtype=np.complex64))


def test_numbers_of_attributes() -> None:
    assert parse_number("-10.000000 dB") == -10
    assert parse_number("2400000000") == 2.4e9
    assert parse_range("[-89.750000 0.250000 0.000000]") == (-89.75, 0.0)
    assert parse_range("[325000000 1 3800000000]") == (325e6, 3800e6)
    with pytest.raises(ReadBackMismatch, match="range"):
        parse_range("30720000 3840000")
    with pytest.raises(ReadBackMismatch, match="ERROR"):
        parse_number("ERROR")
