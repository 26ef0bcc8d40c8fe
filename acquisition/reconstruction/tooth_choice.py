"""Which tooth of the comb each line is on, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acquisition.reconstruction import statistics
from acquisition.reconstruction.excitation import Real
from acquisition.reconstruction.fit import Component, Solution, refine, signal_blocks
from acquisition.reconstruction.model import FWHM_LIMITS_HZ, Model


def settle_teeth(model: Model, reach: int = 4) -> dict[int, float]:
    """Put each line on its most probable tooth; returns the probability of that tooth for each line."""
    confidences: dict[int, float] = {}
    moves = 0
    i = 0
    while i < len(model.components):
        component = model.components[i]
        if component.kind != "line":
            i += 1
            continue
        costs = [model.solution.cost]
        trials: list[tuple[list[Component], Solution]] = []
        for frequency in _rival_teeth(model, i, reach):
            moved = model.line(frequency, component.fwhm_hz)
            if not moved.members:
                continue
            trial = list(model.components)
            trial[i] = replace(component, frequency_hz=frequency, members=moved.members)
            fitted = refine(
                model.records,
                model.sigmas,
                trial,
                fwhm_limits_hz=FWHM_LIMITS_HZ,
                movable=[i],
                rounds=6,
                tolerance=0.05,
            )
            trials.append(fitted)
            costs.append(fitted[1].cost)
        if trials and min(costs) < costs[0] - 1e-6 and moves < 3 * len(model.components):
            moves += 1
            model.fit(trials[int(np.argmin(costs[1:]))][0])
            model.after_fit()
            continue
        confidences[i] = statistics.posterior_of_first(costs)
        i += 1
    return confidences


def _rival_teeth(model: Model, index: int, reach: int) -> list[float]:
    """Frequencies up to `reach` teeth away that could explain component `index` about as well.

    Judged by the linear matched filter on the data without the other components; only those are worth a fit.
    """
    component = model.components[index]
    spacings = sorted({round(model.records[c].tooth_spacing_hz or 0.0, 3) for c in component.members} - {0.0})
    steps = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
    frequencies = component.frequency_hz + np.concatenate([[0.0], *(spacing * steps for spacing in spacings)])
    statistic = _statistic_at(model, index, frequencies)
    close = statistic[0] - statistic[1:] < 30.0 + 0.3 * statistic[0]
    rivals: list[float] = frequencies[1:][close].tolist()
    return rivals


def _statistic_at(model: Model, index: int, frequencies: Sequence[float] | Real) -> Real:
    """Matched-filter statistic of the data without all components but one, summed over that one's captures."""
    component = model.components[index]
    total = np.zeros(len(frequencies))
    for c in component.members:
        record = model.records[c]
        own = signal_blocks(record, component, complex(model.solution.amplitudes[c][index]))
        power = record.matched_power(model.residuals[c] + own, np.asarray(frequencies), component.fwhm_hz)
        total += power / model.sigmas[c] ** 2
    return total
