"""A small, seeded version of the benchmark assignment_top1."""

from __future__ import annotations

from acquisition.assignment import SearchedRange, explain
from benchmarks.assignment_top1 import HIGH_HZ, LOW_HZ, compound, is_true, nearest_guess, nuclides_right

COMPOUNDS = 10


def test_made_up_compounds_are_explained() -> None:
    """Complete line lists: mostly the whole truth first, and more lines right than by the nearest usual frequency."""
    whole = right = guessed = lines = 0
    for seed in range(300, 300 + COMPOUNDS):
        made = compound(seed, spoilt=False)
        best = explain(made.observations, made.nuclides, [SearchedRange(LOW_HZ, HIGH_HZ)])[0]
        truth = [name.split()[0] for name in made.truth]
        whole += is_true(best, made)
        right += nuclides_right(best, made)
        guessed += sum(one == other for one, other in zip(nearest_guess(made), truth, strict=True))
        lines += len(truth)
    assert whole >= 0.6 * COMPOUNDS
    assert right >= 0.85 * lines
    assert right > 1.1 * guessed


def test_truth_is_judged_by_nuclides_and_by_who_shares_a_site() -> None:
    made = compound(301, spoilt=False)
    found = explain(made.observations, made.nuclides, [SearchedRange(LOW_HZ, HIGH_HZ)])
    wrong = [one for one in found if not is_true(one, made)]
    assert wrong, "among several explanations at most one is the truth"
    assert all(nuclides_right(one, made) <= len(made.truth) for one in wrong)
