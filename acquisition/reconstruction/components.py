"""The explanations that data can have, and their signals in a capture: one polynomial a block, and its derivatives."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition.reconstruction.excitation import Complex
from acquisition.reconstruction.record import Record

MEMO_VALUES_MAX = 4_000_000

PAIR_VALUES = 20_000
"""Blocks, of all pairs of components together, whose sums are worked out at a time."""

ORDER_SUMS = np.arange(3)[:, None] + np.arange(3)
"""Order of a product of powers by those of its factors."""


@dataclass(frozen=True)
class Component:
    """One explanation of the data. `members` are the captures it is part of.

    Kinds: "line" (answers the waveform), "probe" (the same, but of the probe: very broad) and "carrier" (interference
    of constant frequency, whatever is sent; its width is zero). `saturation` is the squared flip angle (see
    `Record.line_states`); `shape` the deviation from a Lorentzian line, r + shape (pi FWHM)^2 d^2 r / d(pi FWHM)^2,
    fitted where `free_shape`. A carrier's frequency is `settled` once it was fitted: its amplitude is fitted with all
    others still, but a dozen carriers need not be moved whenever a line is.
    """

    kind: str
    frequency_hz: float
    fwhm_hz: float
    members: tuple[int, ...]
    saturation: float = 0.0
    shape: float = 0.0
    free_saturation: bool = False
    free_shape: bool = False
    settled: bool = False

    @property
    def free(self) -> tuple[bool, bool, bool, bool]:
        """Which of frequency, ln FWHM, saturation and shape are fitted."""
        return (not self.settled, self.kind != "carrier", self.free_saturation, self.free_shape)

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What the component's signals depend on."""
        flags = (self.free_saturation, self.free_shape)
        return (self.kind, self.frequency_hz, self.fwhm_hz, self.saturation, self.shape, *flags)

    def at(self, frequency_hz: float) -> Component:
        """The same component at another frequency."""
        return replace(self, frequency_hz=frequency_hz)


@dataclass(frozen=True, eq=False)
class Columns:
    """Signals of one component in one capture as polynomials in j times p^j, shape (columns, 3, blocks).

    The first is the response itself; then its derivatives by the exponent, by the saturation and by the shape.
    `conjugate` is the same, conjugated, in rows of the orders used; `data` the products with the received data.
    """

    key: tuple[Hashable, ...]
    values: Complex
    exponent: complex
    orders: int
    conjugate: Complex
    data: Complex


def columns_of(record: Record, component: Component) -> Columns:
    """The signals of a component in one capture; worked out once for each place, width, saturation and shape."""
    known = record.memo.get(component.key)
    if known is None:
        if len(record.memo) * (len(record.excitation.start) + 20) > MEMO_VALUES_MAX:
            record.memo.clear()
        known = record.memo[component.key] = _make_columns(record, component)
    assert isinstance(known, Columns)
    return known


def _make_columns(record: Record, component: Component) -> Columns:
    exponent = complex(record.pole_exponent(component.frequency_hz, component.fwhm_hz))
    z0, z1, z2, zq = _states(record, component, exponent)
    zero = np.zeros_like(z0)
    values = np.empty((4 if component.free_shape else 3 if component.free_saturation else 2, 3, len(z0)), dtype=complex)
    values[0] = z0, zero, zero
    values[1] = z1, z0, zero
    if component.free_saturation or component.free_shape:
        values[2] = zq, zero, zero
    if component.free_shape:
        curvature = (np.pi * component.fwhm_hz / record.rate_hz) ** 2
        values[3] = curvature * z2, 2 * curvature * z1, curvature * z0
        values[0] += component.shape * values[3]
    orders = 3 if component.free_shape else 2
    conjugate = np.conj(values[:, :orders]).reshape(len(values), -1)
    data = conjugate @ record.data_sums(record.data, exponent, orders).ravel()
    return Columns(component.key, values, exponent, orders, conjugate, data)


def _states(record: Record, component: Component, exponent: complex) -> Complex:
    key = ("states", component.kind, exponent, component.saturation, component.free_saturation)
    known = record.memo.get(key)
    if known is None:
        if component.kind == "carrier":
            known = record.excitation.carrier_states(exponent)
        else:
            known = record.excitation.line_states(exponent, component.saturation, saturable=component.free_saturation)
        record.memo[key] = known
    return np.asarray(known)


def signal_blocks(record: Record, explained: Sequence[tuple[Component, complex]]) -> Complex:
    """The signals of components with these amplitudes in one capture, summed, in the shape of `Record.data`."""
    parts = []
    for component, amplitude in explained:
        columns = columns_of(record, component)
        parts.append((amplitude * columns.values[0, : columns.orders], columns.exponent))
    return record.signal(parts)


def overlaps_of(record: Record, pairs: Sequence[tuple[Columns, Columns]]) -> list[Complex]:
    """Products of the columns of each pair of components; those not yet known are worked out together."""
    unknown: dict[Hashable, tuple[Columns, Columns]] = {}
    for first, second in pairs:
        key = (first.key, second.key)
        if key not in record.memo:
            unknown[key] = first, second
    at_once = max(1, PAIR_VALUES // (len(record.excitation.start) + 1))
    keys = list(unknown)
    for begin in range(0, len(keys), at_once):
        _work_out(record, {key: unknown[key] for key in keys[begin : begin + at_once]})
    return [np.asarray(record.memo[first.key, second.key]) for first, second in pairs]


def _work_out(record: Record, pairs: dict[Hashable, tuple[Columns, Columns]]) -> None:
    """Put the products of pairs of columns into the memo."""
    exponents = np.asarray([np.conj(first.exponent) + second.exponent for first, second in pairs.values()])
    orders = max(first.orders + second.orders - 1 for first, second in pairs.values())
    every = record.excitation.power_sums(exponents, orders)
    for (key, (first, second)), sums in zip(pairs.items(), every, strict=True):
        values = second.values[:, None, : second.orders]
        right = np.sum(values * sums[ORDER_SUMS[: first.orders, : second.orders]], axis=2)
        record.memo[key] = first.conjugate @ right.reshape(len(right), -1).T


def coherence(record: Record, one: Component, other: Component) -> float:
    """|<r, s>| of the normalised signals of two components in one capture, as of linear responses, 0 to 1."""
    (first, a, size), (second, b, its) = _linear_states(record, one), _linear_states(record, other)
    overlap = np.sum(np.conj(first) * second * record.excitation.power_sums(np.conj(a) + b, 1)[0])
    return float(abs(overlap) / max(size * its, 1e-300))


def _linear_states(record: Record, component: Component) -> tuple[Complex, complex, float]:
    """States of a component's linear response, its exponent, and the root of its energy."""
    exponent = complex(record.pole_exponent(component.frequency_hz, component.fwhm_hz))
    key = ("linear", component.kind, exponent)
    known = record.memo.get(key)
    if known is None:
        excitation = record.excitation
        if component.kind == "carrier":
            states = excitation.carrier_states(exponent)[0]
        else:
            states = excitation.linear_states(exponent)
        sums = excitation.power_sums(2 * exponent.real, 1)[0].real
        energy = float(np.sum((states.real**2 + states.imag**2) * sums))
        known = record.memo[key] = states, exponent, math.sqrt(energy)
    found: tuple[Complex, complex, float] = known
    return found
