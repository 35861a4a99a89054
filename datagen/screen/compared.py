"""A benchmark problem and a row, each read as the layers compare them (`contamination.py`)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from datagen.screen.benchmarks import BenchmarkProblem
from datagen.screen.numbers import KnownNumbers, Numbers
from datagen.screen.phrases import letter_words, skeleton, tells, without_drawings
from datagen.screen.siblings import choose_otherwise, opposed, say_opposites, swap_letters
from datagen.screen.statements import Statement, question_of
from datagen.verify.equivalence import decide
from datagen.verify.pair import Pair

HELD_QUESTION, HELD_FORMULAS = 0.95, 0.6
"""Needed where the answers differ: the row then asks for the answer in another form ("give m + n")."""
LONG_FORMULA = 12
TELLING_WORDS, TELLING_HELD = 4, 0.5
"""Words of a statement from which on half of them have to be there at all."""

_TELLING_ANSWER = re.compile(r"\d\D*\d")

AnswerBeside = Literal["same", "other", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A benchmark problem as the index keeps it.

    Attributes:
        benchmark: the name of its benchmark.
        problem: as the benchmark has it.
        statement: what it says.
        question: the words of what it asks.
        numbers: those that a row has to hold.
        skeleton: its words without markup.
        telling: those of them that are part of phrases.
        formulas: of its statement.
        opposed: those of its words that have an opposite.
    """

    benchmark: str
    problem: BenchmarkProblem
    statement: Statement
    question: frozenset[str]
    numbers: KnownNumbers
    skeleton: tuple[bytes, ...]
    telling: frozenset[bytes]
    formulas: Counter[tuple[str, ...]]
    opposed: frozenset[bytes]

    @classmethod
    def of(cls, benchmark: str, problem: BenchmarkProblem) -> Self:
        """Read a benchmark problem."""
        statement, question = Statement.of(problem.problem), question_of(problem.problem)
        words = skeleton(letter_words(without_drawings(problem.problem)))
        numbers = KnownNumbers.of_problem(problem.problem)
        telling = frozenset(filter(tells, words))
        formulas = statement.formulas()
        return cls(benchmark, problem, statement, question, numbers, words, telling, formulas, opposed(words))

    @property
    def has_telling_answer(self) -> bool:
        """Whether its answer has the two digits and more that hardly ever agree by chance."""
        return bool(_TELLING_ANSWER.search(self.problem.answer or ""))


class Row:
    """A row that is compared; what of it is dear to read is read when first asked for.

    Args:
        problem: its raw text.
        answer: its reference answer.
        words: the text's `letter_words`.
    """

    def __init__(self, problem: str, answer: str | None, words: Sequence[bytes]) -> None:
        self.problem = problem
        self._answer = answer
        self._undrawn = without_drawings(problem)
        self._words = words if self._undrawn is problem else letter_words(self._undrawn)
        self._numbers: Numbers | None = None
        self._statement: Statement | None = None
        self._skeleton: tuple[bytes, ...] | None = None

    @property
    def skeleton(self) -> tuple[bytes, ...]:
        """Its words without markup."""
        if self._skeleton is None:
            self._skeleton = skeleton(self._words)
        return self._skeleton

    @property
    def numbers(self) -> Numbers:
        """Its numbers, beside its drawings."""
        if self._numbers is None:
            self._numbers = Numbers.of(self._undrawn, self._words)
        return self._numbers

    @property
    def statement(self) -> Statement:
        """What it says."""
        if self._statement is None:
            self._statement = Statement.of(self.problem)
        return self._statement

    @property
    def has_answer(self) -> bool:
        """Whether it came with a reference answer."""
        return bool(self._answer)

    def holds_telling_words(self, entry: Known) -> bool:
        """Whether half of the words of a benchmark problem are there, where it has several."""
        telling = entry.telling
        return len(telling) < TELLING_WORDS or len(telling.intersection(self._words)) >= TELLING_HELD * len(telling)

    def is_sibling(self, entry: Known) -> bool:
        """Whether the row is another problem of the same template, whose numbers are the same."""
        return say_opposites(entry.opposed, opposed(self._words)) or swap_letters(entry.skeleton, self.skeleton)

    def chooses_otherwise(self, entry: Known) -> bool:
        """Whether its answer is another one of the words that the problem offers."""
        answers = entry.problem.answer or "", self._answer or ""
        return choose_otherwise(answers, (entry.skeleton, self.skeleton))

    def answer_beside(self, entry: Known) -> AnswerBeside:
        """What the two answers say; that letters, single digits or words are the same says nothing."""
        if not entry.problem.answer or not self._answer:
            return "unknown"
        judged = decide(Pair.of(entry.problem.answer, self._answer))
        if judged is None or judged.verdict == "wrong":
            return "other"
        return "same" if judged.verdict == "correct" and entry.has_telling_answer else "unknown"

    def asks_the_same(self, entry: Known) -> bool:
        """Whether the row holds all that the benchmark problem asks for, and nearly all formulas with numbers."""
        if len(entry.question & self.statement.words()) < HELD_QUESTION * len(entry.question):
            return False
        return len(self._shared_formulas(entry)) >= HELD_FORMULAS * len(entry.formulas)

    def shares_long_formula(self, entry: Known) -> bool:
        """Whether both hold a formula that is long enough to prove something on its own."""
        return any(len(formula) >= LONG_FORMULA for formula in self._shared_formulas(entry))

    def _shared_formulas(self, entry: Known) -> list[tuple[str, ...]]:
        own = "|".join(f" {' '.join(formula)} " for formula in self.statement.formulas())
        return [formula for formula in entry.formulas if f" {' '.join(formula)} " in own]
