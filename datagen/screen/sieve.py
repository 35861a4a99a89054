"""Which benchmark problems a text may hold: a cheap look at every text, so that only few are compared with care.

Two meshes. A text that shares phrases with a benchmark problem is one that may hold it. Benchmark problems of few
phrases ("Simplify $\\tan 100^\\circ + 4 \\sin 100^\\circ$") are looked for by their words and numbers, in short texts only:
in a long one, five common words prove nothing. There the index holds the rarest words of each alone, enough of them
that a text without any of those misses more than half of the problem.

Per text this is a handful of passes in C (translate, split, look up, intersect): it has to be no slower than the
plain n-gram rules that it replaces.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from datagen.screen.phrases import (
    NUMBER_WORDS,
    PHRASE_WORDS,
    letter_words,
    phrases_of,
    tells,
    weight_of,
    without_drawings,
)

FEWEST_PHRASES = 2
FEWEST_HELD = 0.12
"""Shared phrases, and their weighted share of a benchmark problem's, from which on it is compared."""
MOST_SHARING = 8
"""Benchmark problems that share a phrase, from which on it points to none of them."""
FEW_PHRASES = 5
"""Pointing phrases of a benchmark problem up to which one shared is enough, and below which its numbers point too."""
SHORT_TEXT_WORDS = 24
FEWEST_NUMBERS, POINTING_NUMBERS = 3, 4
FEWEST_WORDS_HELD = 0.5
LONGER, ADDED_WORDS = 2, 20

_NUMBER = re.compile("[0-9]+")
_NUMBER_WORDS = frozenset(word.encode() for word in NUMBER_WORDS) - {b"one"}
_WORD_OR_NUMBER = re.compile(r"[a-z]{2,}|[0-9]+")
_SAID_ANYHOW = frozenset(
    """find determine compute calculate evaluate what is are the an of value express your answer as in be if let and to for
    frac dfrac tfrac left right text cdot circ simplify which how many""".split()
)


class Sieve:
    """The benchmark problems, ready to be looked for.

    Args:
        problems: their raw texts; they are named by their place in this sequence.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self._ids: dict[bytes, int] = {}
        self._phrases: dict[tuple[int, ...], list[int]] = {}
        self._weights: dict[tuple[int, ...], float] = {}
        self.sizes: list[float] = []
        sharing: defaultdict[tuple[bytes, ...], list[int]] = defaultdict(list)
        for place, problem in enumerate(map(without_drawings, problems)):
            for phrase in phrases_of(letter_words(problem)):
                sharing[phrase].append(place)
        held = [0.0] * len(problems)
        for phrase, places in sorted(sharing.items()):
            weight = weight_of(phrase) * min(1.0, MOST_SHARING / 2 / len(places))
            key = tuple(self._ids.setdefault(word, len(self._ids) + 1) for word in phrase)
            self._phrases[key], self._weights[key] = places, weight
            for place in places:
                held[place] += weight
        self.sizes = held
        self._pointing = frozenset(
            phrase
            for phrase, places in self._phrases.items()
            if len(places) <= MOST_SHARING and self._weights[phrase] > 0.5
        )
        self._id_of = self._ids.get
        pointed = Counter(place for phrase in self._pointing for place in self._phrases[phrase])
        self._fewest = [1 if pointed[place] <= FEW_PHRASES else FEWEST_PHRASES for place in range(len(problems))]
        self._short = _ShortProblems(
            {place: problem for place, problem in enumerate(problems) if pointed[place] < FEW_PHRASES}
        )

    def candidates(self, text: str) -> dict[int, float]:
        """The benchmark problems that a raw text may hold, each with the weighted share of its phrases that it holds."""
        words = letter_words(text)
        told = list(filter(None, map(self._id_of, words)))
        pointing = self._pointing.intersection(zip(told, told[1:], told[2:], strict=False))
        found = self._held(told, pointing) if pointing else {}
        if len(told) <= SHORT_TEXT_WORDS:
            others = self._short.candidates(text, words).difference(found)
            if others:
                found |= self._shares(told, others)
        return found

    def _held(self, told: Sequence[int], pointing: frozenset[tuple[int, ...]]) -> dict[int, float]:
        counts = Counter(place for phrase in pointing for place in self._phrases[phrase])
        is_long = len(told) > SHORT_TEXT_WORDS
        likely = {
            place
            for place, number in counts.items()
            if number >= max(FEWEST_HELD * self.sizes[place], FEWEST_PHRASES if is_long else self._fewest[place])
        }
        return self._shares(told, likely) if likely else {}

    def _shares(self, told: Sequence[int], wanted: set[int]) -> dict[int, float]:
        """The weighted share of each wanted problem's phrases, boilerplate included."""
        held = dict.fromkeys(wanted, 0.0)
        for phrase in self._phrases.keys() & set(zip(*(told[start:] for start in range(PHRASE_WORDS)), strict=False)):
            for place in wanted.intersection(self._phrases[phrase]):
                held[place] += self._weights[phrase]
        return {place: weight / self.sizes[place] if weight else 0.0 for place, weight in held.items()}


class _ShortProblems:
    """Benchmark problems of few phrases: those with several numbers by these, the others by their rarest words."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        self._read = {place: _Read.of(problem) for place, problem in problems.items()}
        holders = Counter(word for read in self._read.values() for word in read.words)
        self._weights = {word: 1.0 + math.log(len(problems) / number) for word, number in holders.items()}
        self._sizes = {place: self._weight(read.words) for place, read in self._read.items()}
        by_numbers: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        by_word: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, read in self._read.items():
            if len(read.numbers) >= FEWEST_NUMBERS:
                for key in {read.numbers, tuple(sorted(read.numbers))}:
                    by_numbers[key].append(place)
            else:
                for word in self._rarest(read.words, holders, self._sizes[place]):
                    by_word[word.encode()].append(place)
        self._by_numbers, self._by_word = dict(by_numbers), dict(by_word)
        self._word_keys = frozenset(by_word)
        self._lengths = sorted({len(numbers) for numbers in by_numbers})
        self._starts = frozenset(numbers[:POINTING_NUMBERS] for numbers in by_numbers)

    def candidates(self, text: str, words: Sequence[bytes]) -> frozenset[int]:
        """The problems whose numbers stand in the text, together or as all that it has, with half of their words.

        Args:
            text: a raw text.
            words: its `letter_words`.
        """
        numbers = _NUMBER.findall(text) if _NUMBER_WORDS.isdisjoint(words) else _Read.of(text).numbers
        near: set[int] = set()
        if tuple(sorted(numbers)) in self._by_numbers or not (
            self._starts.isdisjoint(zip(numbers, numbers[1:], numbers[2:], strict=False))
            and self._starts.isdisjoint(zip(numbers, numbers[1:], numbers[2:], numbers[3:], strict=False))
        ):
            near.update(place for key in self._keys(tuple(numbers)) for place in self._by_numbers.get(key, ()))
        near.update(place for word in self._word_keys.intersection(words) for place in self._by_word[word])
        if not near:
            return frozenset()
        row = _Read.of(text)
        return frozenset(place for place in near if self._is_near(place, row))

    def _keys(self, numbers: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield tuple(sorted(numbers))
        for length in self._lengths:
            for start in range(len(numbers) - length + 1):
                yield numbers[start : start + length]

    def _is_near(self, place: int, row: "_Read") -> bool:
        known = self._read[place]
        return (
            len(row.words) <= LONGER * len(known.words) + ADDED_WORDS
            and all(number in row.numbers for number in known.numbers)
            and self._weight(known.words & row.words) >= FEWEST_WORDS_HELD * self._sizes[place]
        )

    def _weight(self, words: Iterable[str]) -> float:
        return math.fsum(map(self._weights.__getitem__, words))

    def _rarest(self, words: frozenset[str], holders: Mapping[str, int], size: float) -> Iterator[str]:
        """Enough of the rarest words that a text without any of them holds too few of the problem's words."""
        left = size
        for word in sorted(words, key=lambda word: (holders[word], word)):
            if left < FEWEST_WORDS_HELD * size:
                break
            yield word
            left -= self._weights[word]


@dataclass(frozen=True, slots=True)
class _Read:
    """The words and the numbers of a text, these in order."""

    words: frozenset[str]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        tokens = [NUMBER_WORDS.get(token, token) for token in _WORD_OR_NUMBER.findall(text.lower())]
        numbers = tuple(token for token in tokens if token.isdigit())
        return cls(frozenset(tokens).difference(_SAID_ANYHOW, numbers), numbers)
