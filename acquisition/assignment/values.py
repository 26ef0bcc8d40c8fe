"""What an assignment starts from and results in, as frozen values in SI units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Observation:
    """A confirmed line. `averages` are those of the measurement in which it had this signal-to-noise ratio."""

    frequency_hz: float
    sigma_hz: float
    snr: float = 20.0
    fwhm_hz: float = 1e3
    averages: int = 1
    temperature_k: float | None = None


@dataclass(frozen=True)
class SearchedRange:
    """A range of frequencies in which lines were looked for, with so many averages."""

    low_hz: float
    high_hz: float
    averages: int = 1


@dataclass(frozen=True)
class Match:
    """Line `line` (its place among the observations) is this transition of this nuclide.

    `pull` is (measured - predicted) / sigma, the sigma being that of the line and of the isotope ratio together.
    """

    line: int
    nuclide: str
    transition: str
    predicted_hz: float
    pull: float


@dataclass(frozen=True)
class PredictedLine:
    """A line of a site that was not seen.

    Where the site's eta is known, or does not matter, it lies at frequency_hz +- sigma_hz; else `sigma_hz` is None and
    it lies somewhere from low_hz to high_hz. `relative_signal` is its expected signal over that of the strongest
    matched line of the site, `chance_seen` the probability that the measurements made would have shown it.
    """

    nuclide: str
    transition: str
    frequency_hz: float
    sigma_hz: float | None
    low_hz: float
    high_hz: float
    relative_signal: float
    chance_seen: float


@dataclass(frozen=True)
class Site:
    """One crystallographic site of an element.

    `coupling_hz` is C_Q of `nuclide` with its uncertainty, None where the lines give only the bounds
    coupling_low_hz..coupling_high_hz that eta in 0..1 leaves; so with `eta`. `field_gradient_v_m2` is |V_zz|, that of
    the middle of the bounds where there are only bounds. `freedom` is the number of lines beyond those that determine
    the site; only with freedom above zero do the lines test it.
    """

    element: str
    nuclide: str
    spin: str
    coupling_hz: float | None
    coupling_sigma_hz: float | None
    coupling_low_hz: float
    coupling_high_hz: float
    eta: float | None
    eta_sigma: float | None
    field_gradient_v_m2: float
    field_gradient_sigma_v_m2: float | None
    matches: tuple[Match, ...]
    missing: tuple[PredictedLine, ...]
    chi2: float
    freedom: int

    @property
    def nuclides(self) -> tuple[str, ...]:
        """Nuclides whose lines were seen, each once."""
        return tuple(dict.fromkeys(match.nuclide for match in self.matches))


@dataclass(frozen=True)
class Terms:
    """What a score is made of; each counts like a chi^2, smaller is better (see docs/explanation/quadrupole-physics).

    fit: chi^2 of the frequencies. precision: what the prior ranges of C_Q and eta make of so good a match (very
    negative where lines agree that had no reason to). sites: for the number of sites. unexplained: for lines without a
    site. missing: for lines that ought to have been seen, and for seeing a weak line where a stronger one should be.
    """

    fit: float
    precision: float
    sites: float
    unexplained: float
    missing: float

    @property
    def total(self) -> float:
        return self.fit + self.precision + self.sites + self.unexplained + self.missing

    def __add__(self, other: Terms) -> Terms:
        return Terms(
            self.fit + other.fit,
            self.precision + other.precision,
            self.sites + other.sites,
            self.unexplained + other.unexplained,
            self.missing + other.missing,
        )


@dataclass(frozen=True)
class Measurement:
    """A run that would tell explanations apart: a method and its parameters, ready to be submitted.

    `kind` is "isotope_partner", "third_line", "other_transition" or "temperature". `if_seen` and `if_not` say what the
    outcome means. `temperature_k` is None where the sample's own temperature is meant.
    """

    kind: str
    title: str
    method: str
    parameters: dict[str, Any]
    frequency_hz: float
    sigma_hz: float | None
    if_seen: str
    if_not: str
    temperature_k: float | None = None

    def __hash__(self) -> int:
        return hash((self.kind, self.method, self.frequency_hz, self.temperature_k))


@dataclass(frozen=True)
class Explanation:
    """One way to explain the lines. `probability` is relative to the other explanations that were found.

    `unexplained` are places of observations that no site explains. `key` names the explanation by its content: the same
    matched lines give the same key.
    """

    key: str
    rank: int
    probability: float
    terms: Terms
    sites: tuple[Site, ...]
    unexplained: tuple[int, ...]
    deciding: tuple[Measurement, ...]
    undecidable: tuple[str, ...]

    @property
    def score(self) -> float:
        """Sum of the terms; a difference of 2 is a factor of e^0.8 = 2.2 in probability."""
        return self.terms.total
