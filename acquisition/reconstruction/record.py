"""One capture, prepared for reconstruction: its excitation, and its received samples in blocks."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from acquisition.reconstruction.decays import Part, decays
from acquisition.reconstruction.excitation import Complex, Excitation, Real
from acquisition.shot import Capture


class Record:
    """A capture prepared for reconstruction; frequencies are absolute.

    `data` (blocks, longest) holds the received samples, zero behind the end of a block. An `excitation` that belongs to
    several captures is worked out once for all of them.
    """

    def __init__(self, capture: Capture, excitation: Excitation | None = None) -> None:
        self.excitation = excitation or Excitation(capture)
        self.centre_hz = capture.centre_frequency_hz
        self.rate_hz = self.excitation.rate_hz
        self.samples = self.excitation.samples
        self.duration_s = self.samples / self.rate_hz
        self.mask = self.excitation.mask
        self.drive_scale = self.excitation.drive_scale
        self.drive_spectrum = self.excitation.drive_spectrum
        self.transform_length = self.excitation.transform_length
        self.tooth_spacing_hz = self.excitation.tooth_spacing_hz
        self.received = np.where(self.mask, capture.samples, 0).astype(np.complex128)
        self.data = self.excitation.in_blocks(self.received)
        self.count = int(np.count_nonzero(self.mask))
        self.energy = float(np.vdot(self.received, self.received).real)
        self._position = self.excitation.position.astype(np.float64)
        self.memo: dict[Hashable, Any] = {}

    def pole_exponent(self, frequency_hz: float | Real, fwhm_hz: float | Real) -> Complex:
        """ln of the pole of a line with an absolute frequency."""
        return self.excitation.pole_exponent(np.asarray(frequency_hz) - self.centre_hz, fwhm_hz)

    def data_sums(self, data: Complex, exponent: complex, orders: int) -> Complex:
        """sum over j of data j^k conj(p)^j, shape (orders, blocks)."""
        j = self._position
        weights = np.empty((len(j), orders), dtype=np.complex128)
        weights[:, 0] = np.exp(np.conj(exponent) * j)
        for order in range(1, orders):
            weights[:, order] = weights[:, order - 1] * j
        return np.asarray((data @ weights).T)

    def signal(self, parts: Sequence[Part]) -> Complex:
        """Samples of the sum of signals (sum_k coefficients[k] j^k) p^j, in the shape of `data`.

        Each part is its coefficients, shape (orders, blocks), and the exponent ln p.
        """
        out = decays(parts, len(self._position))
        self.excitation.clear_outside(out)
        return out

    def in_samples(self, blocks: Complex) -> Complex:
        """Blocks put back where they belong: an array of all samples, zero where there is no data."""
        return self.excitation.in_samples(blocks)

    def response_energy(self, frequencies_hz: Real, fwhm_hz: float | Real) -> Real:
        """Energy of the received response of a line of amplitude 1 at each of the frequencies."""
        return self.excitation.response_energies(self.pole_exponent(frequencies_hz, fwhm_hz))

    def matched_power(self, data: Complex, frequencies_hz: Real, fwhm_hz: float | Real) -> Real:
        """|<r, data>|^2 / <r, r> for lines at each of the frequencies; `data` in blocks."""
        return self.matched(data, frequencies_hz, fwhm_hz)[0]

    def matched(self, data: Complex, frequencies_hz: Real, fwhm_hz: float | Real) -> tuple[Real, Real]:
        """The same, and the energies <r, r>."""
        product, energy = self.excitation.match(data, self.pole_exponent(frequencies_hz, fwhm_hz))
        return np.asarray((product.real**2 + product.imag**2) / np.maximum(energy, 1e-300)), energy
