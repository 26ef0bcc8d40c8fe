"""Reducing to columns: no peak may be lost, whatever part and width are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.experiment import Spectrum
from webapp.spectra.services import reduce

X0_HZ, DX_HZ = 28.0e6, 37.5


def spectrum(points: int, seed: int = 0) -> Spectrum:
    rng = np.random.default_rng(seed)
    values = (rng.normal(size=points) + 1j * rng.normal(size=points)).astype(np.complex64)
    return Spectrum(X0_HZ, DX_HZ, values, 1.0)


@given(
    points=st.integers(1, 500),
    edges=st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)).filter(lambda e: e[0] < e[1]),
    columns=st.integers(1, 60),
)
def test_against_the_plain_definition(points: int, edges: tuple[float, float], columns: int) -> None:
    whole = spectrum(points, seed=points)
    x = X0_HZ + DX_HZ * np.arange(points)
    from_hz, to_hz = (X0_HZ + edge * DX_HZ * points for edge in edges)
    if from_hz >= to_hz:
        return
    bins = reduce(whole, from_hz, to_hz, columns, "imaginary")
    y = whole.values.imag
    inside = (x >= from_hz) & (x <= to_hz)
    if bins.kind == "raw":
        assert inside.sum() < 2 * columns
        shown = bins.x0_hz + bins.dx_hz * np.arange(len(bins.data))
        expected = np.interp(shown, x, y)
        assert np.array_equal(bins.data, expected.astype(np.float32))
        assert inside.sum() <= len(bins.data) <= inside.sum() + 2
        return
    low, high = max(from_hz, x[0]), min(to_hz, x[-1])
    assert inside.sum() >= 2 * columns
    assert bins.dx_hz == pytest.approx((high - low) / columns)
    pairs = bins.data.reshape(-1, 2)
    assert columns <= len(pairs) <= columns + 2
    assert (pairs[:, 0] <= pairs[:, 1]).all()
    # every sample inside lies between the minimum and the maximum of the column in which it is drawn
    tolerance = 1e-6
    column = (x - (bins.x0_hz - bins.dx_hz / 2)) / bins.dx_hz
    for k in np.flatnonzero(inside):
        near = {int(column[k] - tolerance), min(int(column[k] + tolerance), len(pairs) - 1)}
        assert any(pairs[c, 0] <= y[k] <= pairs[c, 1] for c in near)
    # and nothing is drawn that is not there
    assert set(pairs.ravel()) <= set(y.astype(np.float32))


def test_one_column_beyond_each_edge_where_there_is_one() -> None:
    whole = spectrum(10_000)
    middle = reduce(whole, X0_HZ + 1000 * DX_HZ, X0_HZ + 3000 * DX_HZ, 100)
    assert len(middle.data) == 2 * 102
    assert middle.x0_hz == pytest.approx(X0_HZ + 1000 * DX_HZ - middle.dx_hz / 2)
    everything = reduce(whole, None, None, 100)
    assert len(everything.data) == 2 * 100
    assert everything.data.max() == np.abs(whole.values).max()
    assert everything.data.min() == np.abs(whole.values).min()


def test_a_single_narrow_line_stays_whole() -> None:
    values = np.zeros(1_000_000, np.complex64)
    values[654_321] = 5.0
    bins = reduce(Spectrum(X0_HZ, 1.0, values, 0.0), None, None, 2000)
    peak = int(np.argmax(bins.data[1::2]))
    assert bins.data[1::2][peak] == 5.0
    assert abs(bins.x0_hz + peak * bins.dx_hz - (X0_HZ + 654_321)) <= bins.dx_hz / 2


def test_an_empty_spectrum() -> None:
    assert len(reduce(Spectrum(0.0, 1.0, np.empty(0, np.complex64), 0.0)).data) == 0
