"""What is known of a sample for an assignment: its confirmed lines, each once, and where was searched."""

from __future__ import annotations

from dataclasses import dataclass

from acquisition.assignment import Observation, SearchedRange
from webapp.runs.models import Run
from webapp.samples.models import Sample
from webapp.spectra import access as spectra_access
from webapp.spectra.lists import FOUND
from webapp.spectra.models import SpectralLine, Spectrum

SHIFT_PER_K = 2e-4
"""Relative: lines measured at different temperatures are one if this can have moved one to the other."""

SIGMA_FALLBACK = 0.1
"""Of the width: uncertainty of a frequency where the fit gave none."""

LINES_MAX = 400


@dataclass(frozen=True)
class Evidence:
    """`lines[i]` are the rows, best first, in which observation i was seen."""

    nuclides: tuple[str, ...]
    observations: tuple[Observation, ...]
    lines: tuple[tuple[SpectralLine, ...], ...]
    searched: tuple[SearchedRange, ...]


def of_sample(sample: Sample) -> Evidence:
    """Lines of the newest version of every run's spectrum, by frequency, and the windows of all runs that ended."""
    spectra = spectra_access.newest(Spectrum.objects.filter(sample=sample))
    rows = (
        SpectralLine.objects.filter(spectrum__in=spectra, status__in=FOUND)
        .select_related("spectrum__run")
        .order_by("frequency_hz")[:LINES_MAX]
    )
    groups = _merged(list(rows))
    return Evidence(
        nuclides=tuple(sample.nuclides),
        observations=tuple(_observation(group[0]) for group in groups),
        lines=tuple(tuple(group) for group in groups),
        searched=_searched(sample),
    )


def _merged(rows: list[SpectralLine]) -> list[list[SpectralLine]]:
    """Rows of the same line together, that with the least uncertainty first."""
    groups: list[list[SpectralLine]] = []
    for row in rows:
        if groups and _same(groups[-1][-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [sorted(group, key=_sigma_hz) for group in groups]


def _same(one: SpectralLine, other: SpectralLine) -> bool:
    """Whether two rows are the same line; within one spectrum they never are."""
    if one.spectrum_id == other.spectrum_id:
        return False
    allowed_hz = 0.5 * max(one.fwhm_hz, other.fwhm_hz) + 3.0 * (_sigma_hz(one) + _sigma_hz(other))
    temperatures = (one.spectrum.temperature_k, other.spectrum.temperature_k)
    if temperatures[0] is not None and temperatures[1] is not None:
        allowed_hz += SHIFT_PER_K * abs(temperatures[0] - temperatures[1]) * one.frequency_hz
    return abs(one.frequency_hz - other.frequency_hz) <= allowed_hz


def _sigma_hz(row: SpectralLine) -> float:
    return row.frequency_sigma_hz or SIGMA_FALLBACK * row.fwhm_hz


def _observation(row: SpectralLine) -> Observation:
    return Observation(
        frequency_hz=row.frequency_hz,
        sigma_hz=_sigma_hz(row),
        snr=row.snr,
        fwhm_hz=row.fwhm_hz,
        averages=_averages(row.spectrum.run),
        temperature_k=row.spectrum.temperature_k,
    )


def _searched(sample: Sample) -> tuple[SearchedRange, ...]:
    """Windows of the runs whose spectrum was made; what a cancelled run saw is not counted."""
    found = set()
    for run in Run.objects.filter(sample=sample, state=Run.State.DONE, spectra__state=Spectrum.State.DONE).distinct():
        for centre_hz, width_hz in run.plan.get("windows_hz", ()):
            found.add(SearchedRange(centre_hz - width_hz / 2, centre_hz + width_hz / 2, _averages(run)))
    return tuple(sorted(found, key=lambda part: (part.low_hz, part.high_hz, part.averages)))


def _averages(run: Run) -> int:
    return max(1, int(run.plan.get("averages_per_shot", 1)))
