"""Which benchmark problem a text holds, with the evidence.

A sieve over every text (`sieve.py`) leaves the few that may hold one. These are compared in layers, the plainest first:

- `exact`: the normalised texts are equal.
- `coverage`: enough of the benchmark problem's phrases (n-grams of three words) stand in the text, each weighted by
  how little it is boilerplate. The text may be longer, and its sentences may stand in another order.
- `similarity`: as a whole, or some sentences of it, the text says the same in nearly the same words, with the same
  formulas. This is the layer for short problems, which have too few phrases.
- `answer`: the same, less plainly, and with the same answer. Never on the answer alone.

Numbers are compared strictly, in every layer but the first: problems made from one template share their words and
differ in their numbers, and each is a problem of its own.

The thresholds were chosen by reading the hits on 27,000 real problems (docs/screening/benchmarks.md). A hit depends on
the text and the benchmarks alone: not on other rows, nor on their order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from datagen.normalising import normalise
from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.compared import Known, Row
from datagen.screen.evidence import shared_text
from datagen.screen.numbers import in_plain_digits
from datagen.screen.phrases import letter_words
from datagen.screen.sieve import Sieve
from datagen.screen.statements import similarity
from datagen.screen.wording import words_of
from datagen.texts import says_something

Layer = Literal["exact", "coverage", "similarity", "answer", "quote"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
"""The plainest first. The last one is that of solutions (`quotes.py`)."""

EXACT_COVERAGE = 0.6
COVERAGE = 0.4
COVERAGE_AND_ANSWER = 0.25
COVERAGE_OTHER_ANSWER, MANY_PHRASES = 0.8, 15.0
COVERAGE_OTHER_NUMBERS, SHARED_NUMBERS = 0.9, 0.75
"""Needed where a number differs, with the same answer: one of the two carriers has a slip of the pen."""
COVERAGE_WITHOUT_A_NUMBER, SHARED_WITHOUT_A_NUMBER = 0.5, 6.0
FEWEST_PHRASES, FEWEST_SHARED = 4.0, 3.0
"""Weight of the phrases of a benchmark problem, and of those shared, from which on their coverage proves something."""
SHORT_PHRASES = 8.0
"""Weight of the phrases of a benchmark problem up to which whole texts are compared; beyond it, coverage sees more."""
SIMILARITY = 0.72
SIMILARITY_AND_ANSWER = 0.6
SIMILARITY_OTHER_ANSWER, SIMILARITY_ADAPTED = 0.9, 0.85
SHARED_LONG_NUMBERS = 2
FEWEST_TOKENS, FEW_TOKENS = 2, 5
"""Tokens of a statement that says anything; one of few has to be there word for word."""
DRESS_WORDS = 4
"""Words of markup by which two texts with one normal form may differ, and some more."""
MORE_LAYOUT = 2
"""How many times as long a text may be that differs in layout alone."""
MOST_LONGER, ADDED_TOKENS = 8, 120


@dataclass(frozen=True, slots=True)
class Hit:
    """A benchmark problem that a text holds.

    Attributes:
        benchmark: the benchmark's name.
        row: the problem's place in it.
        layer: what found it.
        score: the part of the benchmark problem that the text holds, above 0 and up to 1.
        text, problem: the raw text, and the benchmark problem's.
    """

    benchmark: str
    row: int
    layer: Layer
    score: float
    text: str = field(repr=False)
    problem: str = field(repr=False)

    @property
    def shared(self) -> str:
        """The longest piece that both hold, normalised and shortened."""
        return shared_text(self.text, self.problem)

    def __str__(self) -> str:
        return f'{self.benchmark} row {self.row}: {self.layer}, score {self.score:.2f}, shared text "{self.shared}"'


@dataclass(frozen=True, slots=True)
class _Found:
    layer: Layer
    score: float


class BenchmarkIndex:
    """All benchmark problems, ready to be looked for in many texts."""

    def __init__(self, benchmarks: Iterable[BenchmarkSet]) -> None:
        self._entries: list[Known] = []
        self._exact: dict[str, int] = {}
        for benchmark in benchmarks:
            for problem in benchmark.problems:
                if not says_something(problem.problem):
                    continue
                self._exact.setdefault(_wording(problem.problem), len(self._entries))
                self._entries.append(Known.of(benchmark.name, problem))
        texts = [entry.problem.problem for entry in self._entries]
        self._sieve = Sieve(texts)
        overlooked = [self._entries[place] for place in self._sieve.overlooked]
        self._overlooked = frozenset(entry.skeleton for entry in overlooked)
        self._longest = max((MORE_LAYOUT * len(entry.problem.problem) for entry in overlooked), default=0)

    def find(self, problem: str, answer: str | None = None) -> Hit | None:
        """The benchmark problem that a raw text holds the most of; None when it holds none.

        Args:
            problem: a raw text.
            answer: its reference answer, a second witness where the text alone does not decide.

        Returns:
            Of several the one found by the plainest layer, then of the highest score, then the first in the order of
            the benchmarks and their rows.
        """
        problem = in_plain_digits(problem)
        words = letter_words(problem)
        candidates = self._sieve.candidates(problem, words)
        if not candidates and len(problem) > self._longest:
            return None
        row = Row(problem, answer, words)
        if not candidates:
            return self._equal(row) if row.skeleton in self._overlooked else None
        likely = {place: held for place, held in candidates.items() if self._may_be_found(place, held, row)}
        if not likely:
            return None
        agreeing = [
            place
            for place, held in likely.items()
            if self._agree_in_numbers(place, held, row) and not row.is_sibling(self._entries[place])
        ]
        found = [(place, found) for place in agreeing if (found := self._compare(place, likely[place], row))]
        if self._may_equal(row, likely, agreeing, bool(found)) and (hit := self._equal(row)):
            return hit
        if not found:
            found = [
                (place, _Found("answer", min(1.0, held)))
                for place, held in likely.items()
                if self._is_slip(place, held, row)
            ]
        if not found:
            return None
        best = min(found, key=lambda one: (LAYERS.index(one[1].layer), -one[1].score, one[0]))
        return self._hit(*best, problem)

    def visible(self) -> dict[str, dict[str, int]]:
        """What each layer can find at all, whatever it is looked for in: the floor below which nothing is seen.

        Returns:
            For each benchmark its problems that say something, and how many of these each layer sees; an equal text is
            always seen.
        """
        counted: dict[str, dict[str, int]] = {}
        for place, entry in enumerate(self._entries):
            has_phrases = self._sieve.sizes[place] >= FEWEST_PHRASES
            is_short = place not in self._sieve.overlooked and self._sieve.sizes[place] < SHORT_PHRASES
            is_statement = is_short and entry.statement.size >= FEW_TOKENS
            has_answer = entry.has_telling_answer
            seen = {
                "problems": True,
                "coverage": has_phrases,
                "similarity": is_statement,
                "answer": has_answer and (has_phrases or is_statement),
                "exact alone": not has_phrases and not is_statement,
            }
            counts = counted.setdefault(entry.benchmark, dict.fromkeys(seen, 0))
            for layer, is_seen in seen.items():
                counts[layer] += is_seen
        return counted

    def _may_equal(self, row: Row, likely: Mapping[int, float], agreeing: Sequence[int], is_found: bool) -> bool:
        """Whether a text may equal a benchmark problem, since it costs to know it; what is found is found anyway."""
        if is_found:
            near = [place for place in agreeing if likely[place] >= EXACT_COVERAGE or likely[place] == 0.0]
            return any(row.skeleton == self._entries[place].skeleton for place in near)
        return any(abs(len(row.skeleton) - len(self._entries[place].skeleton)) <= DRESS_WORDS for place in agreeing)

    def _equal(self, row: Row) -> Hit | None:
        place = self._exact.get(_wording(row.problem))
        return None if place is None else self._hit(place, _Found("exact", 1.0), row.problem)

    def _hit(self, place: int, found: _Found, text: str) -> Hit:
        entry = self._entries[place]
        return Hit(entry.benchmark, entry.problem.row, found.layer, found.score, text, entry.problem.problem)

    def _may_be_found(self, place: int, held: float, row: Row) -> bool:
        """Whether any layer can find a benchmark problem in a row: a quick look, before its numbers are read."""
        if self._coverage(place, held) >= (COVERAGE_AND_ANSWER if row.has_answer else COVERAGE):
            return True
        return self._sieve.sizes[place] < SHORT_PHRASES and row.holds_telling_words(self._entries[place])

    def _coverage(self, place: int, held: float) -> float:
        """The part of a benchmark problem's phrases that is there; 0 where they are too few to prove anything."""
        size = self._sieve.sizes[place]
        return min(1.0, held) if size >= FEWEST_PHRASES and held * size >= FEWEST_SHARED else 0.0

    def _agree_in_numbers(self, place: int, held: float, row: Row) -> bool:
        """Whether a row's numbers are those of a benchmark problem; one may be left out where much else is the same."""
        known = self._entries[place].numbers
        is_much = held >= COVERAGE_WITHOUT_A_NUMBER and held * self._sieve.sizes[place] >= SHARED_WITHOUT_A_NUMBER
        if not is_much and known.misses(row.problem.lower()):
            return False
        return not known.conflict(row.numbers) and (is_much or not known.omitted(row.numbers))

    def _compare(self, place: int, held: float, row: Row) -> _Found | None:
        """What is found of a benchmark problem in a row whose numbers agree with it."""
        entry = self._entries[place]
        held = self._coverage(place, held)
        if held >= COVERAGE and (row.answer_beside(entry) != "other" or self._is_adapted(place, held, row)):
            return _Found("coverage", held)
        if held >= COVERAGE_AND_ANSWER and row.answer_beside(entry) == "same":
            return _Found("answer", held)
        return _compare_statements(entry, row) if self._sieve.sizes[place] < SHORT_PHRASES else None

    def _is_slip(self, place: int, held: float, row: Row) -> bool:
        """Whether a number that differs is a slip of the pen: everything else says the same, and so does the answer."""
        entry = self._entries[place]
        return (
            held >= COVERAGE_OTHER_NUMBERS
            and self._sieve.sizes[place] >= FEWEST_PHRASES
            and row.answer_beside(entry) == "same"
            and entry.numbers.shared(row.numbers) >= SHARED_NUMBERS
        )

    def _is_adapted(self, place: int, held: float, row: Row) -> bool:
        """Whether a row with another answer is the same problem all the same ("give m + n"), and no sibling of it.

        A sibling has the same set-up and asks for something else, or differs in a word: so the question has to be
        there, and more of everything.
        """
        entry = self._entries[place]
        if row.chooses_otherwise(entry):
            return False
        if (held >= COVERAGE_OTHER_ANSWER and self._sieve.sizes[place] >= MANY_PHRASES) or row.shares_long_formula(
            entry
        ):
            return True
        if not row.asks_the_same(entry):
            return False
        return (
            held >= COVERAGE_OTHER_ANSWER
            or len(entry.numbers.long()) >= SHARED_LONG_NUMBERS
            or any(
                similarity(entry.statement, run, SIMILARITY_ADAPTED) >= SIMILARITY_ADAPTED
                for run in row.statement.runs(entry.statement.size)
            )
        )


def _compare_statements(entry: Known, row: Row) -> _Found | None:
    known = entry.statement
    size = known.size
    if not row.holds_telling_words(entry):
        return None
    if size < FEWEST_TOKENS or row.statement.size > MOST_LONGER * size + ADDED_TOKENS:
        return None
    numbers = known.numbers()
    answer = row.answer_beside(entry)
    enough = SIMILARITY_OTHER_ANSWER if answer == "other" else SIMILARITY
    least = SIMILARITY_AND_ANSWER if answer == "same" else enough
    if size < FEW_TOKENS:
        enough = least = 1.0
    best: _Found | None = None
    for run in row.statement.runs(size):
        if numbers != run.numbers():
            continue
        score = similarity(known, run, enough)
        if score < least or (best and score <= best.score):
            continue
        if score >= enough and entry.formulas == run.formulas():
            best = _Found("similarity", score)
            if score == 1.0:
                break
        elif answer == "same" and (best is None or best.layer == "answer"):
            best = _Found("answer", score)
    if best and answer == "other" and (row.chooses_otherwise(entry) or not row.asks_the_same(entry)):
        return None
    return best


def _wording(problem: str) -> str:
    """Two carriers group LaTeX differently: here, unlike for ids, a hit too many costs less than one too few."""
    return " ".join(words_of(normalise(problem)))
