"""What a problem says about its answer: the options of a multiple choice, and the rounding that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Question:
    """What a verdict depends on beside gold and answer.

    Attributes:
        options: the texts of the options A, B, C, …; empty when the problem is no multiple choice.
        decimals: the decimal places that the problem asks for; None when it asks for an exact answer.
    """

    options: tuple[str, ...] = ()
    decimals: int | None = None

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(problem: str) -> Question:
        """Read a problem's text."""
        return NOTHING_SAID


NOTHING_SAID = Question()
