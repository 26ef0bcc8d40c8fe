"""The spectrum as a receiver without gaps would show it: fitted lines put back on what no component explains.

The correlation of gapped data repeats every line at its distance from the teeth, because the receive mask is a factor
in time. As CLEAN does for the side lobes of an incomplete aperture (Hoegbom 1974), what the unfolding explains is taken
out of the data, and each line is put back without the mask before the same correlation is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from acquisition.experiment import Spectrum
from acquisition.lines import Line, LineStatus
from acquisition.reconstruction.components import Component, signal_blocks
from acquisition.reconstruction.correlate import correlation_spectrum
from acquisition.reconstruction.excitation import Complex, Real
from acquisition.reconstruction.fit import Solution, solve
from acquisition.reconstruction.record import Record

WORTH_DRAWING = 1.0
"""A line is drawn in captures beyond those it was fitted in where its expected SNR squared exceeds this."""


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is needed to draw the spectrum again once it is known which lines are real.

    `components` explain `records`, whose noise per sample is `sigmas` (captures,). `sources` are the components behind
    each line, the strongest first; lines that are in none of them were left out of the result.
    """

    records: tuple[Record, ...]
    sigmas: Real
    components: tuple[Component, ...]
    solution: Solution
    sources: tuple[tuple[int, ...], ...]
    band_hz: tuple[float, float]

    def spectrum(self, lines: Sequence[Line]) -> Spectrum:
        """The spectrum for a verdict: `lines` are those behind `sources`, in that order, with their final status."""
        return correlation_spectrum(self.records, self.samples(lines), self.sigmas, self.band_hz)

    def samples(self, lines: Sequence[Line]) -> list[Complex]:
        """The samples of each record, (samples,), as the spectrum shows them for a verdict.

        Candidates and confirmed lines are drawn where the fit has them, moved ones where they turned out to be, with
        amplitudes fitted to the data there. The data of rejected lines stay as they were received, images and all, and
        so does whatever no component explains. Carriers and ring-down are taken out.
        """
        components = list(self.components)
        drawn: set[int] = set()
        for own, line in zip(self.sources, lines, strict=True):
            if line.status is LineStatus.REJECTED:
                continue
            drawn.update(own)
            shift_hz = line.frequency_hz - components[own[0]].frequency_hz
            for i in own:
                if line.status is LineStatus.MOVED:
                    components[i] = components[i].at(components[i].frequency_hz + shift_hz)
                components[i] = self._everywhere(i, components[i])
        solution = solve(self.records, self.sigmas, components)
        taken = drawn | {i for i, component in enumerate(components) if component.kind != "line"}
        samples = []
        for c, record in enumerate(self.records):
            here = [
                (i, one, complex(solution.amplitudes[c][i])) for i, one in enumerate(components) if c in one.members
            ]
            explained = [(one, amplitude) for i, one, amplitude in here if i in taken]
            shown = [(one, amplitude) for i, one, amplitude in here if i in drawn]
            left = record.data - signal_blocks(record, explained) if explained else record.data
            values = record.in_samples(left)
            samples.append(values + gapless_signal(record, shown) if shown else values)
        return samples

    def _everywhere(self, index: int, component: Component) -> Component:
        """A line as part of every capture that would show it above the noise, also those too weak to be fitted."""
        strength = max(float(abs(self.solution.amplitudes[c][index])) for c in self.components[index].members)
        members = []
        for c, record in enumerate(self.records):
            if abs(component.frequency_hz - record.centre_hz) >= 0.5 * record.rate_hz:
                continue
            energy = float(record.response_energy(np.asarray([component.frequency_hz]), component.fwhm_hz)[0])
            if c in self.components[index].members or strength**2 * energy > WORTH_DRAWING * self.sigmas[c] ** 2:
                members.append(c)
        return replace(component, members=tuple(members))


def gapless_signal(record: Record, explained: Sequence[tuple[Component, complex]]) -> Complex:
    """Signals of components with these amplitudes, summed, at every sample of a capture, (samples,).

    Those of transmission and dead time are included; where data were received it is what `signal_blocks` gives.
    """
    parts = []
    for component, amplitude in explained:
        exponent = complex(record.pole_exponent(component.frequency_hz, component.fwhm_hz))
        curvature = component.shape * (np.pi * component.fwhm_hz / record.rate_hz) ** 2
        parts.append((amplitude * record.excitation.whole_states(exponent, component.saturation, curvature), exponent))
    return record.excitation.whole_signal(parts)
