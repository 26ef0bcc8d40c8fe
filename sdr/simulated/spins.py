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
from sdr.simulated.propagation import Kicks, Magnetisation, Relaxation, kick_length, kicks, propagate, signal
from sdr.simulated.samples import SpinLine
from sdr.simulated.waveform import Span

Complex64 = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float64]

_TOLERANCE = 1e-3  # of the equilibrium magnetisation: states closer than this are the same
_FORGET = 1e-4  # transverse magnetisation below this is gone
_PAIRS_MAX = 8
_MEMORY_BYTES = 200_000_000


@dataclass(frozen=True)
class Drive:
    """How the sample is irradiated and observed, all that its response depends on besides the waveform."""

    sample_rate_hz: float
    transmit_hz: float
    nutation_hz: float
    transmit_bandwidth_hz: float
    receive_bandwidth_hz: float
    probe_bandwidth_hz: float


@dataclass
class _Line:
    line: SpinLine
    ensemble: Ensemble
    state: Magnetisation


@dataclass
class _Plan:
    """What is known of one line under one span."""

    sequence: Kicks
    relaxation: Relaxation
    carrier: Complex64
    gain: complex
    turn_at_end: complex
    used: int = 0
    map: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    states: list[Real] = field(default_factory=list)
    signals: list[Complex64] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(s.nbytes for s in self.signals) + sum(s.nbytes for s in self.states) + 16 * self.sequence.alpha.size


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
        return _Line(line, parts, Magnetisation.equilibrium(len(parts.weights), len(parts.pickup)))

    def polarisation(self) -> list[float]:
        """Mean longitudinal magnetisation of every line in units of its equilibrium."""
        return [_mean(item.ensemble, item.state.z) for item in self._lines]

    def scramble_phase(self, rng: np.random.Generator) -> None:
        """The transmitter was retuned: its phase relative to the spins is a new one."""
        turn = np.exp(2j * np.pi * rng.random())
        for item in self._lines:
            item.state.plus = item.state.plus * turn

    def rest(self, duration_s: float, transmit_hz: float) -> None:
        """Free evolution without observation."""
        if duration_s <= 0:
            return
        for item in self._lines:
            line, state = item.line, item.state
            item.state = Magnetisation(state.plus, 1 + (state.z - 1) * math.exp(-duration_s / line.t1_s))
            if duration_s > 12 * line.t2_s or not state.plus.any():
                item.state.plus = np.zeros_like(state.plus)
                continue
            offsets = item.ensemble.offsets_hz + line.frequency_hz - transmit_hz
            item.state.plus = state.plus * np.exp((2j * np.pi * offsets - 1 / line.t2_s) * duration_s)[:, None]

    def respond(self, span: Span, drive: Drive, observe: bool) -> Complex64 | None:
        """Evolve through a span; returns the signal if observed, None if there is none.

        The signal has shape (span.length,), is in units of the noise (see SpinLine.amplitude_over_noise) and in the
        transmitter's frame turned back by `span.quadrant`. `version` changes when it is another one than the last.
        """
        key = (span.signature, drive, observe)
        turn = 1j**span.quadrant
        before = [self._vector(item, turn) for item in self._lines] if observe else []
        known = None
        if self._last is not None and self._last[0] == key and self._same(before, self._last[1]):
            known = self._last[2]
        total: Complex64 | None = None
        for index, item in enumerate(self._lines):
            plan = self._plan(index, item, span, drive)
            if plan is None:
                self._rest_line(item, span.length / drive.sample_rate_hz, drive.transmit_hz)
                continue
            needs_signal = observe and known is None
            part = self._advance(item, plan, span, turn, needs_signal)
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

    def _rest_line(self, item: _Line, duration_s: float, transmit_hz: float) -> None:
        line = item.line
        item.state.z = 1 + (item.state.z - 1) * math.exp(-duration_s / line.t1_s)
        offsets = item.ensemble.offsets_hz + line.frequency_hz - transmit_hz
        item.state.plus = item.state.plus * np.exp((2j * np.pi * offsets - 1 / line.t2_s) * duration_s)[:, None]

    def _advance(self, item: _Line, plan: _Plan, span: Span, turn: complex, observe: bool) -> Complex64 | None:
        """Evolve one line; the signal (in the transmitter's frame turned back by `turn`) if wanted."""
        plan.used += 1
        start = Magnetisation(item.state.plus / turn, item.state.z)
        if plan.used == 1:  # many spans never come back
            end, part = self._compute(item, plan, start, span.length, observe)
            self._finish(item, end, plan, turn)
            return part
        if plan.map is None:
            plan.map = _affine_map(start, plan, span.length)
        part = self._signal(item, plan, start, span.length) if observe else None
        self._finish(item, _apply(plan.map, start), plan, turn)
        return part

    @staticmethod
    def _finish(item: _Line, end: Magnetisation, plan: _Plan, turn: complex) -> None:
        plus = end.plus * (plan.turn_at_end * turn)
        if float(np.abs(plus).max(initial=0.0)) < _FORGET:
            plus = np.zeros_like(plus)
        item.state = Magnetisation(plus, end.z)

    def _signal(self, item: _Line, plan: _Plan, start: Magnetisation, length: int) -> Complex64:
        vector = _weighted(item.ensemble, start)
        combination = _combine(plan.states, vector)
        if combination is not None:
            out = np.zeros(length, np.complex64)
            for weight, known in zip(combination, plan.signals, strict=True):
                if abs(weight) > 1e-9:
                    out[: len(known)] += np.float32(weight) * known
            return out
        _, computed = self._compute(item, plan, start, length, observe=True)
        assert computed is not None
        return computed

    @staticmethod
    def _compute(
        item: _Line, plan: _Plan, start: Magnetisation, length: int, observe: bool
    ) -> tuple[Magnetisation, Complex64 | None]:
        """Propagate through the span; the signal, if wanted, is remembered with the state that it belongs to."""
        parts = item.ensemble
        pickup = parts.pickup.astype(complex) if observe else None
        end, seen = propagate(start, plan.sequence, plan.relaxation, length, observe=pickup)
        if seen is None:
            return end, None
        decay = signal(seen, plan.sequence.centres, plan.relaxation, parts.weights, length)
        decay *= plan.carrier
        decay *= np.complex64(1j * plan.gain * item.line.amplitude_over_noise)
        nonzero = np.flatnonzero(decay)
        if len(plan.states) == _PAIRS_MAX:
            del plan.states[0], plan.signals[0]
        plan.states.append(_weighted(parts, start))
        plan.signals.append(decay[: nonzero[-1] + 1].copy() if nonzero.size else decay[:0])
        return end, decay

    def _plan(self, index: int, item: _Line, span: Span, drive: Drive) -> _Plan | None:
        """The plan of this line for this span; None if the line is out of reach of transmitter and receiver."""
        offset_hz = item.line.frequency_hz - drive.transmit_hz
        if abs(offset_hz) > 0.5 * drive.sample_rate_hz:
            return None
        key = (index, span.signature, drive)
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        step = 2 * np.pi * offset_hz / drive.sample_rate_hz
        carrier = np.exp(1j * ((step * np.arange(span.length)) % (2 * np.pi))).astype(np.complex64)
        tuned = 1 / (1 + 2j * offset_hz / drive.probe_bandwidth_hz)
        # Sinc: the field turns within a sample of the converter, which holds its value.
        reach = tuned * _low_pass(offset_hz, drive.transmit_bandwidth_hz) * np.sinc(offset_hz / drive.sample_rate_hz)
        field_in_line_frame = span.samples * carrier.conj() * np.complex64(reach)
        angle = 2 * np.pi * drive.nutation_hz / drive.sample_rate_hz
        sequence = kicks(
            field_in_line_frame, item.ensemble, angle, kick_length(item.ensemble, 1 / drive.sample_rate_hz)
        )
        relaxation = Relaxation(
            2 * np.pi * item.ensemble.offsets_hz / drive.sample_rate_hz,
            1 / (item.line.t1_s * drive.sample_rate_hz),
            1 / (item.line.t2_s * drive.sample_rate_hz),
        )
        gain = complex(tuned * _low_pass(offset_hz, drive.receive_bandwidth_hz))
        plan = _Plan(sequence, relaxation, carrier, gain, complex(np.exp(1j * ((step * span.length) % (2 * np.pi)))))
        self._plans[key] = plan
        return plan

    def _trim(self) -> None:
        size = sum(plan.size for plan in self._plans.values())
        while len(self._plans) > 4 * max(1, len(self._lines)) and (size > _MEMORY_BYTES or len(self._plans) > 60):
            _, plan = self._plans.popitem(last=False)
            size -= plan.size

    def _vector(self, item: _Line, turn: complex) -> Real:
        return _weighted(item.ensemble, Magnetisation(item.state.plus / turn, item.state.z))

    @staticmethod
    def _same(now: list[Real], then: list[Real]) -> bool:
        return all(float(np.linalg.norm(a - b)) < _TOLERANCE for a, b in zip(now, then, strict=True))


def _low_pass(offset_hz: float, bandwidth_hz: float) -> float:
    """Third-order roll-off of an analogue filter of this (two-sided) bandwidth."""
    return float(1 / math.sqrt(1 + (2 * offset_hz / bandwidth_hz) ** 6))


def _mean(parts: Ensemble, values: Real) -> float:
    return float(parts.weights @ values @ parts.pickup / (parts.weights.sum() * parts.pickup.sum()))


def _weighted(parts: Ensemble, state: Magnetisation) -> Real:
    """The state as one vector whose norm counts every magnetisation by its part in the signal."""
    weight = np.sqrt(np.outer(parts.weights, parts.pickup / parts.pickup.sum()))
    return np.concatenate(
        [(state.plus.real * weight).ravel(), (state.plus.imag * weight).ravel(), (state.z * weight).ravel()]
    )


def _combine(states: list[Real], wanted: Real) -> Real | None:
    """Weights with sum 1 of remembered states that add up to the wanted one, or None."""
    if not states:
        return None
    distances = [float(np.linalg.norm(wanted - state)) for state in states]
    nearest = int(np.argmin(distances))
    weights = np.zeros(len(states))
    weights[nearest] = 1.0
    if distances[nearest] < _TOLERANCE:
        return weights
    others = [i for i in range(len(states)) if i != nearest]
    if not others:
        return None
    directions = np.stack([states[i] - states[nearest] for i in others], axis=1)
    solution, *_ = np.linalg.lstsq(directions, wanted - states[nearest], rcond=1e-4)
    if float(np.linalg.norm(wanted - states[nearest] - directions @ solution)) > _TOLERANCE:
        return None
    weights[others] = solution
    weights[nearest] -= solution.sum()
    return weights


def _affine_map(start: Magnetisation, plan: _Plan, length: int) -> tuple[Real, Real]:
    """A (3, 3, k, o) and b (3, k, o) of the span, from the images of the three axes and of zero."""
    shape = start.z.shape
    plus = np.zeros((4, *shape), complex)
    z = np.zeros((4, *shape))
    plus[0], plus[1], z[2] = 1, 1j, 1
    equilibrium = np.array([0.0, 0.0, 0.0, 1.0])[:, None, None]
    end, _ = propagate(Magnetisation(plus, z), plan.sequence, plan.relaxation, length, equilibrium)
    images = np.stack([end.plus.real, end.plus.imag, end.z])  # (3 components, 4 starts, k, o)
    return images[:, :3], images[:, 3]


def _apply(mapping: tuple[Real, Real], start: Magnetisation) -> Magnetisation:
    matrix, constant = mapping
    vector = np.stack([start.plus.real, start.plus.imag, start.z])
    x, y, z = np.einsum("ijko,jko->iko", matrix, vector) + constant
    return Magnetisation(x + 1j * y, z)
