"""What a transmitted span is to the slices of one line: which it reaches, how it turns them, how they are heard."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdr.simulated.ensemble import Ensemble
from sdr.simulated.propagation import Kicks, Relaxation, kick_length, kicks
from sdr.simulated.sample import SpinLine
from sdr.simulated.waveform import Span

Complex = npt.NDArray[np.complex128]
Complex64 = npt.NDArray[np.complex64]
Real = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

_UNTOUCHED_RAD = 1e-3  # slices turned by less are left out


@dataclass(frozen=True)
class Drive:
    """How the sample is irradiated and observed, all that its response depends on besides the waveform."""

    sample_rate_hz: float
    transmit_hz: float
    nutation_hz: float
    transmit_bandwidth_hz: float
    receive_bandwidth_hz: float
    probe_bandwidth_hz: float
    probe_offset_hz: float = 0.0  # the probe's resonance minus the transmitter's frequency

    def probe(self, offset_hz: Real) -> Complex:
        """Response of the probe's resonance at offsets from the transmitter's frequency."""
        return np.asarray(1 / (1 + 2j * (offset_hz - self.probe_offset_hz) / self.probe_bandwidth_hz), np.complex128)

    def turning(self, offset_hz: Real) -> Complex:
        """Angle in rad by which a sample of full scale turns spins of nutation factor 1 at an offset."""
        # Sinc: the field turns within a sample of the converter, which holds its value.
        reach = self.probe(offset_hz) * _low_pass(offset_hz, self.transmit_bandwidth_hz)
        return reach * np.sinc(offset_hz / self.sample_rate_hz) * (2 * np.pi * self.nutation_hz / self.sample_rate_hz)

    def hearing(self, offset_hz: Real) -> Complex:
        """Factor on the signal of spins at an offset on its way to the converter."""
        return self.probe(offset_hz) * _low_pass(offset_hz, self.receive_bandwidth_hz)


@dataclass(frozen=True, eq=False)
class Excitation:
    """A span as the followed slices of a line see it; rates are in rad per sample.

    `turn` (s,) is that of the slices' frames against the transmitter's; `relaxation` has that of the isochromats within
    them. `hearing` (s,) are the factors on the slices' signals.
    """

    length: int
    kicks: Kicks
    relaxation: Relaxation
    turn: Real
    hearing: Complex

    @property
    def turn_at_end(self) -> Complex:
        """Phase of the slices' frames at the end of the span, shape (s, 1, 1)."""
        phase: Complex = np.exp(1j * np.mod(self.turn * self.length, 2 * np.pi))[:, None, None]
        return phase


def excitation(
    parts: Ensemble, followed: Bool, line: SpinLine, frequency_hz: float, span: Span, drive: Drive
) -> Excitation:
    """The span for the slices `followed` (s,) of a line at `frequency_hz`."""
    rate_hz = drive.sample_rate_hz
    offset_hz = parts.centres_hz[followed] + frequency_hz - drive.transmit_hz
    turn = 2 * np.pi * offset_hz / rate_hz
    length = kick_length(parts, 1 / rate_hz)
    sequence = kicks(span.samples, turn, drive.turning(offset_hz), parts.nutation, length)
    precession = 2 * np.pi * parts.offsets_hz[followed] / rate_hz
    relaxation = Relaxation(precession, 1 / (line.t1_s * rate_hz), 1 / (line.t2_s * rate_hz))
    return Excitation(span.length, sequence, relaxation, turn, drive.hearing(offset_hz))


def audible_slices(parts: Ensemble, frequency_hz: float, drive: Drive) -> Bool:
    """Slices within the band of transmitter and receiver, shape (s,)."""
    inside: Bool = np.abs(parts.centres_hz + frequency_hz - drive.transmit_hz) <= 0.5 * drive.sample_rate_hz
    return inside


def excited_slices(parts: Ensemble, frequency_hz: float, span: Span, drive: Drive) -> Bool:
    """Slices that the span, acting on spins at rest, would turn by a noticeable angle, shape (s,).

    To first order the angle is the Fourier transform of what is transmitted; its largest value in the slice counts.
    """
    if span.silent:
        return np.zeros(len(parts.centres_hz), bool)
    offset_hz = parts.centres_hz + frequency_hz - drive.transmit_hz
    begin = min(segment.offset for segment in span.segments)
    end = max(segment.offset + segment.length for segment in span.segments)
    size = 1 << (2 * (end - begin) - 1).bit_length()
    spectrum = np.abs(np.fft.fft(span.samples[begin:end], max(size, 4096)))
    bin_hz = drive.sample_rate_hz / len(spectrum)
    half = float(np.abs(parts.offsets_hz).max()) + bin_hz
    low = np.floor((offset_hz - half) / bin_hz).astype(int)
    width = math.ceil(2 * half / bin_hz) + 1
    most = spectrum[(low[:, None] + np.arange(width)) % len(spectrum)].max(axis=1)
    angle = most * np.abs(drive.turning(offset_hz)) * parts.nutation.max()
    touched: Bool = angle > _UNTOUCHED_RAD
    return touched


def _low_pass(offset_hz: Real, bandwidth_hz: float) -> Real:
    """Third-order roll-off of an analogue filter of this (two-sided) bandwidth."""
    return 1 / np.sqrt(1 + (2 * offset_hz / bandwidth_hz) ** 6)
