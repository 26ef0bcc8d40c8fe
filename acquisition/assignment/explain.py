"""Ranks explanations: sets of sites, each of which explains some of the lines, and lines that stay unexplained."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from acquisition.assignment import deciding, report
from acquisition.assignment.deciding import DEFAULT_REACH_HZ
from acquisition.assignment.element import elements_of
from acquisition.assignment.sites import Hypothesis, Lines, hypotheses
from acquisition.assignment.values import Explanation, Observation, SearchedRange, Terms
from acquisition.nuclides import Nuclide

LINES_MAX = 32
"""More lines than this are not explained together; the strongest are taken."""

UNEXPLAINED_DENSITY = 0.04
"""Lines of other origin (interference, impurities) that are expected per unit of ln(frequency) (ours)."""

KIN = 0.9
KIN_SPREAD = 0.05
"""Sites of one element in a compound mostly have similar C_Q: with probability KIN their ln C_Q differ by so much, as
chlorines of one kind do; else they are of different kinds and independent (ours)."""

SECOND_SITE_COST = 3.0
"""-2 ln of the probability that an element has one more inequivalent site (ours)."""

OPEN_SPREAD = 0.15
"""Spread of ln C_Q where one line leaves eta open."""

CAUTION = 0.8
"""Power to which likelihoods are raised before they are compared: they take foreign and missing lines for rarer than
they are, and terms for independent that are not. With it the shares are right for line lists in which one line is
missing and one foreign, and a little too modest for perfect ones (ours, from made-up compounds)."""

BEAM = 200
PER_LINE = 60
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class _Partial:
    """Sites chosen until now; `covered` has a bit for every line that is dealt with."""

    cost: float
    covered: int
    sites: tuple[Hypothesis, ...]
    unexplained: tuple[int, ...]
    kinship: float = 0.0

    def with_site(self, site: Hypothesis) -> _Partial:
        """One more site."""
        kinship = _kinship_cost(site, self.sites)
        return _Partial(
            cost=self.cost + site.cost + kinship,
            covered=self.covered | site.mask,
            sites=(*self.sites, site),
            unexplained=self.unexplained,
            kinship=self.kinship + kinship,
        )

    def without_site(self, place: int) -> _Partial:
        """A line left unexplained."""
        covered, left = self.covered | 1 << place, (*self.unexplained, place)
        return _Partial(self.cost + _unexplained_cost(), covered, self.sites, left, self.kinship)


def explain(
    observations: Sequence[Observation],
    nuclides: Sequence[Nuclide],
    searched: Sequence[SearchedRange] = (),
    limit: int = 6,
    reach_hz: tuple[float, float] = DEFAULT_REACH_HZ,
) -> tuple[Explanation, ...]:
    """The best explanations of confirmed lines by these nuclides, most probable first; () without lines.

    Places in the result (`Match.line`, `Explanation.unexplained`) count the observations as they were given. An
    explanation with less than a thousandth of the probability is left out, but at least two are given if there are so
    many. Measurements are proposed within `reach_hz`, the lowest and highest frequency of the instruments.
    """
    if not observations:
        return ()
    order = sorted(range(len(observations)), key=lambda place: -observations[place].snr)[:LINES_MAX]
    order.sort(key=lambda place: observations[place].frequency_hz)
    lines = Lines(tuple(observations[place] for place in order), tuple(searched))
    best = _search(lines, nuclides)
    likelihood = [math.exp(CAUTION * (best[0].cost - one.cost) / 2.0) for one in best]
    shares = [value / sum(likelihood) for value in likelihood]
    kept = [k for k, share in enumerate(shares) if share >= LEAST_SHARE or k < 2][:limit]
    chosen = [best[k] for k in kept]
    found = []
    for rank, k in enumerate(kept, start=1):
        one = best[k]
        sites = tuple(report.site(hypothesis, lines, order) for hypothesis in _ordered(one.sites))
        unexplained = tuple(sorted(order[place] for place in one.unexplained))
        found.append(
            Explanation(
                key=_key(one, lines),
                rank=rank,
                probability=shares[k],
                terms=_terms(one),
                sites=sites,
                unexplained=unexplained,
                deciding=deciding.measurements(
                    one.sites, one.unexplained, lines, [c.sites for c in chosen if c is not one], reach_hz
                ),
                undecidable=report.undecidable(sites, [observations[place].frequency_hz for place in unexplained]),
            )
        )
    return tuple(found)


def _search(lines: Lines, nuclides: Sequence[Nuclide]) -> list[_Partial]:
    """Beam search over the lines by ascending frequency: each is explained by a site with later lines, or by none."""
    elements = elements_of(nuclides)
    by_first: list[list[Hypothesis]] = [[] for _ in lines.observations]
    for element in elements:
        for hypothesis in hypotheses(element, lines):
            by_first[min(hypothesis.places)].append(hypothesis)
    for pool in by_first:
        pool.sort(key=lambda hypothesis: hypothesis.cost + _unexplained_cost() * (-len(hypothesis.places)))
        del pool[PER_LINE:]
    beam = [_Partial(0.0, 0, (), ())]
    for place, pool in enumerate(by_first):
        grown: list[_Partial] = []
        for one in beam:
            if one.covered >> place & 1:
                grown.append(one)
                continue
            grown.append(one.without_site(place))
            grown += [one.with_site(site) for site in pool if not site.mask & one.covered]
        # What later lines will cost is not known yet: those that have covered more are compared as if they had not.
        grown.sort(key=lambda one: one.cost - _unexplained_cost() * (one.covered >> (place + 1)).bit_count())
        beam = grown[:BEAM]
    return sorted(beam, key=lambda one: one.cost)


def _kinship_cost(site: Hypothesis, others: Sequence[Hypothesis]) -> float:
    """-2 ln of how much likelier this C_Q is with other sites of the element there than by itself."""
    kin = [other for other in others if other.element is site.element]
    if not kin:
        return 0.0
    spread = math.hypot(KIN_SPREAD, 0.0 if site.determined else OPEN_SPREAD)
    away = min(abs(math.log(site.fit.coupling_hz / other.fit.coupling_hz)) for other in kin)
    near = math.exp(-0.5 * (away / spread) ** 2) / (math.sqrt(2.0 * math.pi) * spread)
    return SECOND_SITE_COST - 2.0 * math.log(KIN * near / site.prior_density + (1.0 - KIN))


def _unexplained_cost() -> float:
    return -2.0 * math.log(UNEXPLAINED_DENSITY)


def _terms(one: _Partial) -> Terms:
    total = Terms(0.0, 0.0, one.kinship, _unexplained_cost() * len(one.unexplained), 0.0)
    for site in one.sites:
        total = total + site.terms
    return total


def _ordered(sites: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The best supported sites first."""
    return sorted(sites, key=lambda site: (-len(site.places), site.element.symbol, site.places))


def _key(one: _Partial, lines: Lines) -> str:
    """A name made of what is matched with what; frequencies to 1e-5, so that measuring again keeps it."""
    matches = [
        f"{number}:{site.element.columns[column].nuclide.label}:{site.element.columns[column].transition}"
        f":{_coarse(lines.frequency_hz[place])}:{round(site.fit.eta, 2) if site.determined else ''}"
        for number, site in enumerate(_ordered(one.sites))
        for place, column in zip(site.places, site.columns, strict=True)
    ]
    matches += [f"-:{_coarse(lines.frequency_hz[place])}" for place in one.unexplained]
    return hashlib.sha256("|".join(matches).encode()).hexdigest()[:16]


def _coarse(frequency_hz: float) -> str:
    return f"{frequency_hz:.4e}"
