"""Which benchmark problem a text holds, with the evidence.

Two layers. `exact`: the normalised texts are equal. `overlap`: most of the benchmark problem's words stand in the row,
reworded at the seams ("find" for "what is", a note on the form of the answer added). It asks for three kinds of
evidence together, since each alone is fooled by real problems:

- amount: at least `FEWEST_SHARED` distinct n-grams, or every single one. Phrases that many problems share ("where m and
  n are relatively prime positive integers, find m + n": 6 n-grams) are shorter than that.
- share: coverage, the part of the benchmark problem's distinct n-grams that stands in the row. The row may be longer;
  what it holds beside the benchmark problem excuses nothing.
- numbers: problems made from one template share their words and differ in their numbers. With all numbers of the
  benchmark problem in the row, half of the n-grams are enough; a problem without numbers needs more, one with a number
  missing nearly all.

Drawings in Asymptote are taken out first: their source outweighs the words, and rows often come without it.

The thresholds were chosen by reading every hit on 27,000 real problems (DAPO-17k, AIME 1983-2023, MATH train, s1K).
There are few texts to match, so the index holds them whole; its size does not depend on the number of rows.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

from datagen.normalising import normalise
from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.wording import longest_run, shorten, without_diagrams, words_of
from datagen.texts import says_something

NGRAM_WORDS = 8  # 13, the usual choice, sees nothing of a short problem and loses one that is reworded every 20 words
FEWEST_SHARED = 24  # n-grams: 31 words on end
COVERAGE_WITH_ITS_NUMBERS = 0.5
COVERAGE_WITHOUT_NUMBERS = 0.7
COVERAGE_WITH_OTHER_NUMBERS = 0.9

NGram = tuple[str, ...]

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A benchmark problem that a text holds.

    Attributes:
        benchmark: the benchmark's name.
        row: the problem's place in it.
        layer: what found it.
        score: the part of the benchmark problem that the text holds, above 0 and up to 1.
        shared: the longest piece that both hold, normalised and shortened.
    """

    benchmark: str
    row: int
    layer: Literal["exact", "overlap"]
    score: float
    shared: str

    def __str__(self) -> str:
        return f'{self.benchmark} row {self.row}: {self.layer}, score {self.score:.2f}, shared text "{self.shared}"'


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A benchmark problem as the index keeps it: its place, its name, and what a row has to hold of it."""

    place: int
    benchmark: str
    row: int
    ngrams: int
    numbers: frozenset[str]
    has_diagram: bool

    def is_held(self, shared: int, row_numbers: frozenset[str]) -> bool:
        if shared == self.ngrams and not self.has_diagram:
            return True
        if not self.numbers:
            needed = COVERAGE_WITHOUT_NUMBERS
        elif self.numbers <= row_numbers:
            needed = COVERAGE_WITH_ITS_NUMBERS
        else:
            needed = COVERAGE_WITH_OTHER_NUMBERS
        return shared >= max(FEWEST_SHARED, needed * self.ngrams)


class BenchmarkIndex:
    """All benchmark problems, ready to be looked for in many texts."""

    def __init__(self, benchmarks: Iterable[BenchmarkSet]) -> None:
        self._exact: dict[str, _Entry] = {}
        self._holders: dict[NGram, list[_Entry]] = {}
        self._places = count()
        for benchmark in benchmarks:
            for problem in benchmark.problems:
                text = normalise(problem.problem)
                if text and says_something(problem.problem):
                    self._add(benchmark.name, problem.row, text)
        self._ngrams = frozenset(self._holders)

    def find(self, problem: str) -> Hit | None:
        """The benchmark problem that a raw text holds the most of; None when it holds none.

        Among equals the first one counts, in the order of the benchmarks and their rows.
        """
        text = normalise(problem)
        if (entry := self._exact.get(_without_braces(text))) is not None:
            return Hit(entry.benchmark, entry.row, "exact", 1.0, shorten(text))
        words = words_of(without_diagrams(text))
        found = self._ngrams.intersection(_ngrams(words))
        if not found:
            return None
        return self._best_overlap(text, words, found)

    def _add(self, benchmark: str, row: int, text: str) -> None:
        words_only = without_diagrams(text)
        ngrams = frozenset(_ngrams(words_of(words_only)))
        numbers = frozenset(_NUMBER.findall(words_only))
        entry = _Entry(next(self._places), benchmark, row, len(ngrams), numbers, has_diagram=words_only != text)
        self._exact.setdefault(_without_braces(text), entry)
        for ngram in ngrams:
            self._holders.setdefault(ngram, []).append(entry)

    def _best_overlap(self, text: str, words: Sequence[str], found: frozenset[NGram]) -> Hit | None:
        shared = Counter(entry for ngram in found for entry in self._holders[ngram])
        numbers = frozenset(_NUMBER.findall(without_diagrams(text)))
        held = [entry for entry, ngrams in shared.items() if entry.is_held(ngrams, numbers)]
        if not held:
            return None
        best = min(held, key=lambda entry: (-shared[entry] / entry.ngrams, entry.place))
        is_shared = [ngram in found and best in self._holders[ngram] for ngram in _ngrams(words)]
        evidence = shorten(longest_run(words, is_shared, NGRAM_WORDS))
        return Hit(best.benchmark, best.row, "overlap", shared[best] / best.ngrams, evidence)


def _without_braces(text: str) -> str:
    """Two carriers group LaTeX differently: here, unlike for ids, a hit too many costs less than one too few."""
    return " ".join(words_of(text))


def _ngrams(words: Sequence[str]) -> Iterable[NGram]:
    return zip(*(words[start:] for start in range(NGRAM_WORDS)), strict=False)
