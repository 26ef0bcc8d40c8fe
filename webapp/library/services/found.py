"""What a search finds, measured or published: the same shape for page and API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acquisition import line_matching
from webapp.library.services.wanted import Wanted


@dataclass(frozen=True)
class Matched:
    """A peak that was asked for, with the known line that explains it."""

    peak_hz: float
    line_hz: float

    @property
    def difference_hz(self) -> float:
        return self.peak_hz - self.line_hz


@dataclass(frozen=True)
class Comparison:
    """How known lines fit the peaks that were asked for; every list by frequency, in Hz."""

    score: float
    matched: tuple[Matched, ...]
    missing_hz: tuple[float, ...]
    unexplained_hz: tuple[float, ...]

    @property
    def better_than_chance(self) -> bool:
        """Whether these lines explain the peaks better than lines of any other origin do."""
        return bool(self.matched) and self.score > 0


def compare(wanted: Wanted, lines_hz: Sequence[float], sigmas_hz: Sequence[float] | None = None) -> Comparison:
    """Match the wanted peaks one to one with known lines of these standard deviations (the wanted ones if None)."""
    sigmas = sigmas_hz if sigmas_hz is not None else [wanted.sigma_hz] * len(lines_hz)
    found = line_matching.match(wanted.peaks_hz, lines_hz, sigmas, wanted.searched_hz)
    return Comparison(
        score=found.score,
        matched=tuple(
            sorted(
                (Matched(wanted.peaks_hz[pair.peak], lines_hz[pair.line]) for pair in found.pairs),
                key=lambda one: one.peak_hz,
            )
        ),
        missing_hz=tuple(sorted(lines_hz[place] for place in found.missing)),
        unexplained_hz=tuple(sorted(wanted.peaks_hz[place] for place in found.unexplained)),
    )
