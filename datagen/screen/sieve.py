r"""Which benchmark problems a text may hold: a cheap look at every text, so that only few are compared with care.

Two meshes. A text that shares phrases with a benchmark problem may hold it. Benchmark problems of few phrases
("Simplify $\tan 100^\circ + 4 \sin 100^\circ$") are looked for by their numbers, or their rarest words, in short
texts only: in a long one, a few numbers or words prove nothing.

Nearly every text is done after a handful of passes in C (translate, split, look up, intersect): it has to be no slower
than the plain n-gram rules that it replaces.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from datagen.screen.benchmark_words import NUMBER_WORDS, SAID_ANYHOW
from datagen.screen.phrases import letter_words, phrases_of, weight_of, without_drawings

FEWEST_PHRASES, FEWEST_HELD = 2, 0.25
"""Shared phrases, and their weighted share of a benchmark problem's, from which on it is compared."""
_UNITS = 1000
_ONE_PHRASE = 1 << 40
"""Number and weight of shared phrases add up in one number: so many stand for a phrase, and its weight beside them."""
_FEWEST_PHRASES = FEWEST_PHRASES * _ONE_PHRASE
FEWEST_WEIGHT, MOST_SHARING = 0.5, 8
"""A phrase that weighs less, or that more benchmark problems share, is boilerplate and points to none of them."""
FEW_PHRASES = 5
"""Phrases of a benchmark problem up to which one shared is enough, and below which its numbers and words point too."""
SHORT_TEXT_WORDS = 18
FEWEST_NUMBERS, LONG_DIGITS = 3, 3
FEWEST_WORDS_HELD = 0.5
LONGER, ADDED_WORDS = 2, 16

_DIGITS = bytes(byte if 48 <= byte <= 57 else 32 for byte in range(256))
_VALUES = {
    word.encode(): value.encode()
    for word, value in NUMBER_WORDS.items()
    if word != "one"  # which is hardly ever a number
}
_SAID_ANYHOW = frozenset(word.encode() for word in SAID_ANYHOW).union(_VALUES)

Phrase = tuple[bytes, ...]


class Sieve:
    """The benchmark problems, ready to be looked for.

    Args:
        problems: their raw texts; they are named by their place in this sequence.

    Attributes:
        sizes: for each problem, the weight of its phrases.
        overlooked: problems that are not found in their own text: too few words, and no numbers that point.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        sharing: defaultdict[Phrase, list[int]] = defaultdict(list)
        for place, problem in enumerate(map(without_drawings, problems)):
            for phrase in phrases_of(letter_words(problem)):
                sharing[phrase].append(place)
        sizes = [0] * len(problems)
        numbers = [0] * len(problems)
        self._holders: dict[Phrase, tuple[tuple[int, int], ...]] = {}
        for phrase, places in sorted(sharing.items()):
            weight = weight_of(phrase)
            if weight < FEWEST_WEIGHT or len(places) > MOST_SHARING:
                continue
            # whole numbers, since their sum is the same in any order
            units = round(weight * _UNITS)
            self._holders[phrase] = tuple((place, _ONE_PHRASE + units) for place in places)
            for place in places:
                sizes[place] += units
                numbers[place] += 1
        self._sizes = sizes
        self.sizes = [size / _UNITS for size in sizes]
        self._phrases = frozenset(self._holders)
        # made of a dict, a set takes half the room, and every word of every text is looked up in it
        self._is_known = frozenset(dict.fromkeys(chain.from_iterable(sharing))).__contains__
        self._is_few = [number <= FEW_PHRASES for number in numbers]
        few = {place: problem for place, problem in enumerate(problems) if numbers[place] < FEW_PHRASES}
        self._short = _ShortProblems(few, frozenset(place for place in few if not numbers[place]))
        self.overlooked = frozenset(
            place
            for place, problem in enumerate(problems)
            if place not in self.candidates(problem, letter_words(problem))
        )

    def candidates(self, text: str, words: Sequence[bytes]) -> Mapping[int, float]:
        """The benchmark problems that a raw text may hold, each with the weighted share of its phrases there.

        Args:
            text: a raw text.
            words: its `letter_words`.
        """
        told = list(filter(self._is_known, words))
        shared = self._phrases.intersection(zip(told, told[1:], told[2:], strict=False))
        if len(told) > SHORT_TEXT_WORDS:
            return self._held(shared) if len(shared) >= FEWEST_PHRASES else _NONE
        held = self._held(shared, is_short=True) if shared else {}
        for place in self._short.candidates(text, words):
            held.setdefault(place, 0.0)
        return held

    def _held(self, shared: Iterable[Phrase], is_short: bool = False) -> dict[int, float]:
        tallies: dict[int, int] = {}
        for place, tally in chain.from_iterable(map(self._holders.__getitem__, shared)):
            tallies[place] = tallies.get(place, 0) + tally
        return {
            place: weight / self._sizes[place]
            for place, tally in tallies.items()
            if (tally >= _FEWEST_PHRASES or (is_short and self._is_few[place]))
            and (weight := tally % _ONE_PHRASE) >= FEWEST_HELD * self._sizes[place]
        }


_NONE: Mapping[int, float] = {}


class _ShortProblems:
    """Benchmark problems of few phrases: those with telling numbers by these, the others by their rarest words."""

    def __init__(self, problems: Mapping[int, str], without_phrases: frozenset[int]) -> None:
        self._read = {place: _Read.of(problem, letter_words(problem)) for place, problem in problems.items()}
        holders = Counter(word for read in self._read.values() for word in read.words)
        self._weights = {word: 1.0 + math.log(len(problems) / number) for word, number in holders.items()}
        self._sizes = {place: self._weight(read.words) for place, read in self._read.items()}
        by_numbers: defaultdict[tuple[bytes, ...], list[int]] = defaultdict(list)
        by_word: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, read in self._read.items():
            if read.numbers:
                by_numbers[read.numbers].append(place)
            for number in {number for number in read.numbers if len(number) >= LONG_DIGITS}:
                by_word[number].append(place)
            if place in without_phrases and len(read.numbers) < FEWEST_NUMBERS:
                for word in self._rarest(read.words, holders, self._sizes[place]):
                    by_word[word].append(place)
        self._by_numbers, self._by_word = dict(by_numbers), dict(by_word)
        self._pointing = frozenset(by_word)

    def candidates(self, text: str, words: Sequence[bytes]) -> list[int]:
        """The problems whose numbers are the text's, or that share a rare word or number, with half of their words.

        Args:
            text: a raw text.
            words: its `letter_words`.
        """
        numbers = _numbers(text, words)
        near = set(self._by_numbers.get(numbers, ()))
        for one in self._pointing.intersection(chain(numbers, words)):
            near.update(self._by_word[one])
        if not near:
            return []
        row = _Read(_telling(words), numbers)
        return [place for place in near if self._is_near(place, row)]

    def _is_near(self, place: int, row: "_Read") -> bool:
        known = self._read[place]
        return (
            len(row.words) <= LONGER * len(known.words) + ADDED_WORDS
            and all(number in row.numbers for number in known.numbers)
            and self._weight(known.words & row.words) >= FEWEST_WORDS_HELD * self._sizes[place]
        )

    def _weight(self, words: Iterable[bytes]) -> float:
        return math.fsum(map(self._weights.__getitem__, words))

    def _rarest(self, words: frozenset[bytes], holders: Mapping[bytes, int], size: float) -> Iterator[bytes]:
        """Enough of the rarest words that a text without any of them holds too few of the problem's words."""
        left = size
        for word in sorted(words, key=lambda word: (holders[word], word)):
            if left < FEWEST_WORDS_HELD * size:
                break
            yield word
            left -= self._weights[word]


@dataclass(frozen=True, slots=True)
class _Read:
    """The telling words of a text, and its numbers, sorted as texts."""

    words: frozenset[bytes]
    numbers: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str, words: Sequence[bytes]) -> Self:
        return cls(_telling(words), _numbers(text, words))


def _telling(words: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(word for word in words if len(word) > 1).difference(_SAID_ANYHOW)


def _numbers(text: str, words: Iterable[bytes]) -> tuple[bytes, ...]:
    digits = text.encode("utf-8", "replace").translate(_DIGITS).split()
    return tuple(sorted(chain(digits, filter(None, map(_VALUES.get, words)))))
