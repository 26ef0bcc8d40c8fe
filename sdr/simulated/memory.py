"""What is remembered of one line under one span: the map of its state, and signals with the states they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.excitation import Excitation
from sdr.simulated.propagation import Magnetisation, propagate

Complex64 = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float64]

TOLERANCE = 1e-3  # of the equilibrium magnetisation: states closer than this are the same
_PAIRS_MAX = 8


def state_vector(weights: Real, pickup: Real, state: Magnetisation) -> Real:
    """The state as one vector whose norm counts every magnetisation by its part in the signal.

    `weights` (s, k) and `pickup` (o,) are those of the ensemble.
    """
    weight = np.sqrt(weights[..., None] * (pickup / pickup.sum()))
    return np.concatenate(
        [(state.plus.real * weight).ravel(), (state.plus.imag * weight).ravel(), (state.z * weight).ravel()]
    )


class Memory:
    """A few pairs of state vector and signal; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._states: list[Real] = []
        self._signals: list[Complex64] = []

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(one.nbytes for one in self._signals) + sum(one.nbytes for one in self._states)

    def remember(self, state: Real, signal: Complex64) -> None:
        """Keep the signal (n,) that belongs to a state."""
        if len(self._states) == _PAIRS_MAX:
            del self._states[0], self._signals[0]
        nonzero = np.flatnonzero(signal)
        self._states.append(state)
        self._signals.append(signal[: nonzero[-1] + 1].copy() if nonzero.size else signal[:0])

    def recall(self, state: Real, length: int) -> Complex64 | None:
        """The signal (length,) of a state that the remembered ones add up to, or None."""
        combination = _combine(self._states, state)
        if combination is None:
            return None
        out = np.zeros(length, np.complex64)
        for weight, known in zip(combination, self._signals, strict=True):
            if abs(weight) > 1e-9:
                out[: len(known)] += np.float32(weight) * known
        return out


def _combine(states: list[Real], wanted: Real) -> Real | None:
    """Weights with sum 1 of remembered states that add up to the wanted one, or None."""
    if not states:
        return None
    distances = [float(np.linalg.norm(wanted - state)) for state in states]
    nearest = int(np.argmin(distances))
    weights = np.zeros(len(states))
    weights[nearest] = 1.0
    if distances[nearest] < TOLERANCE:
        return weights
    others = [i for i in range(len(states)) if i != nearest]
    if not others:
        return None
    directions = np.stack([states[i] - states[nearest] for i in others], axis=1)
    solution, *_ = np.linalg.lstsq(directions, wanted - states[nearest], rcond=1e-4)
    if float(np.linalg.norm(wanted - states[nearest] - directions @ solution)) > TOLERANCE:
        return None
    weights[others] = solution
    weights[nearest] -= solution.sum()
    return weights


@dataclass(frozen=True, eq=False)
class AffineMap:
    """A span's effect on every magnetisation: `matrix` (3, 3, s, k, o) and `constant` (3, s, k, o)."""

    matrix: Real
    constant: Real

    @classmethod
    def of(cls, excitation: Excitation, shape: tuple[int, ...]) -> AffineMap:
        """From the images of the three axes and of zero."""
        plus = np.zeros((4, *shape), complex)
        z = np.zeros((4, *shape))
        plus[0], plus[1], z[2] = 1, 1j, 1
        equilibrium = np.array([0.0, 0.0, 0.0, 1.0]).reshape(4, *(1 for _ in shape))
        start = Magnetisation(plus, z)
        end, _ = propagate(start, excitation.kicks, excitation.relaxation, excitation.length, equilibrium)
        images = np.stack([end.plus.real, end.plus.imag, end.z])  # (3 components, 4 starts, s, k, o)
        return cls(images[:, :3], images[:, 3])

    @property
    def size(self) -> int:
        """Bytes."""
        return self.matrix.nbytes + self.constant.nbytes

    def apply(self, start: Magnetisation) -> Magnetisation:
        vector = np.stack([start.plus.real, start.plus.imag, start.z])
        x, y, z = np.einsum("ij...,j...->i...", self.matrix, vector) + self.constant
        return Magnetisation(x + 1j * y, z)
