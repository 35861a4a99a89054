"""Which paths of a problem make its training example.

A path is whole or absent: it is never cut. It is one by `datagen.path_rule`, and says something that no other path of
the example says. As many as fit the token budget are taken, correct ones first; among all ways to take so many, the one
whose paths lie furthest apart.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from datagen.approaches import ReadPath, distance, is_same_path, mean_distance
from datagen.select.spread import Pool, Weights, most_spread
from datagen.tables import DropReason, Solution, Verdict

CHOICE_VERSION = 1
"""Another one may choose other paths."""

_UNITS = 1 << 20
"""Distances are added as whole numbers of such parts, so that no sum depends on its order."""
_OTHER_MODEL = 0.02
"""How much further apart two paths count when two models wrote them: it decides between choices that hardly differ."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A solution as a path: its rendered text, that text's tokens, and what tells it from the others."""

    solution: Solution
    verdict: Verdict
    text: str
    tokens: int
    read: ReadPath = field(compare=False)

    @property
    def is_wrong(self) -> bool:
        """Whether its answer is not the reference answer."""
        return self.verdict.verdict != "correct"


@dataclass(frozen=True, slots=True)
class PathBudget:
    """What one example may hold.

    Attributes:
        fewest, most: paths.
        tokens: most tokens of the whole rendered example, prompt and summary included.
        frame: tokens of everything but the paths' texts, for a number of paths.
        wrong: most wrong ones among a number of paths; fewer than all.
    """

    fewest: int
    most: int
    tokens: int
    frame: Callable[[int], int]
    wrong: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a problem gets no example, and figures that a person can check."""

    reason: DropReason
    detail: str


def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate for each path that is told: a correct one before a wrong one, then the shortest, then by id.

    Args:
        candidates: of one problem, any order.

    Returns:
        Those that stay, in that order.
    """
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=_rank):
        if not any(is_same_path(candidate.read, other.read) for other in kept):
            kept.append(candidate)
    return kept


def has_enough(candidates: Sequence[Candidate], budget: PathBudget) -> bool:
    """Whether there are enough paths for an example, however long they are."""
    return _numbers(candidates, replace(budget, tokens=sys.maxsize)) is not None


def choose_paths(candidates: Sequence[Candidate], budget: PathBudget) -> list[Candidate]:
    """Choose as many whole paths as fit the budget, and of these the set that lies furthest apart.

    First as many correct ones as fit, then as many wrong ones as still do and are allowed: a wrong path never takes a
    correct one's place. How many that is follows from the shortest alone, so that a long path takes no other's place
    either; it comes in where the others leave it room.

    Args:
        candidates: distinct paths of one problem, any order.
        budget: what the example may hold.

    Returns:
        Paths, correct ones first, then by length; empty when no example fits.
    """
    ranked = sorted(candidates, key=_rank)
    numbers = _numbers(ranked, budget)
    if numbers is None:
        return []
    pool = Pool(
        apart=_apart(ranked),
        tokens=np.array([candidate.tokens for candidate in ranked], np.int64),
        kinds=np.array([candidate.is_wrong for candidate in ranked], np.int64),
    )
    return [ranked[place] for place in most_spread(pool, numbers, budget.tokens - budget.frame(sum(numbers)))]


def diversity(paths: Sequence[Candidate]) -> float | None:
    """How far apart the paths of an example are: the mean distance of its pairs, 0 to 1; None without a pair."""
    return mean_distance([path.read.approach for path in paths])


def _rank(candidate: Candidate) -> tuple[bool, int, str]:
    return candidate.is_wrong, candidate.tokens, candidate.solution.id


def _numbers(candidates: Sequence[Candidate], budget: PathBudget) -> tuple[int, int] | None:
    """How many correct paths are taken, and how many wrong ones; None when no example fits."""
    correct = sorted(candidate.tokens for candidate in candidates if not candidate.is_wrong)
    wrong = sorted(candidate.tokens for candidate in candidates if candidate.is_wrong)
    for right in range(min(len(correct), budget.most), 0, -1):
        for further in range(min(len(wrong), budget.most - right), -1, -1):
            paths = right + further
            tokens = budget.frame(paths) + sum(correct[:right]) + sum(wrong[:further])
            if paths >= budget.fewest and further <= budget.wrong(paths) and tokens <= budget.tokens:
                return right, further
    return None


def _apart(candidates: Sequence[Candidate]) -> Weights:
    """How far each pair counts as apart, in whole parts of `_UNITS`."""
    apart = np.zeros((len(candidates), len(candidates)), np.int64)
    for one, other in combinations(range(len(candidates)), 2):
        first, second = candidates[one], candidates[other]
        far = distance(first.read.approach, second.read.approach)
        far += _OTHER_MODEL * (first.solution.model != second.solution.model)
        apart[one, other] = apart[other, one] = round(far * _UNITS)
    return apart
