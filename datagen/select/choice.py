"""Which paths of a problem make its training example.

A path is whole or absent: it is never cut. It is correct, finished, closes with the answer that was verified, and says
something that no other path of the example says. The token budget chooses fewer or shorter whole paths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datagen.solutions import TextMode, path_text
from datagen.tables import DropReason, Solution, Verdict
from datagen.texts import same_text_key
from datagen.verify.extract import last_box


@dataclass(frozen=True, slots=True)
class Candidate:
    """A correct solution as a path: its rendered text and that text's tokens."""

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


def closing_text(solution: Solution, verdict: Verdict, mode: TextMode) -> str | None:
    """The path's rendered text when it closes with the verified answer in a box, else None.

    The verdict was given on the whole solution; what the student reads must verify by itself.
    """
    text = path_text(solution, mode)
    return text if verdict.answer is not None and last_box(text) == verdict.answer else None


def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate for each text, the first."""
    by_text: dict[str, Candidate] = {}
    for candidate in candidates:
        by_text.setdefault(same_text_key(candidate.text), candidate)
    return list(by_text.values())


def choose_paths(candidates: Sequence[Candidate], budget: PathBudget) -> list[Candidate]:
    """Choose as many whole paths as fit the budget, the shortest first, ties broken by id.

    Args:
        candidates: distinct correct paths of one problem, any order.
        budget: what the example may hold.

    Returns:
        Paths by length; empty when fewer than `budget.fewest` fit.
    """
    shortest = sorted(candidates, key=lambda candidate: (candidate.tokens, candidate.solution.id))[: budget.most]
    while len(shortest) >= budget.fewest:
        if budget.frame(len(shortest)) + sum(candidate.tokens for candidate in shortest) <= budget.tokens:
            return shortest
        shortest.pop()
    return []
