"""Planning a search: comb, flip angle, repetition and averages of a survey, and whether stepping would be faster."""

from acquisition.planning.comparison import Comparison, compare
from acquisition.planning.goal import Goal
from acquisition.planning.proposal import Proposal

__all__ = ["Comparison", "Goal", "Proposal", "compare"]
