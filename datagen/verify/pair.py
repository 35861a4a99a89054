"""What is compared, and what a comparison comes to.

Everything that a judgement depends on stands in its pair, in tidy form: the same pair has the same judgement, in any
order, in any process, in any run of the same verifier version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from datagen.verify.question import NOTHING_SAID, Question
from datagen.verify.tidy import tidy

if TYPE_CHECKING:  # workers load no Arrow
    from datagen.tables import VerdictKind

UNDECIDED = frozenset({"prose-gold", "unparsed-gold", "unparsed-answer", "words", "error"})
"""Methods whose verdict says that rules could not tell; a judge, when the recipe names one, is asked about these."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold answer and an extracted one, with what the problem says about its answer.

    Attributes:
        gold, answer: in tidy form (see `datagen.verify.tidy`).
        question: the problem's options, and the rounding that it asks for.
    """

    gold: str
    answer: str
    question: Question = NOTHING_SAID

    @classmethod
    def of(cls, gold: str, answer: str, problem: str | None = None) -> Self:
        """The pair of two raw texts."""
        return cls(tidy(gold), tidy(answer), Question.of(problem or ""))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a comparison came to, and the step that decided."""

    verdict: VerdictKind
    method: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a solution: the answer that it gives, whether it is right, and the step that decided."""

    verdict: VerdictKind
    answer: str | None
    method: str
