"""Turns the winning hypotheses into what people read: sites with their values, missing lines, what stays open."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from acquisition.assignment.sites import MODEL_FLOOR, Hypothesis, Lines, chances
from acquisition.assignment.values import Match, PredictedLine, Site
from acquisition.coupling import field_gradient

_EDGE = 1.0 / math.sqrt(4.0 / 3.0)


def site(hypothesis: Hypothesis, lines: Lines, order: Sequence[int]) -> Site:
    """The site of a hypothesis; `order` gives the place that the caller's observations have for each line."""
    element, fit = hypothesis.element, hypothesis.fit
    known = element.eta_matters and hypothesis.determined
    if known:
        low_hz, high_hz = fit.coupling_hz - fit.coupling_sigma_hz, fit.coupling_hz + fit.coupling_sigma_hz
    elif element.eta_matters:
        possible = hypothesis.couplings_hz[hypothesis.weights > 0]
        low_hz, high_hz = float(possible.min()), float(possible.max())
    else:
        low_hz, high_hz = fit.coupling_hz * _EDGE, fit.coupling_hz
    middle_hz = fit.coupling_hz if known else math.sqrt(low_hz * high_hz)
    gradient, gradient_sigma = field_gradient(element.reference, middle_hz, fit.coupling_sigma_hz if known else 0.0)
    frequency = fit.coupling_hz * element.ratios(fit.eta)
    matches = []
    for place, column in zip(hypothesis.places, hypothesis.columns, strict=True):
        measured = lines.frequency_hz[place]
        sigma = math.hypot(lines.sigma_hz[place], element.ratio_sigma[column] * measured)
        what = element.columns[column]
        pull = (measured - frequency[column]) / sigma
        matches.append(Match(order[place], what.nuclide.label, what.transition, float(frequency[column]), float(pull)))
    unknowns = 2 if element.eta_matters else 1
    return Site(
        element=element.symbol,
        nuclide=element.reference.label,
        spin=str(element.reference.spin),
        coupling_hz=fit.coupling_hz if known else None,
        coupling_sigma_hz=fit.coupling_sigma_hz if known else None,
        coupling_low_hz=low_hz,
        coupling_high_hz=high_hz,
        eta=fit.eta if known else None,
        eta_sigma=fit.eta_sigma if known else None,
        field_gradient_v_m2=gradient,
        field_gradient_sigma_v_m2=gradient_sigma if known and math.isfinite(gradient_sigma) else None,
        matches=tuple(matches),
        missing=missing(hypothesis, lines),
        chi2=fit.chi2,
        freedom=max(len(hypothesis.places) - unknowns, 0),
    )


def missing(hypothesis: Hypothesis, lines: Lines) -> tuple[PredictedLine, ...]:
    """Every line of the site that was not seen, by frequency; those at zero frequency are left out."""
    element, fit = hypothesis.element, hypothesis.fit
    pairs = list(zip(hypothesis.places, hypothesis.columns, strict=True))
    if hypothesis.determined:
        grid, weights = np.array([fit.eta]), np.ones(1)
        frequency = fit.coupling_hz * element.ratios(fit.eta)[:, None]
        signal = element.signal[:, [int(np.argmin(np.abs(element.grid - fit.eta)))]]
    else:
        grid, weights = element.grid, hypothesis.weights
        frequency = hypothesis.couplings_hz * element.on_grid
        signal = element.signal
    chance = chances(element, lines, pairs, frequency, signal)
    reference = max(pairs, key=lambda pair: lines.observations[pair[0]].snr)[1]
    narrow = fit.coupling_sigma_hz / fit.coupling_hz
    found = []
    for column, what in enumerate(element.columns):
        if column in hypothesis.columns:
            continue
        mean_hz = float(frequency[column] @ weights)
        if mean_hz <= 0:
            continue
        possible = frequency[column][weights > 0]
        by_coupling = narrow * mean_hz
        by_eta = fit.coupling_hz * float(element.slopes(fit.eta)[column]) * fit.eta_sigma if len(grid) == 1 else 0.0
        own = element.ratio_sigma[column] * mean_hz
        variance = by_coupling**2 + by_eta**2 + 2.0 * fit.correlation * by_coupling * by_eta
        sigma_hz = math.sqrt(max(variance, 0.0) + own**2 + (MODEL_FLOOR * mean_hz) ** 2)
        certain = float(possible.max() - possible.min()) <= 2.0 * sigma_hz
        found.append(
            PredictedLine(
                nuclide=what.nuclide.label,
                transition=what.transition,
                frequency_hz=mean_hz,
                sigma_hz=sigma_hz if certain else None,
                low_hz=float(possible.min()) - 2.0 * sigma_hz,
                high_hz=float(possible.max()) + 2.0 * sigma_hz,
                relative_signal=float((signal[column] / signal[reference]) @ weights),
                chance_seen=float(chance[column] @ weights),
            )
        )
    return tuple(sorted(found, key=lambda line: line.frequency_hz))


def undecidable(sites: Sequence[Site], unexplained_hz: Sequence[float]) -> tuple[str, ...]:
    """What these lines cannot tell, in sentences."""
    said: list[str] = []
    for one in sites:
        where = f"{one.element} at {_mhz(one.matches[0].predicted_hz)}"
        if one.coupling_hz is None and one.spin == "3/2":
            said.append(
                f"{where}: lines of spin 3/2 give C_Q √(1 + η²/3) only. With η from 0 to 1, C_Q of {one.nuclide} lies "
                f"between {_mhz(one.coupling_low_hz)} and {_mhz(one.coupling_high_hz)}; η needs a Zeeman or "
                "two-dimensional nutation measurement."
            )
        elif one.coupling_hz is None:
            said.append(
                f"{where}: one line does not separate C_Q and η; C_Q of {one.nuclide} lies between "
                f"{_mhz(one.coupling_low_hz)} and {_mhz(one.coupling_high_hz)}."
            )
        elif one.freedom == 0:
            said.append(
                f"{where}: {len(one.matches)} lines determine C_Q and η, but nothing is left to test them; another "
                "pair of transitions may fit as well."
            )
        if len(one.nuclides) == 1 and len(one.matches) == 1:
            said.append(f"{where}: nothing but the frequency speaks for {one.nuclides[0]}.")
    if unexplained_hz:
        places = ", ".join(_mhz(frequency) for frequency in unexplained_hz)
        said.append(f"No nuclide of the formula explains {places}: an impurity, another phase or interference may.")
    if sites:
        said.append("The sign of C_Q does not show in pure NQR, nor which atom of the formula unit a site is.")
    return tuple(said)


def _mhz(frequency_hz: float) -> str:
    return f"{frequency_hz / 1e6:.4f} MHz"
