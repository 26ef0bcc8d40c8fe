"""Joint least-squares fit of lines and nuisances: poles and shapes by Gauss-Newton, amplitudes eliminated.

This is variable projection (Golub and Pereyra 1973, with Kaufman's simplification of the Jacobian): for given poles the
amplitudes follow from a linear least-squares problem, so only the poles are searched. A line has one frequency, width
and shape in all captures, and an amplitude of its own in each, because each capture has a phase of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from acquisition.reconstruction.components import Columns, Component, columns_of, overlaps_of, signal_blocks
from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.record import Record

FREQUENCY, WIDTH, SATURATION, SHAPE = range(4)
PARAMETERS = 4
WELL_DETERMINED = 1e-3
"""Least diagonal entry of the Cholesky factor of a matrix with unit diagonal for which its inverse is trusted."""

SATURATION_PRIOR = (0.3, 1.5)
"""Mean and standard deviation of the squared flip angle (rad^2) before anything was measured.

Surveys that are repeated faster than T1 turn by 10 to 45 degrees, 0.03 to 0.6; beyond 90 degrees is rare.
"""

SATURATION_MAX = 16.0

LN_WIDTH_PRIOR = (np.log(1.0e3), 1.5)
"""The same of ln(FWHM / Hz): lines of 0.2 to 5 kHz are usual."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Best amplitudes for given poles, in every capture.

    `rss` (captures,) are the residual sums of squares, `cost` minus the logarithm of likelihood and prior.
    `amplitudes[c][i]` is the amplitude of component i in capture c (0 if not a member), `energies[c][i]` the energy of
    its response there at amplitude 1. `information` (4n, 4n) and `gradient` (4n,) are half the second derivative of the
    cost and minus half the first one, by (frequency in Hz, ln FWHM, saturation, shape) of each component in turn.
    """

    rss: Real
    cost: float
    amplitudes: tuple[Complex, ...]
    energies: tuple[Real, ...]
    inverses: tuple[Complex, ...]
    information: Real
    gradient: Real


def solve(records: Sequence[Record], sigmas: Real, components: Sequence[Component]) -> Solution:
    """Eliminate the amplitudes for given poles; `sigmas` (captures,) is the noise per sample of each."""
    n = len(components)
    information, gradient = np.zeros((PARAMETERS * n, PARAMETERS * n)), np.zeros(PARAMETERS * n)
    rss = np.empty(len(records))
    amplitudes, energies, inverses = [], [], []
    for c, record in enumerate(records):
        members = [i for i, component in enumerate(components) if c in component.members]
        amplitude, energy = np.zeros(n, dtype=np.complex128), np.zeros(n)
        rss[c] = record.energy
        inverse = np.zeros((0, 0), dtype=np.complex128)
        if members:
            parts = [columns_of(record, components[i]) for i in members]
            gram, data = _products(record, parts)
            sizes = np.asarray([len(part.values) for part in parts])
            main = np.cumsum(sizes) - sizes
            inverse = _inverse(gram[np.ix_(main, main)])
            solved = inverse @ data[main]
            rss[c] = max(record.energy - float(np.vdot(data[main], solved).real), 0.0)
            amplitude[members], energy[members] = solved, np.diag(gram)[main].real
            rows, slots, scale = _derivatives(record, components, members, main, solved)
            cross = gram[np.ix_(rows, main)] @ inverse
            curvature = gram[np.ix_(rows, rows)] - cross @ gram[np.ix_(main, rows)]
            slope = data[rows] - cross @ data[main]
            weight = 1.0 / sigmas[c] ** 2
            information[np.ix_(slots, slots)] += weight * (np.conj(scale)[:, None] * curvature * scale).real
            gradient[slots] += weight * (np.conj(scale) * slope).real
        amplitudes.append(amplitude)
        energies.append(energy)
        inverses.append(inverse)
    cost = float(np.sum(rss / sigmas**2)) + _add_priors(components, information, gradient)
    return Solution(rss, cost, tuple(amplitudes), tuple(energies), tuple(inverses), information, gradient)


def _derivatives(
    record: Record,
    components: Sequence[Component],
    members: Sequence[int],
    main: npt.NDArray[np.int_],
    amplitudes: Complex,
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_], Complex]:
    """For every searched parameter: the column it moves, its place in the parameter vector, and the factor on it."""
    rows, slots, scale = [], [], []
    for k, i in enumerate(members):
        component = components[i]
        factors = (
            (FREQUENCY, 1, 2j * np.pi / record.rate_hz),
            (WIDTH, 1, -np.pi * component.fwhm_hz / record.rate_hz),
            (SATURATION, 2, 1.0),
            (SHAPE, 3, 1.0),
        )
        for parameter, column, factor in factors:
            if component.free[parameter]:
                rows.append(int(main[k]) + column)
                slots.append(PARAMETERS * i + parameter)
                scale.append(factor * amplitudes[k])
    return np.asarray(rows, dtype=np.intp), np.asarray(slots, dtype=np.intp), np.asarray(scale, dtype=np.complex128)


def _add_priors(components: Sequence[Component], information: Real, gradient: Real) -> float:
    """Gaussian priors of width and saturation; returns their part of the cost."""
    cost = 0.0
    for i, component in enumerate(components):
        if component.kind != "line":
            continue
        terms = [(WIDTH, float(np.log(component.fwhm_hz)), *LN_WIDTH_PRIOR)]
        if component.free_saturation:
            terms.append((SATURATION, component.saturation, *SATURATION_PRIOR))
        if component.free_shape:
            terms.append((SHAPE, component.shape, 0.0, 0.3))
        for parameter, value, mean, deviation in terms:
            slot = PARAMETERS * i + parameter
            cost += (value - mean) ** 2 / (2 * deviation**2)
            gradient[slot] -= (value - mean) / (2 * deviation**2)
            information[slot, slot] += 1 / (2 * deviation**2)
    return cost


def _inverse(gram: Complex) -> Complex:
    """Inverse of a Gram matrix, of its well-determined part where two components are almost the same."""
    size = np.sqrt(np.maximum(np.diag(gram).real, 1e-300))
    scale = size[:, None] * size
    factor, failed = lapack.zpotrf(gram / scale, lower=1)
    if failed == 0 and np.diag(factor).real.min() > WELL_DETERMINED:
        lower = lapack.zpotri(factor, lower=1)[0]
        inverse = np.tril(lower, -1)
        inverse = inverse + inverse.conj().T + np.diag(np.diag(lower).real)
    else:
        inverse = np.linalg.pinv(gram / scale, rcond=1e-9, hermitian=True)
    return np.asarray(inverse / scale)


def _solved(matrix: Real, right: Real) -> Real:
    """Solution of a symmetric, non-negative system of least norm."""
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    factor, failed = lapack.dpotrf(matrix / (size[:, None] * size), lower=1)
    if failed == 0 and np.diag(factor).min() > WELL_DETERMINED:
        return np.asarray(lapack.dpotrs(factor, right / size, lower=1)[0] / size)
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0])


def _products(record: Record, parts: Sequence[Columns]) -> tuple[Complex, Complex]:
    """Gram matrix of all columns, and their products with the data."""
    sizes = [len(part.values) for part in parts]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    gram = np.empty((offsets[-1], offsets[-1]), dtype=np.complex128)
    data = np.empty(offsets[-1], dtype=np.complex128)
    pairs = [(a, b) for a in range(len(parts)) for b in range(a, len(parts))]
    overlaps = overlaps_of(record, [(parts[a], parts[b]) for a, b in pairs])
    for (a, b), overlap in zip(pairs, overlaps, strict=True):
        here, there = slice(offsets[a], offsets[a + 1]), slice(offsets[b], offsets[b + 1])
        gram[here, there] = overlap
        gram[there, here] = overlap.conj().T
    for a, part in enumerate(parts):
        data[offsets[a] : offsets[a + 1]] = part.data
    return gram, data


def width_slope(record: Record, components: Sequence[Component], solution: Solution, c: int, index: int) -> complex:
    """Derivative of a component's amplitude in capture c by its ln FWHM, the other components' amplitudes following."""
    members = [i for i, component in enumerate(components) if c in component.members]
    parts = [columns_of(record, components[i]) for i in members]
    k = members.index(index)
    amplitudes = solution.amplitudes[c][members]
    products = np.stack([one[:2, 0] for one in overlaps_of(record, [(parts[k], part) for part in parts])], axis=1)
    with_slope = overlaps_of(record, [(part, parts[k]) for part in parts])
    change = -np.asarray([one[0, 1] for one in with_slope]) * amplitudes[k]
    change[k] += parts[k].data[1] - products[1] @ amplitudes
    # The derivative of the exponent by ln FWHM is real, so it is the same for the signal and its conjugate.
    slope = solution.inverses[c][k] @ change * (-np.pi * components[index].fwhm_hz / record.rate_hz)
    return complex(slope)


def free_parameters(components: Sequence[Component]) -> npt.NDArray[np.bool_]:
    """Which entries of the parameter vector are searched, shape (4n,)."""
    return np.asarray([flag for component in components for flag in component.free], dtype=bool)


def refine(
    records: Sequence[Record],
    sigmas: Real,
    components: Sequence[Component],
    *,
    fwhm_limits_hz: tuple[float, float],
    movable: Sequence[int] | None = None,
    rounds: int = 12,
    tolerance: float = 1e-3,
) -> tuple[list[Component], Solution]:
    """Move the poles to the least cost, by damped Gauss-Newton steps; only the `movable` components, default all."""
    current = list(components)
    best = solve(records, sigmas, current)
    free = free_parameters(current)
    if movable is not None:
        allowed = np.zeros(len(current), dtype=bool)
        allowed[list(movable)] = True
        free &= np.repeat(allowed, PARAMETERS)
    if not free.any():
        return current, best
    damping = 1e-3
    for _ in range(rounds):
        step = _step(best, current, free, damping)
        if damping <= 1e-3 and float(step[free] @ best.gradient[free]) < 0.5 * tolerance:
            break
        trial = [
            _stepped(component, step[PARAMETERS * i : PARAMETERS * (i + 1)], fwhm_limits_hz)
            for i, component in enumerate(current)
        ]
        found = solve(records, sigmas, trial)
        gain = best.cost - found.cost
        if gain >= 0:
            current, best = trial, found
            damping = max(damping / 5, 1e-7)
            if gain < tolerance:
                break
        else:
            damping *= 10
            if damping > 1e6:
                break
    return current, best


def _step(solution: Solution, components: Sequence[Component], free: npt.NDArray[np.bool_], damping: float) -> Real:
    """Damped Gauss-Newton step, (4n,), that leaves no saturation negative: one that would be is put to zero."""
    step, searched = np.zeros(len(free)), free.copy()
    largest = max(float(np.diag(solution.information)[free].max(initial=0.0)), 1e-300)
    saturations = np.asarray([component.saturation for component in components])
    for _ in range(len(components) + 1):
        matrix = solution.information[np.ix_(searched, searched)]
        pinned = solution.information[np.ix_(searched, ~searched)] @ step[~searched]
        damped = matrix + np.diag(damping * np.diag(matrix) + 1e-12 * largest)
        step[searched] = _solved(damped, solution.gradient[searched] - pinned)
        beyond = np.zeros(len(free), dtype=bool)
        beyond[SATURATION::PARAMETERS] = step[SATURATION::PARAMETERS] < -saturations
        beyond &= searched
        if not beyond.any():
            break
        step[beyond] = -np.repeat(saturations, PARAMETERS)[beyond]
        searched &= ~beyond
    return step


def _stepped(component: Component, step: Real, fwhm_limits_hz: tuple[float, float]) -> Component:
    """A component moved by one step, no further than is sensible at once."""
    if component.kind == "carrier":
        return component.at(component.frequency_hz + float(np.clip(step[FREQUENCY], -500.0, 500.0)))
    low, high = fwhm_limits_hz if component.kind == "line" else (2e4, 3e6)
    reach = max(component.fwhm_hz, 100.0)
    return replace(
        component,
        frequency_hz=component.frequency_hz + float(np.clip(step[FREQUENCY], -reach, reach)),
        fwhm_hz=float(np.clip(component.fwhm_hz * np.exp(np.clip(step[WIDTH], -1.0, 1.0)), low, high)),
        saturation=float(np.clip(component.saturation + step[SATURATION], 0.0, SATURATION_MAX)),
        shape=float(np.clip(component.shape + step[SHAPE], -1.0, 1.0)),
    )


def shape_gains(solution: Solution, components: Sequence[Component]) -> Real:
    """By how much the cost would fall in one Gauss-Newton step of each component by itself, its shape included.

    To second order, (components,).
    """
    gains = np.zeros(len(components))
    for i, component in enumerate(components):
        slots = PARAMETERS * i + np.flatnonzero(component.free)
        if len(slots) == 0:
            continue
        gradient = solution.gradient[slots]
        gains[i] = gradient @ _solved(solution.information[np.ix_(slots, slots)], gradient)
    return gains


def residual(records: Sequence[Record], components: Sequence[Component], solution: Solution) -> list[Complex]:
    """What the components leave of each capture's data, in the shape of `Record.data`."""
    left = []
    for c, record in enumerate(records):
        amplitudes = solution.amplitudes[c].tolist()
        explained = [
            (one, amplitude) for one, amplitude in zip(components, amplitudes, strict=True) if c in one.members
        ]
        left.append(record.data - signal_blocks(record, explained) if explained else record.data)
    return left


def covariance(solution: Solution, components: Sequence[Component]) -> Real:
    """Covariance of (frequency in Hz, ln FWHM, saturation, shape) of each component in turn; NaN where not searched.

    The Cramer-Rao bound with the priors: with complex noise of E|n|^2 = sigma^2 the Fisher information is
    2 Re(J^H J) / sigma^2, that is twice `Solution.information`.
    """
    free = free_parameters(components)
    out = np.full((len(free), len(free)), np.nan)
    matrix = 2.0 * solution.information[np.ix_(free, free)]
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    inverse = np.linalg.pinv(matrix / np.outer(size, size), rcond=1e-12, hermitian=True) / np.outer(size, size)
    inverse[np.diag(inverse) <= 0, :] = np.nan
    out[np.ix_(free, free)] = inverse
    return out
