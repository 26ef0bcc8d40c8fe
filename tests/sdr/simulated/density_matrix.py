"""A full density-matrix calculation of pulsed NQR of powders: the yardstick for the simulator, sharing no code with it.

All 2I + 1 levels, H/h = H_Q + nu_linear Re[x(t) exp(2 pi i f_c t)] n.I in the principal axes of the field gradient, n
the direction of the coil's field. Two ways to solve the Liouville-von Neumann equation, with no
relaxation but T2 between pulses:

* `response`: in the frame in which the level a turns k_a times with the carrier (k = 0 for the lowest doublet, 1 for
  the next ...); terms that turn with twice the carrier are left out, everything else is kept, so also the other
  transitions with their true offsets;
* `lab_nutation`: nothing left out, 64 steps a period of the carrier; for pulses of constant amplitude.

A sample of x acts for one sample period around its time (zero-order hold). Powder: Gauss-Legendre in cos(theta) times
midpoints in phi over one octant, which symmetry repeats. The Hamiltonian is that of T. P. Das and E. L. Hahn, Nuclear
Quadrupole Resonance Spectroscopy (1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Site:
    """One kind of nucleus in one kind of place.

    `transition` for half-integer spins: from doublet `transition` to the next, 1 being the lowest pair. For spin 1:
    1, 2, 3 are nu_minus, nu_plus, nu_zero. `frequency_hz` is that of this transition and fixes C_Q.
    """

    spin: Fraction
    eta: float
    transition: int
    frequency_hz: float

    @cached_property
    def operators(self) -> tuple[Complex, Complex, Complex]:
        """I_x, I_y, I_z by ladder operators."""
        size, spin = int(2 * self.spin) + 1, float(self.spin)
        plus = np.zeros((size, size), complex)
        for row in range(size - 1):
            m = spin - row - 1
            plus[row, row + 1] = np.sqrt(spin * (spin + 1) - m * (m + 1))
        minus = plus.T.conj()
        return (plus + minus) / 2, (plus - minus) / 2j, (plus @ minus - minus @ plus) / 2

    @cached_property
    def _solved(self) -> tuple[Real, Complex]:
        x, y, z = self.operators
        square = x @ x + y @ y + z @ z
        levels, states = np.linalg.eigh(3 * z @ z - square + self.eta * (x @ x - y @ y))
        low, high = self.groups
        scale = self.frequency_hz / (levels[high].mean() - levels[low].mean())
        return levels * scale, states

    @property
    def groups(self) -> tuple[list[int], list[int]]:
        """Indices of the levels (rising) between which the transition goes."""
        if self.spin == 1:
            pairs = {1: ([0], [1]), 2: ([0], [2]), 3: ([1], [2])}
            return ([0], [1, 2]) if self.eta == 0 else pairs[self.transition]
        first = 2 * self.transition - 2
        return [first, first + 1], [first + 2, first + 3]

    @property
    def levels_hz(self) -> Real:
        return self._solved[0]

    def projected(self, directions: Real) -> Complex:
        """n.I in the eigenstates, shape (directions, levels, levels)."""
        states = self._solved[1]
        parts = np.stack([states.conj().T @ one @ states for one in self.operators])
        return np.einsum("oc,cab->oab", directions, parts)

    @property
    def turns(self) -> npt.NDArray[np.int64]:
        """How often each level turns with the carrier."""
        if self.spin == 1:
            return np.array([0, 0, 1]) if self.transition == 3 else np.array([0, 1, 1])
        return np.arange(len(self.levels_hz)) // 2

    @property
    def linear_per_nutation(self) -> float:
        """Amplitude of the linear field over what omega_1 means by convention: twice it for half-integer spins."""
        return 1.0 if self.spin == 1 else 2.0


def octant(thetas: int = 16, phis: int = 8) -> tuple[Real, Real]:
    """Directions (n, 3) and weights (n,) for averages over the sphere."""
    nodes, weights = np.polynomial.legendre.leggauss(thetas)
    cosine = np.repeat((nodes + 1) / 2, phis)
    sine = np.sqrt(1 - cosine**2)
    phi = np.tile((np.arange(phis) + 0.5) * np.pi / (2 * phis), thetas)
    directions = np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=1)
    return directions, np.repeat(weights / (2 * phis), phis)


def response(
    site: Site,
    transmitted: Complex,
    carrier_hz: float,
    nutation_hz: float,
    rate_hz: float,
    offsets_hz: Real | None = None,
    weights: Real | None = None,
    quadrature: tuple[Real, Real] | None = None,
    t2_s: float = np.inf,
) -> Complex:
    """What the coil picks up of the transition, demodulated with the carrier, at every sample of `transmitted`.

    It is 0 while something is transmitted. Other transitions are irradiated too, but their signals are left out.

    `offsets_hz` and `weights` are frequencies of the transition from `site.frequency_hz` (a distribution of C_Q).
    Between pulses, coherences between different turns decay with `t2_s`.
    """
    directions, areas = quadrature or octant()
    offsets = np.zeros(1) if offsets_hz is None else offsets_hz
    shares = np.ones(1) if weights is None else weights
    field = site.projected(directions)  # (o, d, d)
    scale = (1 + offsets / site.frequency_hz)[:, None]
    # H_0 / h in the turning frame: (k, d)
    free = site.levels_hz * scale - site.turns * carrier_hz
    gap = site.turns[:, None] - site.turns[None, :]
    raising = np.where(gap == 1, field, 0) * (np.pi * nutation_hz * site.linear_per_nutation)
    rho = np.zeros((len(offsets), *field.shape), complex)
    rho += np.diag(-site.levels_hz / site.frequency_hz)
    low, high = site.groups
    wanted = np.zeros_like(gap, bool)
    wanted[np.ix_(high, low)] = True
    measure = shares[:, None, None, None] * areas[:, None, None] * np.where(wanted, field, 0)
    dt = 1 / rate_hz
    out = np.zeros(len(transmitted), complex)
    free_matrix = 2 * np.pi * free[:, None, :, None] * np.eye(free.shape[1])
    precession = 2j * np.pi * (free[:, :, None] - free[:, None, :]) - np.where(gap != 0, 1 / t2_s, 0)
    position = 0.0  # in samples; a run of n samples from s on acts from s - 1/2 to s + n - 1/2
    for start, stop, value in _runs(transmitted):
        begin, end = start - 0.5, stop - 0.5
        if value == 0:
            times = (np.arange(start, stop) - position) * dt
            seen = np.einsum("koab,koba->kab", measure, rho)  # (nI)_up,low rho_low,up
            for a, b in np.argwhere(wanted):
                amplitude, rate = seen[:, a, b], precession[:, a, b]
                if np.abs(amplitude).max() > 1e-12:
                    out[start:stop] += amplitude @ np.exp(np.outer(rate, times))
            continue
        rho = _evolve_free(rho, precession, (begin - position) * dt)
        drive = np.conj(value) * raising
        hamiltonian = free_matrix + drive + np.swapaxes(drive.conj(), -1, -2)
        energies, states = np.linalg.eigh(hamiltonian)
        step = (states * np.exp(-1j * energies * (end - begin) * dt)[..., None, :]) @ np.swapaxes(states.conj(), -1, -2)
        rho = step @ rho @ np.swapaxes(step.conj(), -1, -2)
        position = end
    return -1j * out


def _runs(samples: Complex) -> list[tuple[int, int, complex]]:
    """(start, stop, value) of runs of equal samples."""
    edges = np.flatnonzero(np.diff(samples)) + 1
    bounds = [0, *edges.tolist(), len(samples)]
    return [(low, high, complex(samples[low])) for low, high in pairwise(bounds)]


def _evolve_free(rho: Complex, precession: Complex, duration_s: float) -> Complex:
    # rho_ab turns with exp(-2 pi i (E_a - E_b) t), the conjugate of what `precession` says of the coil's signal.
    return rho * np.exp(precession.conj() * duration_s)[:, None]


def nutation(
    site: Site, flips_rad: Real, nutation_hz: float = 20e3, quadrature: tuple[Real, Real] | None = None
) -> Real:
    """Signal right after a pulse at the line's frequency, for flip angles omega_1 t, in the frame that turns."""
    directions, areas = quadrature or octant(24, 12)
    field = site.projected(directions)
    gap = site.turns[:, None] - site.turns[None, :]
    carrier_hz = site.frequency_hz
    raising = np.where(gap == 1, field, 0) * (np.pi * nutation_hz * site.linear_per_nutation)
    free = 2 * np.pi * np.diag(site.levels_hz - site.turns * carrier_hz)
    energies, states = np.linalg.eigh(free + raising + np.swapaxes(raising.conj(), -1, -2))
    rho = np.diag(-site.levels_hz / site.frequency_hz).astype(complex)
    low, high = site.groups
    signals = []
    for flip in flips_rad:
        time_s = flip / (2 * np.pi * nutation_hz)
        step = (states * np.exp(-1j * energies * time_s)[:, None, :]) @ np.swapaxes(states.conj(), -1, -2)
        after = step @ rho @ np.swapaxes(step.conj(), -1, -2)
        picked = [field[:, a, b] * after[:, b, a] for a in high for b in low]
        signals.append(areas @ np.sum(picked, axis=0))
    return (-1j * np.array(signals)).real


def lab_nutation(site: Site, periods: npt.NDArray[np.int64], nutation_hz: float, steps: int = 64) -> Complex:
    """As `nutation`, in the laboratory's frame and with nothing left out, after whole periods of the carrier."""
    directions, areas = octant(12, 6)
    field = site.projected(directions)
    dt = 1 / (site.frequency_hz * steps)
    period = np.broadcast_to(np.eye(field.shape[-1], dtype=complex), field.shape)
    for index in range(steps):
        phase = 2 * np.pi * (index + 0.5) / steps
        drive = nutation_hz * site.linear_per_nutation * np.cos(phase)
        energies, states = np.linalg.eigh(2 * np.pi * (np.diag(site.levels_hz) + drive * field))
        step = (states * np.exp(-1j * energies * dt)[:, None, :]) @ np.swapaxes(states.conj(), -1, -2)
        period = step @ period
    rho = np.diag(-site.levels_hz / site.frequency_hz).astype(complex)
    low, high = site.groups
    signals = []
    for count in periods:
        whole = np.linalg.matrix_power(period, int(count))
        after = whole @ rho @ np.swapaxes(whole.conj(), -1, -2)
        picked = [field[:, a, b] * after[:, b, a] for a in high for b in low]
        signals.append(areas @ np.sum(picked, axis=0))
    return -1j * np.array(signals)
