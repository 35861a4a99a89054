"""Whether a solution quotes a benchmark problem word for word. Nobody asks it yet: it is too slow for long texts.

A student that reads such a path has read the benchmark. A solution states its own problem again, and that one has
passed the screen; what it shares with a benchmark is no quote. Found are runs of words and numbers that a benchmark
problem has too: the whole problem, or a good half of it. A problem of under `NGRAM_WORDS` words is too short to be
quoted: anybody may write "what is the value of x".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.contamination import Hit
from datagen.screen.phrases import phrases_of, weight_of, without_drawings

NGRAM_WORDS = 8
FEWEST_WORDS, FEWEST_HELD = 20, 0.5
"""Words on end, and their part of the benchmark problem's, from which on a piece of it is a quote."""
FEWEST_PHRASES = 3
"""Phrases in a quote that are no boilerplate."""

_WORDS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or 48 <= byte <= 57 or byte >= 128 else 32
    for byte in range(256)
)

NGram = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    benchmark: str
    row: int
    problem: str
    words: int


class Quotes:
    """All benchmark problems, ready to be looked for in many solutions."""

    def __init__(self, benchmarks: Iterable[BenchmarkSet]) -> None:
        self._holders: dict[NGram, list[_Known]] = {}
        for benchmark in benchmarks:
            for problem in benchmark.problems:
                words = _words(without_drawings(problem.problem))
                known = _Known(benchmark.name, problem.row, problem.problem, len(words))
                for ngram in frozenset(_ngrams(words)):
                    self._holders.setdefault(ngram, []).append(known)
        self._ngrams = frozenset(self._holders)

    def find(self, text: str, problem: str = "") -> Hit | None:
        """The benchmark problem that a solution quotes most of; None when it quotes none.

        Args:
            text: a raw solution: thought, content, or both.
            problem: the raw text of the problem that it solves; what stands there is no quote.
        """
        words = _words(text)
        shared = self._ngrams.intersection(_ngrams(words))
        if not shared:
            return None
        shared = shared.difference(_ngrams(_words(problem)))
        quoted = [
            (length / known.words, known, words[start : start + length])
            for known, (start, length) in self._longest_runs(words, shared).items()
            if length >= min(known.words, max(FEWEST_WORDS, FEWEST_HELD * known.words))
        ]
        telling = [(held, known, run) for held, known, run in quoted if _tells(run)]
        if not telling:
            return None
        held, known, run = max(telling, key=lambda quote: quote[0])
        return Hit(known.benchmark, known.row, "quote", held, b" ".join(run).decode("utf-8", "replace"), known.problem)

    def _longest_runs(self, words: Sequence[bytes], shared: frozenset[NGram]) -> dict[_Known, tuple[int, int]]:
        """For each benchmark problem the longest stretch of words all of whose n-grams it has: start and length."""
        longest: dict[_Known, tuple[int, int]] = {}
        open_runs: defaultdict[_Known, tuple[int, int]] = defaultdict(lambda: (0, -1))
        for place, ngram in enumerate(_ngrams(words)):
            if ngram not in shared:
                continue
            for known in self._holders[ngram]:
                start, last = open_runs[known]
                start = start if last == place - 1 else place
                open_runs[known] = start, place
                length = place - start + NGRAM_WORDS
                if length > longest.get(known, (0, 0))[1]:
                    longest[known] = start, length
        return longest


def _tells(run: Sequence[bytes]) -> bool:
    return sum(weight_of(phrase) == 1.0 for phrase in phrases_of(run)) >= FEWEST_PHRASES


def _words(text: str) -> list[bytes]:
    return text.encode("utf-8", "replace").translate(_WORDS).split()


def _ngrams(words: Sequence[bytes]) -> Iterator[NGram]:
    return zip(*(words[start:] for start in range(NGRAM_WORDS)), strict=False)
