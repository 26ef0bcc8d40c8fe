"""Which tooth of the comb each line is on, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.reconstruction import search, statistics
from acquisition.reconstruction.components import signal_blocks
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.fit import LN_WIDTH_PRIOR
from acquisition.reconstruction.model import Model

REACH = 4
"""Teeth to either side that are always compared."""

FAR_TEETH = 6
"""Teeth farther away that are compared: those that fit best of all in the received band."""

FAR_STATISTIC = 120.0
"""SNR squared from which on no tooth beyond REACH is mistaken for the right one."""

ALIAS_NOISE = 5.0
"""Standard deviations by which noise may lift what a line shows on another tooth."""

GRID_WIDTHS = 1.6 ** np.arange(-2, 3)
GRID_PLACES = np.linspace(-2.5, 2.5, 25)
"""Widths, and distances in widths, over which the probability of a tooth is summed."""


def settle_teeth(model: Model) -> dict[int, float]:
    """Put each line on its most probable tooth; returns the probability of that tooth for each line."""
    confidences: dict[int, float] = {}
    moves = 0
    i = 0
    while i < len(model.components):
        component = model.components[i]
        if component.kind != "line":
            i += 1
            continue
        teeth = [component.frequency_hz, *_rival_teeth(model, i)]
        evidences = _evidences(model, i, teeth) if len(teeth) > 1 else np.zeros(1)
        best = int(np.argmax(evidences))
        if best > 0 and moves < 3 * len(model.components):
            moves += 1
            moved = list(model.components)
            moved[i] = model.line(teeth[best], component.fwhm_hz)
            model.fit(moved, model.beside(moved, [i]))
            model.after_fit()
            continue
        confidences[i] = statistics.posterior_of_first((-evidences).tolist())
        i += 1
    return confidences


def _rival_teeth(model: Model, index: int) -> list[float]:
    """Frequencies of other teeth that could explain component `index` about as well.

    Judged by the linear matched filter on the data without the other components.
    """
    component = model.components[index]
    snr = math.sqrt(model.statistics()[index][0])
    overlap = max((model.records[c].excitation.alias_coherence() for c in component.members), default=1.0)
    if not _is_close(snr**2, (overlap * snr + ALIAS_NOISE) ** 2):
        return []
    places: list[float] = []
    for spacing in sorted({round(model.records[c].tooth_spacing_hz or 0.0, 3) for c in component.members} - {0.0}):
        near = np.concatenate([np.arange(-REACH, 0), np.arange(1, REACH + 1)])
        places += (component.frequency_hz + spacing * near).tolist()
        places += _far_teeth(model, index, spacing)
    statistic, _ = _statistic_at(model, index, [component.frequency_hz, *places], component.fwhm_hz)
    return [
        place
        for place, value in zip(places, statistic[1:].tolist(), strict=True)
        if _is_close(float(statistic[0]), value) and model.line(place, 1e3).members
    ]


def _is_close(own: float, other: float) -> bool:
    """Whether a statistic comes so near to a line's own that its tooth is worth comparing."""
    return own - other < 30.0 + 0.3 * own


def _far_teeth(model: Model, index: int, spacing_hz: float) -> list[float]:
    """The best of the teeth beyond REACH, for a line whose neighbours are hard to tell from it."""
    component = model.components[index]
    if model.statistics()[index][0] > FAR_STATISTIC:
        return []
    c = component.members[0]
    record = model.records[c]
    reach = math.floor(record.rate_hz / spacing_hz)
    steps = np.arange(-reach, reach + 1)
    places = component.frequency_hz + spacing_hz * steps
    inside = (np.abs(places - record.centre_hz) < 0.48 * record.rate_hz) & (np.abs(steps) > REACH)
    if not inside.any():
        return []
    blocks = model.residuals[c] + signal_blocks(record, [(component, complex(model.solution.amplitudes[c][index]))])
    transform = search.transform_of(record, blocks)
    rough = search.tooth_powers(record, transform, places[inside], component.fwhm_hz)
    best: list[float] = places[inside][np.argsort(rough)[-FAR_TEETH:]].tolist()
    return best


def _evidences(model: Model, index: int, teeth: Sequence[float]) -> Real:
    """ln of the probability of the data for a line on each tooth, frequency, width and amplitude integrated over.

    The best fit alone would say too much: it may be the peak of a few noisy values. The width has the prior of the fit,
    the frequency a flat one, and the amplitude that of `statistics.tooth_evidence`.
    """
    component = model.components[index]
    widths = component.fwhm_hz * GRID_WIDTHS
    spacings = [model.records[c].tooth_spacing_hz for c in component.members]
    room = 0.45 * min((spacing for spacing in spacings if spacing is not None), default=math.inf)
    offsets = np.clip(component.fwhm_hz * GRID_PLACES, -room, room)
    shape = (len(teeth), len(widths), len(offsets))
    places = np.broadcast_to(np.asarray(teeth)[:, None, None] + offsets, shape).ravel()
    width_axis = np.broadcast_to(widths[:, None], shape).ravel()
    statistic, energy = (values.reshape(shape) for values in _statistic_at(model, index, places, width_axis))
    noise = np.asarray([np.mean([model.colours[c].factor(place) for c in component.members]) for place in teeth])
    statistic = statistic / noise[:, None, None]
    mean, deviation = LN_WIDTH_PRIOR
    prior = -((np.log(widths) - mean) ** 2) / (2 * deviation**2)
    logs = statistics.tooth_evidence(statistic, energy / energy[:1]) + prior[:, None]
    top = logs.max(axis=(1, 2))
    return np.asarray(top + np.log(np.sum(np.exp(logs - top[:, None, None]), axis=(1, 2))))


def _statistic_at(
    model: Model, index: int, frequencies: Sequence[float] | Real, fwhm_hz: float | Real
) -> tuple[Real, Real]:
    """Matched-filter statistic of the data without all components but one, and energy over noise of the responses.

    Both are summed over that component's captures.
    """
    component = model.components[index]
    total, energies = np.zeros(len(frequencies)), np.zeros(len(frequencies))
    for c in component.members:
        record = model.records[c]
        own = signal_blocks(record, [(component, complex(model.solution.amplitudes[c][index]))])
        power, energy = record.matched(model.residuals[c] + own, np.asarray(frequencies), fwhm_hz)
        total += power / model.sigmas[c] ** 2
        energies += energy / model.sigmas[c] ** 2
    return total, energies
