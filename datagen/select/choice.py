"""Which paths of a problem make its training example.

A path is whole or absent: it is never cut. It is one by `datagen.path_rule`, and says something that no other path of
the example says. The token budget chooses fewer or shorter whole paths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datagen.approaches import ReadPath, is_same_path, read_path
from datagen.tables import DropReason, Solution, Verdict


@dataclass(frozen=True, slots=True)
class Candidate:
    """A solution as a path: its rendered text and that text's tokens."""

    solution: Solution
    verdict: Verdict
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class PathBudget:
    """What one example may hold.

    Attributes:
        fewest, most: paths.
        tokens: most tokens of the whole rendered example, prompt and summary included.
        frame: tokens of everything but the paths' texts, for a number of paths.
    """

    fewest: int
    most: int
    tokens: int
    frame: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a problem gets no example, and figures that a person can check."""

    reason: DropReason
    detail: str


def distinct(candidates: Sequence[Candidate], problem_text: str) -> list[Candidate]:
    """One candidate for each path that is told: the shortest, ties broken by id; by length.

    Args:
        candidates: correct paths of one problem, any order.
        problem_text: that problem.
    """
    kept: list[tuple[Candidate, ReadPath]] = []
    for candidate in sorted(candidates, key=lambda candidate: (candidate.tokens, candidate.solution.id)):
        read = read_path(candidate.text, problem_text)
        if not any(is_same_path(read, other) for _, other in kept):
            kept.append((candidate, read))
    return [candidate for candidate, _ in kept]


def choose_paths(candidates: Sequence[Candidate], budget: PathBudget) -> list[Candidate]:
    """Choose as many whole paths as fit the budget, the shortest first.

    Args:
        candidates: distinct correct paths of one problem, by length.
        budget: what the example may hold.

    Returns:
        Paths by length; empty when fewer than `budget.fewest` fit.
    """
    shortest = list(candidates[: budget.most])
    while len(shortest) >= budget.fewest:
        if budget.frame(len(shortest)) + sum(candidate.tokens for candidate in shortest) <= budget.tokens:
            return shortest
        shortest.pop()
    return []
