"""Cases in which the simulated spins are compared with the full density matrix; used by tests and by a benchmark.

Every deviation is the largest difference over the largest value of the full calculation. Both are normalised to their
own best single pulse; the phase is absolute.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from acquisition.pulses import hs_pulse
from sdr.simulated.powder import best_powder_signal, powder_orientations
from sdr.simulated.sample import Distribution, SpinLine
from sdr.simulated.spins import Drive, SpinSystem
from sdr.simulated.waveform import FULL_SCALE, Span, Waveform, audible
from tests.sdr.simulated.density_matrix import Site, nutation, octant, response

Complex = npt.NDArray[np.complex128]

RATE_HZ = 10e6
CARRIER_HZ = 28e6
FWHM_HZ = 20e3
T2_S = 2e-3
ETAS = (0.0, 0.1, 0.3, 0.6, 1.0)
WIDE = 1e15  # bandwidth of everything between converter and spins


def site_of(spin: Fraction, eta: float, transition: int, frequency_hz: float = CARRIER_HZ) -> Site:
    return Site(spin, eta, transition, frequency_hz)


def sites() -> Iterator[Site]:
    """Every line of spins 1, 3/2 and 5/2 for several eta, as far as two levels describe it.

    Left out: nu_0 of spin 1 at eta = 0, which is at 0 Hz, and spin 5/2 at eta = 1, whose two lines coincide.
    """
    for spin, transitions in ((Fraction(1), 3), (Fraction(3, 2), 1), (Fraction(5, 2), 2)):
        for eta in ETAS:
            for transition in range(1, transitions + 1):
                nothing = (spin, eta, transition) == (1, 0, 3) or (spin, eta) == (Fraction(5, 2), 1)
                if not nothing:
                    yield site_of(spin, eta, transition)


def best_signal(site: Site) -> tuple[float, float]:
    """Flip angle omega_1 t in rad and height of the first maximum of the full calculation's nutation curve."""
    flips = np.linspace(0, 2.6, 261)
    curve = nutation(site, flips)
    place = int(np.argmax(curve))
    return float(flips[place]), float(curve[place])


def simulated(line: SpinLine, transmitted: Complex, nutation_hz: float) -> Complex:
    """What the simulator's spins answer at every sample, from equilibrium."""
    pairs = np.stack([transmitted.real, transmitted.imag], axis=1) * FULL_SCALE
    waveform = Waveform.from_int16(np.rint(pairs).astype(np.int16).ravel())
    span = Span(len(transmitted), tuple(audible(0, waveform, 0, len(transmitted))))
    drive = Drive(RATE_HZ, CARRIER_HZ, nutation_hz, WIDE, WIDE, WIDE)
    signal = SpinSystem([line]).respond(span, drive, observe=True)
    assert signal is not None
    return signal * 1j**span.quadrant


def line_of(site: Site, t2_s: float, distribution: Distribution | None = None) -> SpinLine:
    eta = None if site.spin == 1 and site.eta else site.eta
    transition = 1 if site.spin == 1 else site.transition
    t1_s = 1e3
    return SpinLine(
        site.frequency_hz, 1.0, t1_s, t2_s, t2_s, site.spin, "", eta, transition, distribution
    )  # fmt: skip


def nutation_deviation(site: Site, flips_max: float = 3 * np.pi) -> float:
    """Nutation curve for omega_1 t up to `flips_max`, from the simulator's powder."""
    flips = np.linspace(0, flips_max, 91)
    full = nutation(site, flips)
    factors, pickup = powder_orientations(site.spin, eta=line_of(site, 1.0).eta, transition=site.transition)
    ours = np.sin(np.outer(flips, factors)) @ pickup / best_powder_signal(factors, pickup)[1]
    full /= best_signal(site)[1]
    return float(np.abs(ours - full).max() / np.abs(full).max())


def echo_deviation(
    site: Site,
    flips: tuple[float, float],
    delay_s: float,
    nutation_hz: float = 100e3,
    fwhm_hz: float = FWHM_HZ,
    isochromats: int = 61,
) -> float:
    """Two pulses on a Gaussian line: the wave from the second pulse to well after the echo.

    `flips` are in units of the best single pulse; `isochromats` are those of the full calculation.
    """
    best_rad, height = best_signal(site)
    delay = round(delay_s * RATE_HZ)
    transmitted = np.zeros(2 * delay + 800, complex)
    for start, flip, phase in ((100, flips[0], 1), (100 + delay, flips[1], 1j)):
        samples = flip * best_rad / (2 * np.pi * nutation_hz) * RATE_HZ
        whole = int(np.ceil(samples))
        transmitted[start : start + whole] = phase * samples / whole
    offsets = np.linspace(-1.5, 1.5, isochromats) * fwhm_hz
    weights = 0.5 ** ((2 * offsets / fwhm_hz) ** 2)
    weights /= weights.sum()
    full = response(site, transmitted, CARRIER_HZ, nutation_hz, RATE_HZ, offsets, weights, octant(12, 6), t2_s=T2_S)
    full /= height
    ours = simulated(line_of(site, T2_S, Distribution("gaussian", fwhm_hz)), transmitted, nutation_hz)
    window = int(np.flatnonzero(transmitted)[-1]) + 1
    ours, full = ours[window:], full[window:]
    return float(np.abs(ours - full).max() / np.abs(full).max())


def gapped_pulse(length_s: float, amplitude: float = 1.0) -> Complex:
    """A hyperbolic secant of 50 kHz, gated 1 us in every 20 us, rounded as the converter does."""
    wave = hs_pulse(length_s, 50e3, RATE_HZ, amplitude=amplitude).astype(complex)
    wave[np.arange(len(wave)) % 200 >= 10] = 0
    rounded = np.rint(np.stack([wave.real, wave.imag]) * FULL_SCALE) / FULL_SCALE
    return rounded[0] + 1j * rounded[1]


def gapped_deviation(
    site: Site, length_s: float, nutation_hz: float = 20e3, quadrature: tuple[int, int] = (12, 6)
) -> float:
    """Amplitude and phase of the answer in all gaps of a comb-modulated pulse and 0.2 ms after it, one isochromat."""
    pulse = gapped_pulse(length_s)
    transmitted = np.concatenate([pulse, np.zeros(2000)])
    full = response(site, transmitted, CARRIER_HZ, nutation_hz, RATE_HZ, quadrature=octant(*quadrature))
    full /= best_signal(site)[1]
    ours = simulated(line_of(site, 10.0), transmitted, nutation_hz)
    silent = transmitted == 0
    return float(np.abs(ours[silent] - full[silent]).max() / np.abs(full[silent]).max())
