"""The sample: all its lines, driven by what is transmitted, with a memory of what has been computed before.

For a given span of excitation the Bloch equations are an affine map of the state a line had before: M' = A M + b, and
so is the received signal. Averaging repeats the same span from slightly different states, so A, b and a few
(state, signal) pairs are kept; a state that is an affine combination of remembered states has the same combination
of their signals. Turning the transmitted wave by 90 degrees turns transverse magnetisation and signal alike, so all
steps of a phase cycle share one memory.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sdr.simulated.ensemble import Ensemble, ensemble
from sdr.simulated.excitation import Drive, Excitation, audible_slices, excitation, excited_slices
from sdr.simulated.memory import TOLERANCE, AffineMap, Memory, state_vector
from sdr.simulated.propagation import Magnetisation, propagate, signal
from sdr.simulated.sample import SpinLine
from sdr.simulated.waveform import Span

__all__ = ["Drive", "SpinSystem"]

Complex64 = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

_FORGET = 1e-4  # transverse magnetisation below this is gone
_MEMORY_BYTES = 200_000_000


@dataclass
class _Line:
    line: SpinLine
    ensemble: Ensemble
    state: Magnetisation
    frequency_hz: float

    def free(self, duration_s: float, transmit_hz: float) -> Magnetisation:
        """Its state after free evolution."""
        line, state = self.line, self.state
        z = 1 + (state.z - 1) * math.exp(-duration_s / line.t1_s)
        if duration_s > 12 * line.t2_s or not state.plus.any():
            return Magnetisation(np.zeros_like(state.plus), z)
        parts = self.ensemble
        offsets = parts.offsets_hz + parts.centres_hz[:, None] + self.frequency_hz - transmit_hz
        factor = np.exp((2j * np.pi * offsets - 1 / line.t2_s) * duration_s)
        return Magnetisation(state.plus * factor[..., None], z)


@dataclass
class _Plan:
    """What is known of the followed slices of one line under one span."""

    excitation: Excitation
    weights: Real
    memory: Memory = field(default_factory=Memory)
    used: int = 0
    map: AffineMap | None = None

    @property
    def size(self) -> int:
        mapped = self.map.size if self.map is not None else 0
        return self.memory.size + mapped + 2 * self.excitation.kicks.alpha.nbytes


class SpinSystem:
    """The lines of a sample and their magnetisation."""

    def __init__(self, lines: Sequence[SpinLine]) -> None:
        self._lines = [self._prepare(line) for line in lines if line.amplitude_over_noise > 0]
        self._plans: OrderedDict[tuple[object, ...], _Plan] = OrderedDict()
        self._last: tuple[tuple[object, ...], list[Real], Complex64] | None = None
        self.version = 0

    @staticmethod
    def _prepare(line: SpinLine) -> _Line:
        parts = ensemble(line)
        return _Line(line, parts, Magnetisation.equilibrium(parts.shape), line.frequency_hz)

    def polarisation(self) -> list[float]:
        """Mean longitudinal magnetisation of every line in units of its equilibrium."""
        return [_mean(item.ensemble, item.state.z) for item in self._lines]

    def warm(self, difference_k: float) -> None:
        """The sample is so many kelvins above the temperature for which its frequencies were given."""
        for item in self._lines:
            item.frequency_hz = item.line.frequency_hz + item.line.hz_per_k * difference_k

    def scramble_phase(self, rng: np.random.Generator) -> None:
        """The transmitter was retuned: its phase relative to the spins is a new one."""
        turn = np.exp(2j * np.pi * rng.random())
        for item in self._lines:
            item.state.plus = item.state.plus * turn

    def rest(self, duration_s: float, transmit_hz: float) -> None:
        """Free evolution without observation."""
        if duration_s > 0:
            for item in self._lines:
                item.state = item.free(duration_s, transmit_hz)

    def respond(self, span: Span, drive: Drive, observe: bool) -> Complex64 | None:
        """Evolve through a span; returns the signal if observed, None if there is none.

        The signal has shape (span.length,), is in units of the noise (see SpinLine.amplitude_over_noise) and in the
        transmitter's frame turned back by `span.quadrant`. `version` changes when it is another one than the last.
        """
        key = (span.signature, drive, observe, tuple(item.frequency_hz for item in self._lines))
        turn = 1j**span.quadrant
        before = [self._vector(item, turn) for item in self._lines] if observe else []
        known = None
        if self._last is not None and self._last[0] == key and self._same(before, self._last[1]):
            known = self._last[2]
        total: Complex64 | None = None
        for index, item in enumerate(self._lines):
            part = self._respond_line(index, item, span, drive, observe and known is None)
            if part is not None:
                total = part if total is None else total + part
        self._trim()
        if not observe:
            return None
        if known is None:
            known = total if total is not None else np.zeros(0, np.complex64)
            self._last = (key, before, known)
            self.version += 1
        return known if known.size else None

    def _respond_line(self, index: int, item: _Line, span: Span, drive: Drive, observe: bool) -> Complex64 | None:
        """Evolve one line; its signal (in the transmitter's frame turned back by the quadrant) if wanted.

        Slices out of the band of the instrument, or neither excited nor turning, are left to themselves.
        """
        followed = audible_slices(item.ensemble, item.frequency_hz, drive)
        if len(followed) > 1 and followed.any():
            turning = item.state.plus.any(axis=(1, 2))
            followed = followed & (turning | excited_slices(item.ensemble, item.frequency_hz, span, drive))
        rested = None
        if not followed.all():
            rested = item.free(span.length / drive.sample_rate_hz, drive.transmit_hz)
            if not followed.any():
                item.state = rested
                return None
        plan = self._plan(index, item, followed, span, drive)
        turn = 1j**span.quadrant
        start = Magnetisation(item.state.plus[followed] / turn, item.state.z[followed])
        end, part = self._advance(item, plan, start, observe)
        plus = end.plus * (plan.excitation.turn_at_end * turn)
        if float(np.abs(plus).max(initial=0.0)) < _FORGET:
            plus = np.zeros_like(plus)
        if rested is None:
            item.state = Magnetisation(plus, end.z)
        else:
            rested.plus[followed], rested.z[followed] = plus, end.z
            item.state = rested
        return part

    def _advance(
        self, item: _Line, plan: _Plan, start: Magnetisation, observe: bool
    ) -> tuple[Magnetisation, Complex64 | None]:
        plan.used += 1
        if plan.used == 1:  # many spans never come back
            return self._compute(item, plan, start, observe)
        if plan.map is None:
            plan.map = AffineMap.of(plan.excitation, start.z.shape)
        part = None
        if observe:
            part = plan.memory.recall(state_vector(plan.weights, item.ensemble.pickup, start), plan.excitation.length)
            if part is None:
                _, part = self._compute(item, plan, start, observe=True)
        return plan.map.apply(start), part

    @staticmethod
    def _compute(
        item: _Line, plan: _Plan, start: Magnetisation, observe: bool
    ) -> tuple[Magnetisation, Complex64 | None]:
        """Propagate through the span; the signal, if wanted, is remembered with the state that it belongs to."""
        parts, span = item.ensemble, plan.excitation
        pickup = parts.pickup.astype(complex) if observe else None
        end, seen = propagate(start, span.kicks, span.relaxation, span.length, observe=pickup)
        if seen is None:
            return end, None
        # From the frames of the slices to the transmitter's, and through probe and receiver.
        positions = np.concatenate([[0.0], span.kicks.centres])
        heard = span.hearing * np.exp(1j * np.mod(np.outer(positions, span.turn), 2 * np.pi))
        amplitudes = seen * (1j * item.line.amplitude_over_noise * heard[..., None] * plan.weights)
        precession = span.relaxation.precession + span.turn[:, None]
        decay = signal(
            amplitudes.reshape(len(positions), -1),
            span.kicks.centres,
            precession.ravel(),
            span.relaxation.r2,
            span.length,
        )
        plan.memory.remember(state_vector(plan.weights, parts.pickup, start), decay)
        return end, decay

    def _plan(self, index: int, item: _Line, followed: Bool, span: Span, drive: Drive) -> _Plan:
        """The plan of these slices of a line for this span."""
        key = (index, item.frequency_hz, followed.tobytes(), span.signature, drive)
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        parts = item.ensemble
        seen = excitation(parts, followed, item.line, item.frequency_hz, span, drive)
        plan = self._plans[key] = _Plan(seen, parts.weights[followed])
        return plan

    def _trim(self) -> None:
        size = sum(plan.size for plan in self._plans.values())
        while len(self._plans) > 4 * max(1, len(self._lines)) and (size > _MEMORY_BYTES or len(self._plans) > 60):
            _, plan = self._plans.popitem(last=False)
            size -= plan.size

    def _vector(self, item: _Line, turn: complex) -> Real:
        parts = item.ensemble
        return state_vector(parts.weights, parts.pickup, Magnetisation(item.state.plus / turn, item.state.z))

    @staticmethod
    def _same(now: list[Real], then: list[Real]) -> bool:
        return all(float(np.linalg.norm(a - b)) < TOLERANCE for a, b in zip(now, then, strict=True))


def _mean(parts: Ensemble, values: Real) -> float:
    total = np.einsum("sk,sko,o->", parts.weights, values, parts.pickup)
    return float(total / (parts.weights.sum() * parts.pickup.sum()))
