"""What the unfolding of a survey explains without lines: signals of constant frequency, and the ring-down of the probe.

The unfolding gives a signal to whatever explains it best: a line answers the waveform with a decay of its own; a
carrier is there from the first sample to the last, whatever is sent; a ring-down answers every tooth and dies at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from acquisition.lines import Line, LineStatus
from acquisition.reconstruction.picture import Picture

CARRIER, RING_DOWN = "carrier", "probe"


@dataclass(frozen=True)
class Nuisance:
    """One explanation that is no line, in one capture; frequencies are absolute.

    `tuned_hz` is the frequency that the radio was tuned to, `resolution_hz` the inverse of the capture's length;
    `place` tells captures of one tuning apart, and `captures` says how many show the same.
    """

    kind: str
    frequency_hz: float
    frequency_sigma_hz: float
    fwhm_hz: float
    amplitude: float
    phase_rad: float
    snr: float
    tuned_hz: float
    resolution_hz: float
    place: int = 0
    captures: int = 1

    def rejected(self, reason: str) -> Line:
        """As a line of the result that was rejected; the width of a carrier is what the capture resolves at most."""
        return Line(
            frequency_hz=self.frequency_hz,
            frequency_sigma_hz=self.frequency_sigma_hz,
            fwhm_hz=self.fwhm_hz or self.resolution_hz,
            fwhm_sigma_hz=math.nan,
            amplitude=self.amplitude,
            amplitude_sigma=self.amplitude / self.snr if self.snr > 0 else math.nan,
            phase_rad=self.phase_rad,
            snr=self.snr,
            unfolding_confidence=1.0,
            status=LineStatus.REJECTED,
            reason=reason,
        )


def nuisances_of(picture: Picture) -> list[Nuisance]:
    """Carriers and ring-downs among the components of a reconstruction, one for each capture that has them.

    The frequency of a carrier is uncertain by sqrt(6) / (2 pi T SNR), the Cramer-Rao bound for a tone of length T.
    """
    found = []
    for i, component in enumerate(picture.components):
        if component.kind not in (CARRIER, RING_DOWN):
            continue
        for c in component.members:
            record = picture.records[c]
            amplitude = complex(picture.solution.amplitudes[c][i])
            snr = abs(amplitude) * math.sqrt(float(picture.solution.energies[c][i])) / float(picture.sigmas[c])
            scatter_hz = math.sqrt(6.0) / (2.0 * math.pi * record.duration_s * max(snr, 1.0))
            found.append(
                Nuisance(
                    kind=component.kind,
                    frequency_hz=component.frequency_hz,
                    frequency_sigma_hz=scatter_hz if component.kind == CARRIER else math.nan,
                    fwhm_hz=component.fwhm_hz,
                    amplitude=abs(amplitude),
                    phase_rad=math.atan2(amplitude.imag, amplitude.real),
                    snr=snr,
                    tuned_hz=record.centre_hz,
                    resolution_hz=1.0 / record.duration_s,
                    place=c,
                )
            )
    return found
