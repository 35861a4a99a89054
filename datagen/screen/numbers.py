"""The numbers of a problem, compared strictly: what differs in one number is another problem."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from datagen.normalising_tables import SUBSCRIPTS, SUPERSCRIPTS
from datagen.screen.benchmark_words import NUMBER_WORDS
from datagen.screen.number_words import SMALL_NUMBERS, TENS
from datagen.screen.phrases import letter_words, without_drawings

_LONG_DIGITS = 3
_GROUPED_DIGITS = 4
"""Digits from which on a comma may stand among them."""
_SEPARATOR = re.compile(r"([0-9])(?:\{,\}|,\\!|,|\\,)(?=[0-9]{3}(?![0-9]))")
_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_RAISED = re.compile(f"([{''.join(SUPERSCRIPTS)}]+)|[{''.join(SUBSCRIPTS)}]+")
_PLAIN = str.maketrans(SUPERSCRIPTS | SUBSCRIPTS)
_VALUES = {word.encode(): value for word, value in NUMBER_WORDS.items()}
_WORD_OF = {value: word for word, value in NUMBER_WORDS.items()}
_TENS_WORD = {NUMBER_WORDS[word][0]: word for word in TENS}
_TENS = frozenset(word.encode() for word in TENS)
_NUMBER_WORD = re.compile(
    rf"(?<![a-z])(?:({'|'.join(TENS)})(?:[\s-]({'|'.join(SMALL_NUMBERS[1:10])}))?"
    rf"|({'|'.join(sorted(SMALL_NUMBERS, key=len, reverse=True))}))(?![a-z])",
    re.IGNORECASE,
)


def in_plain_digits(text: str) -> str:
    """The text with `^{2}` for ² and `_{1}` for ₁: digits as LaTeX has them."""
    if text.isascii():
        return text
    return _RAISED.sub(lambda run: f"{'^' if run[1] else '_'}{{{run.group().translate(_PLAIN)}}}", text)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a text beside its drawings.

    Attributes:
        all: all of them, in digits, by how often they stand there.
        digits: those that are written in digits.
    """

    all: Counter[str]
    digits: Counter[str]

    @classmethod
    def of(cls, text: str, words: Sequence[bytes]) -> Self:
        """Read a text; 1,000 and 10{,}000 are one number each.

        Args:
            text: a raw text without its drawings.
            words: its `letter_words`.
        """
        written = _DIGITS.findall(_SEPARATOR.sub(r"\1", text) if "," in text else text)
        values = list(filter(None, map(_VALUES.get, words)))
        if values and not _TENS.isdisjoint(words):
            values = [_value(*match.groups(default="")) for match in _NUMBER_WORD.finditer(text)]
        digits = Counter(written)
        return cls(Counter(written + values) if values else digits, digits)


@dataclass(frozen=True, slots=True)
class KnownNumbers(Numbers):
    """Those of a benchmark problem, beside which those of rows are held.

    Attributes:
        asked_for: those that a text which says the same has to hold. The word "one" is hardly ever a number.
        looked_for: how each of these stands in a raw text in small letters, where it is plain: in digits, or as part of
            a word.
    """

    asked_for: frozenset[str]
    looked_for: tuple[tuple[str, str], ...]

    @classmethod
    def of_problem(cls, text: str) -> Self:
        """Read a raw text, drawings and all."""
        text = without_drawings(text)
        numbers = Numbers.of(text, letter_words(text))
        asked_for = frozenset(number for number in numbers.all if number != "1" or number in numbers.digits)
        return cls(numbers.all, numbers.digits, asked_for, tuple(_looked_for(asked_for)))

    def misses(self, lowered: str) -> bool:
        """Whether a number is surely missing in a raw text in small letters: a quick look before the others."""
        return any(number not in lowered and word not in lowered for number, word in self.looked_for)

    def conflict(self, row: Numbers) -> bool:
        """Whether a row that says the same otherwise states another problem: a number stands in the place of another.

        A number may be in words in one and in digits in the other, and the row may hold more numbers.
        """
        return _exceeds(row.all, self.all) and (self.omitted(row) or _exceeds(self.all, row.all))

    def omitted(self, row: Numbers) -> bool:
        """Whether a row lacks a number altogether."""
        return not self.asked_for <= row.all.keys()

    def shared(self, row: Numbers) -> float:
        """The part of the numbers in digits that both hold, 0 to 1; 1 when there is none."""
        either = (self.digits | row.digits).total()
        return (self.digits & row.digits).total() / either if either else 1.0

    def long(self) -> set[str]:
        """Those of three digits and more, which hardly ever agree by chance."""
        return {number for number in self.digits if len(number) >= _LONG_DIGITS}


def _looked_for(numbers: frozenset[str]) -> Iterator[tuple[str, str]]:
    for number in sorted(numbers):
        if max(map(len, number.split("."))) < _GROUPED_DIGITS:
            tens = _TENS_WORD.get(number[0], number) if len(number) == len("20") else number
            yield number, _WORD_OF.get(number, tens)


def _exceeds(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    """Whether a number stands in one more often than in the other."""
    return any(times > other.get(number, 0) for number, times in one.items())


def _value(tens: str, unit: str, small: str) -> str:
    if small:
        return NUMBER_WORDS[small.lower()]
    return str(int(NUMBER_WORDS[tens.lower()]) + int(NUMBER_WORDS[unit.lower()] if unit else 0))
