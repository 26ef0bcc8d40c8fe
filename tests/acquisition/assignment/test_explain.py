"""Explanations of realistic line lists: the right one first, what is missing, what would decide."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from acquisition import methods
from acquisition.assignment import Explanation, Observation, SearchedRange, explain
from acquisition.assignment.explain import CAUTION
from acquisition.limits import InstrumentLimits
from acquisition.methods.parameters import parse
from acquisition.nuclides import nuclides_of
from acquisition.quadrupole import frequency_ratios


def line(frequency_mhz: float, snr: float = 20.0, sigma_hz: float = 50.0) -> Observation:
    return Observation(frequency_mhz * 1e6, sigma_hz, snr)


def explained(formula: str, lines: list[Observation], *searched_mhz: tuple[float, float]) -> tuple[Explanation, ...]:
    ranges = [SearchedRange(low * 1e6, high * 1e6) for low, high in searched_mhz]
    return explain(lines, nuclides_of(formula), ranges)


def labels(explanation: Explanation) -> list[dict[int, str]]:
    """For each site the nuclide of each of its lines."""
    return [{match.line: match.nuclide for match in site.matches} for site in explanation.sites]


def test_chlorate_is_one_site_with_both_isotopes() -> None:
    best, *others = explained("KClO3", [line(28.0846), line(22.13, 8.0, 5e3)], (20, 30))
    assert labels(best) == [{0: "35Cl", 1: "37Cl"}]
    assert best.probability > 0.99 and best.unexplained == () and others
    (site,) = best.sites
    assert site.coupling_hz is None and site.eta is None
    assert site.coupling_high_hz == pytest.approx(2 * 28.0846e6, rel=1e-4)
    assert site.coupling_low_hz == pytest.approx(2 * 28.0846e6 / math.sqrt(4 / 3), rel=1e-4)
    assert site.freedom == 1 and site.missing == ()
    assert any("spin 3/2" in sentence for sentence in best.undecidable)


def test_sodium_nitrite_is_a_triple() -> None:
    best = explained("NaNO2", [line(4.642), line(3.604), line(1.038, 5.0, 300.0)], (1, 6))[0]
    assert best.probability > 0.99
    (site,) = best.sites
    assert {match.line: match.transition for match in site.matches} == {0: "ν+", 1: "ν−", 2: "ν0"}
    assert site.coupling_hz == pytest.approx(5.497e6, abs=1e3) and site.eta == pytest.approx(0.378, abs=1e-3)


def test_two_lines_of_a_triple_ask_for_the_third() -> None:
    first, second, *_ = explained("NaNO2", [line(4.642), line(3.604)], (3, 6))
    assert [m.transition for m in first.sites[0].matches] != [m.transition for m in second.sites[0].matches]
    for explanation, expected_hz in ((first, 1.038e6), (second, 8.246e6)):
        measurement = explanation.deciding[0]
        assert measurement.kind == "third_line" and measurement.method == "confirm"
        assert measurement.parameters["frequency_hz"] == pytest.approx(expected_hz, abs=1e3)
    assert any("nothing is left to test" in sentence for sentence in first.undecidable)


def test_a_lone_line_asks_for_its_isotope_partner() -> None:
    """The strong isotope first, the weak one second; each partner at its own frequency, ready to be measured."""
    best, *others = explained("KClO3", [line(28.0846)], (27.5, 28.5))
    weak = next(one for one in others if labels(one) == [{0: "37Cl"}])
    assert labels(best) == [{0: "35Cl"}] and 0.4 < best.probability < 0.9
    for explanation, expected_hz in ((best, 28.0846e6 / 1.2688), (weak, 28.0846e6 * 1.2688)):
        partner = explanation.deciding[0]
        assert partner.kind == "isotope_partner"
        assert partner.frequency_hz == pytest.approx(expected_hz)
        assert partner.sigma_hz == pytest.approx(expected_hz * 1e-4 / 1.2688, rel=0.1)
    assert best.deciding[-1].kind == "temperature"
    assert any("nothing but the frequency" in sentence for sentence in best.undecidable)


def test_a_partner_that_was_searched_in_vain_counts_against() -> None:
    """37Cl alone, with 35Cl seven times as strong inside the range that was searched, is not believed."""
    unseen = explained("KClO3", [line(28.0846)], (20, 30))
    seen_range = explained("KClO3", [line(28.0846)], (27, 40))

    def share(explanations: tuple[Explanation, ...], nuclide: str) -> float:
        return sum(e.probability for e in explanations if labels(e) == [{0: nuclide}])

    assert share(seen_range, "37Cl") < 0.3 * share(unseen, "37Cl")


def test_a_mixture() -> None:
    lines = [line(4.642), line(3.604), line(1.038, 5.0, 300.0), line(34.5), line(34.5 / 1.2688, 8.0)]
    best = explained("C6H4ClNO2", lines, (1, 40))[0]
    assert sorted(labels(best), key=len) == [{3: "35Cl", 4: "37Cl"}, {0: "14N", 1: "14N", 2: "14N"}]


def test_copper_with_chlorine_there() -> None:
    """63Cu and 65Cu of cuprous oxide's frequencies beside a pair of chlorine: each ratio finds its own."""
    lines = [line(26.02, 30.0), line(26.02 / 1.0806, 20.0), line(30.1), line(30.1 / 1.2688, 9.0)]
    best = explained("CuCl", lines, (20, 35))[0]
    assert sorted(labels(best), key=min) == [{0: "63Cu", 1: "65Cu"}, {2: "35Cl", 3: "37Cl"}]
    assert best.probability > 0.98


def test_an_interference_line_stays_unexplained() -> None:
    lines = [line(28.0846, 100.0), line(28.0846 / 1.2688, 14.0), line(23.9712, 100.0)]
    best = explained("KClO3", lines, (15, 40))[0]
    assert labels(best) == [{0: "35Cl", 1: "37Cl"}] and best.unexplained == (2,)
    assert best.deciding[-1].kind == "temperature"
    assert any("interference" in sentence for sentence in best.undecidable)


def test_a_nuclide_outside_its_range_explains_nothing() -> None:
    (only,) = explained("KNO3", [line(28.0846)], (27, 29))[:1]
    assert only.sites == () and only.unexplained == (0,) and only.probability > 0.5


def test_antimony_partners_go_through_diagonalisation() -> None:
    """121Sb has spin 5/2 and 123Sb 7/2: five lines of one site, none a fixed ratio of another."""
    coupling_hz, eta = 383e6, 0.2
    hz = [*(coupling_hz * frequency_ratios(2.5, eta)), *(coupling_hz / 0.785 * frequency_ratios(3.5, eta))]
    lines = [line(float(f) / 1e6) for f in hz]
    best = explained("SbCl3", lines, (20, 150))[0]
    assert labels(best) == [{0: "121Sb", 1: "121Sb", 2: "123Sb", 3: "123Sb", 4: "123Sb"}]
    assert best.sites[0].coupling_hz == pytest.approx(coupling_hz, rel=1e-4)
    two = explained("SbCl3", lines[:2], (50, 150))[0]
    missing = {m.transition: m for m in two.sites[0].missing}
    for name, true_hz in zip(("1/2–3/2", "3/2–5/2", "5/2–7/2"), hz[2:], strict=True):
        assert missing[name].nuclide == "123Sb"
        assert missing[name].frequency_hz == pytest.approx(true_hz, abs=3 * missing[name].sigma_hz)


def test_without_lines_or_nuclides() -> None:
    assert explained("KClO3", []) == ()
    (only,) = explained("SiO2", [line(12.0)])
    assert only.sites == () and only.unexplained == (0,) and only.probability == 1.0


def test_the_order_of_the_lines_does_not_matter() -> None:
    lines = [line(34.5 / 1.2688, 8.0), line(4.642), line(34.5), line(3.604)]
    keys = {explained("C6H4ClNO2", [lines[k] for k in order], (1, 40))[0].key for order in ((0, 1, 2, 3), (3, 2, 1, 0))}
    assert len(keys) == 1


def test_temperatures_of_the_runs_are_allowed_for() -> None:
    """KClO3 shifts by about -1.7e-4 per kelvin: lines measured 5 K apart still belong together."""
    warm = Observation(28.0846e6 * (1 - 5 * 1.7e-4), 50.0, 20.0, temperature_k=300.0)
    cold = Observation(28.0846e6 / 1.2688, 50.0, 8.0, temperature_k=295.0)
    best = explain([warm, cold], nuclides_of("KClO3"), [SearchedRange(20e6, 30e6)])[0]
    assert labels(best) == [{0: "35Cl", 1: "37Cl"}]
    unknown = [Observation(one.frequency_hz, one.sigma_hz, one.snr) for one in (warm, cold)]
    apart = explain(unknown, nuclides_of("KClO3"), [SearchedRange(20e6, 30e6)])[0]
    assert labels(apart) != [{0: "35Cl", 1: "37Cl"}]


def test_proposed_measurements_can_be_planned() -> None:
    """What is proposed is accepted by the method's own validation as it is."""
    limits = InstrumentLimits()
    cases = [("KClO3", [line(28.0846)]), ("NaNO2", [line(4.642), line(3.604)]), ("NaNO2", [line(3.604)])]
    for formula, lines in cases:
        for explanation in explained(formula, lines, (3, 6), (27, 29)):
            for measurement in explanation.deciding:
                method = methods.get(measurement.method)
                plan = method.plan(parse(method.parameters, measurement.parameters), limits)
                assert plan.duration_s > 0


def test_scores_add_up_and_probabilities_are_shares() -> None:
    found = explained("KClO3", [line(28.0846), line(25.0)], (20, 30))
    assert [e.rank for e in found] == list(range(1, len(found) + 1))
    assert sum(e.probability for e in found) <= 1.0 + 1e-9
    for one, next_one in itertools.pairwise(found):
        assert one.score <= next_one.score
        ratio = math.exp(CAUTION * (one.score - next_one.score) / 2)
        assert next_one.probability / one.probability == pytest.approx(ratio, rel=1e-6)


def test_predicted_frequencies_have_honest_uncertainties() -> None:
    """Monte Carlo: the third line of a 14N triple, predicted from two measured ones, is off by one sigma."""
    rng = np.random.default_rng(3)
    true_hz = 5.497e6 * frequency_ratios(1, 0.378)
    pulls = []
    for _ in range(40):
        sigma_hz = 200.0
        pair = [Observation(float(f), sigma_hz) for f in true_hz[1:] + rng.normal(0, sigma_hz, 2)]
        first = explain(pair, nuclides_of("NaNO2"), [SearchedRange(3e6, 6e6)])[0]
        (third,) = first.sites[0].missing
        assert third.sigma_hz is not None
        pulls.append((third.frequency_hz - true_hz[0]) / third.sigma_hz)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.25)
