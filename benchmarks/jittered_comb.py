"""Whether teeth at irregular places tell a line's tooth better: wrong teeth of a regular comb against a jittered one.

The worst case for unfolding: gaps of 10 µs, teeth of 3 µs and 4 µs of dead time leave 30 % of receive duty. For a weak
line the matched filter of its own tooth is compared with those of all aliases within the received band; in noise the
largest may be a wrong one. How often is decided by the filters' products with one another, so noise is drawn for them
directly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from acquisition.comb import Comb
from acquisition.pulses import hs_pulse
from acquisition.shot import receive_mask
from benchmarks.result import Result

RATE_HZ = 10e6
GAP_S, TOOTH_S, DEAD_S, PULSE_S, TAIL_S = 10e-6, 3e-6, 4e-6, 2e-3, 1e-3
T2_STAR_S = 300e-6
SNRS = (4.0, 5.0, 6.0)
TRIALS = 4000
JITTERS = (0.0, 0.1, 0.2)
"""Largest displacement of a tooth in units of the gap period; the mean receive duty stays the same."""

Complex = npt.NDArray[np.complex128]


def waveform(jitter: float, rng: np.random.Generator) -> Complex:
    """A hyperbolic secant sweep through teeth that are displaced at random."""
    comb = Comb(GAP_S, TOOTH_S, PULSE_S)
    sweep = hs_pulse(PULSE_S, comb.tooth_spacing_hz, RATE_HZ)
    gate = np.zeros(len(sweep), dtype=bool)
    gap, tooth = round(GAP_S * RATE_HZ), round(TOOTH_S * RATE_HZ)
    for start in range(0, len(sweep), gap):
        moved = max(0, start + round(rng.uniform(-jitter, jitter) * gap))
        gate[moved : moved + tooth] = True
    return np.asarray(sweep * gate, dtype=np.complex128)


def wrong_teeth(jitter: float, rng: np.random.Generator, combs: int = 6) -> dict[float, float]:
    """Fraction of wrong teeth for each signal-to-noise ratio, over combs and places of the line."""
    wrong = dict.fromkeys(SNRS, 0.0)
    for _ in range(combs):
        drive = waveform(jitter, rng)
        samples = len(drive) + round(TAIL_S * RATE_HZ)
        mask = receive_mask(drive.astype(np.complex64), DEAD_S, RATE_HZ, samples)
        place_hz = rng.uniform(-100e3, 100e3)
        offsets_hz = place_hz + np.arange(-3, 4) / GAP_S
        length = 2 * samples
        sent = np.fft.fft(drive, length)
        time_s = np.arange(samples) / RATE_HZ
        answers = []
        for offset_hz in offsets_hz:
            decay = np.exp((2j * np.pi * offset_hz - 1 / T2_STAR_S) * time_s)
            answers.append(np.fft.ifft(sent * np.fft.fft(decay, length))[:samples][mask])
        unit = np.stack([answer / np.linalg.norm(answer) for answer in answers])
        products = unit.conj() @ unit.T
        root = np.linalg.cholesky(products + 1e-9 * np.eye(len(products)))
        noise = (rng.standard_normal((2, TRIALS, len(unit))) / np.sqrt(2)).astype(np.float64)
        drawn = (noise[0] + 1j * noise[1]) @ root.T
        own = len(unit) // 2
        for snr in SNRS:
            filters = np.abs(snr * products[:, own] + drawn) ** 2
            wrong[snr] += float(np.mean(np.argmax(filters, axis=1) != own)) / combs
    return wrong


def run() -> Result:
    """Wrong teeth with a jitter of a fifth of the gap against those without; the ratio is of the sums over all SNRs."""
    rng = np.random.default_rng(12)
    found = {jitter: wrong_teeth(jitter, rng) for jitter in JITTERS}
    regular, jittered = sum(found[0.0].values()), sum(found[JITTERS[-1]].values())
    return Result(
        name="jittered_comb",
        value=jittered / len(SNRS),
        unit="fraction of wrong teeth with jitter",
        against="the same with a regular comb",
        ratio=jittered / regular,
        extra={
            f"wrong at SNR {snr:g}, jitter {jitter:g}": round(values[snr], 4)
            for jitter, values in found.items()
            for snr in SNRS
        },
    )
