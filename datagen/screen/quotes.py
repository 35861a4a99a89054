"""Whether a solution quotes a benchmark problem word for word: the student that reads it has read the benchmark.

A solution states its own problem again, and that one has passed the screen; what it shares with a benchmark is no
quote. Found are runs of words and numbers that a benchmark problem has too: all of it, or a sentence that says more
than boilerplate. A problem of under `NGRAM_WORDS` words is too short to be quoted: anybody may write "what is the value
of x".

Every path is read so, some of 100 KB. A run is at least `NGRAM_WORDS` words long and thus holds one of the seeds that
are looked up, shorter n-grams at every `_STRIDE`-th word; only around a seed that a benchmark has are n-grams compared.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count

from datagen.screen.benchmarks import BenchmarkSet
from datagen.screen.contamination import Hit
from datagen.screen.phrases import phrases_of, weight_of, without_drawings

QUOTES_VERSION = "1"
"""Goes up when the same text quotes another problem, or none."""
NGRAM_WORDS = 8
FEWEST_WORDS = 13
"""Words on end from which on a piece of a problem may be a quote; the n-gram that the field looks for."""
FEWEST_PHRASES = 3
"""Phrases that are no boilerplate, from which on words tell; of a whole problem a number does too."""
FORMULA_WORDS, FEWEST_NUMBERS, FEWEST_NAMES = 20, 4, 3
"""A formula has hardly a phrase: from so many words on it tells by so many different numbers and other words."""
_SEED_WORDS = 4
_STRIDE = NGRAM_WORDS - _SEED_WORDS + 1
"""The largest distance of seeds at which every n-gram of a text holds one."""

_WORDS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or 48 <= byte <= 57 or byte >= 128 else 32
    for byte in range(256)
)

NGram = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A benchmark problem, and how many words and different n-grams it has."""

    benchmark: str
    row: int
    problem: str
    words: int
    ngrams: int


class Quotes:
    """All benchmark problems, ready to be looked for in many solutions."""

    def __init__(self, benchmarks: Iterable[BenchmarkSet]) -> None:
        self._holders: dict[NGram, list[_Known]] = {}
        for benchmark in benchmarks:
            for problem in benchmark.problems:
                words = _words(without_drawings(problem.problem))
                ngrams = dict.fromkeys(_ngrams(words))
                known = _Known(benchmark.name, problem.row, problem.problem, len(words), len(ngrams))
                for ngram in ngrams:
                    self._holders.setdefault(ngram, []).append(known)
        self._seeds = frozenset(
            ngram[start : start + _SEED_WORDS] for ngram in self._holders for start in range(_STRIDE)
        )

    def find(self, text: str, problem: str = "") -> Hit | None:
        """The benchmark problem that a solution quotes most of; None when it quotes none.

        Args:
            text: a raw solution: thought, content, or both.
            problem: the raw text of the problem that it solves; what stands there is no quote.

        Returns:
            Of several the one of which the largest part is quoted, then the first in the text. Its text is the quote.
        """
        words = _words(text)
        places = self._shared_places(words)
        if not places:
            return None
        own = frozenset(_ngrams(_words(problem)))
        runs = self._runs((place, ngram) for place, ngram in places if ngram not in own)
        quotes = [
            (min(1.0, length / known.words), known, words[start : start + length])
            for known, start, length in runs
            if _is_quote(known, words[start : start + length])
        ]
        if not quotes:
            return None
        held, known, run = max(quotes, key=lambda quote: quote[0])
        return Hit(known.benchmark, known.row, "quote", held, b" ".join(run).decode("utf-8", "replace"), known.problem)

    def _shared_places(self, words: Sequence[bytes]) -> list[tuple[int, NGram]]:
        """Every n-gram of a text that a benchmark problem has too, and where it starts, in order."""
        seeds = zip(*(words[start::_STRIDE] for start in range(_SEED_WORDS)), strict=False)
        found = compress(count(0, _STRIDE), map(self._seeds.__contains__, seeds))
        around = (place for seed in found for place in range(max(0, seed - _STRIDE + 1), seed + 1))
        ngrams = ((place, tuple(words[place : place + NGRAM_WORDS])) for place in around)
        return [(place, ngram) for place, ngram in ngrams if ngram in self._holders]

    def _runs(self, places: Iterable[tuple[int, NGram]]) -> Iterator[tuple[_Known, int, int]]:
        """Every stretch of words all of whose n-grams one benchmark problem has: the problem, start and length."""
        is_open: dict[_Known, tuple[int, int]] = {}
        for place, ngram in places:
            for known in self._holders[ngram]:
                start, last = is_open.get(known, (place, place - 1))
                if last != place - 1:
                    yield known, start, last - start + NGRAM_WORDS
                    start = place
                is_open[known] = start, place
        for known, (start, last) in is_open.items():
            yield known, start, last - start + NGRAM_WORDS


def _is_quote(known: _Known, run: Sequence[bytes]) -> bool:
    """Whether a run whose n-grams are all the problem's is the problem, or a piece that tells."""
    is_whole = len(run) >= known.words and len(frozenset(_ngrams(run))) == known.ngrams
    if not is_whole and len(run) < FEWEST_WORDS:
        return False
    phrases = sum(weight_of(phrase) == 1.0 for phrase in phrases_of(run))
    return phrases >= FEWEST_PHRASES or (not b"".join(run).isalpha() if is_whole else _is_formula(run))


def _is_formula(run: Sequence[bytes]) -> bool:
    numbers = {word for word in run if word.isdigit()}
    names = set(run) - numbers
    return len(run) >= FORMULA_WORDS and len(numbers) >= FEWEST_NUMBERS and len(names) >= FEWEST_NAMES


def _words(text: str) -> list[bytes]:
    return text.encode("utf-8", "replace").translate(_WORDS).split()


def _ngrams(words: Sequence[bytes]) -> Iterator[NGram]:
    return zip(*(words[start:] for start in range(NGRAM_WORDS)), strict=False)
