r"""The phrases of a problem: three words on end, and how much each of them proves.

Read from raw text, since every row is read so and it has to be cheap. Words are runs of letters; numbers, single
letters and LaTeX markup are left out, so that a renamed variable, a rewritten formula or a number in words breaks no
phrase. Numbers are read apart (`Numbers`).

A phrase that many unrelated problems share ("relatively prime positive") proves next to nothing. How many do is in
`frequent_phrases.json`, counted over public problems by `derive_frequent_phrases.py`: it hangs neither on the run nor on
the order of its rows, and serves a run of ten problems as well as one of a million.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self

from datagen.screen.wording import spaced_out

PHRASE_WORDS = 3
FREQUENT = 10
"""From so many unrelated problems on, a phrase proves less: its weight is this number by theirs."""

# bytes, not characters: `bytes.translate` reads a text in a tenth of the time of a regular expression
_LETTERS = bytes(
    byte + 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or byte >= 128 else 32 for byte in range(256)
)
_FEWEST_BYTES = 3
_LONG_DIGITS = 3
_MARKUP = frozenset(
    b"""frac dfrac tfrac cfrac sqrt left right big bigg text textbf textit textrm mathrm mathbf mathbb mathcal mbox boxed
    operatorname displaystyle begin end array cases align aligned matrix pmatrix bmatrix vmatrix ccc cccc hline quad
    qquad hspace vspace overline underline cdot cdots dots ldots times div leq geq neq equiv pmod bmod circ the and rac ext
    """.split()
)
_DRAWING = re.compile(
    r"\[asy\].*?\[/asy\]|\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}|!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)",
    re.DOTALL | re.IGNORECASE,
)
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_SEPARATOR = re.compile(r"(?<=[0-9])(?:\{,\}|,\\!|,|\\,)(?=[0-9]{3}(?![0-9]))")
_MAY_SEPARATE = re.compile(r"[0-9][,{\\]")
_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: str(value) for value, word in enumerate(_SMALL.split())} | {
    word: str(10 * (place + 2)) for place, word in enumerate(_TENS.split())
}
_WORD_OF = {value: word for word, value in NUMBER_WORDS.items()}
_TENS_WORDS = frozenset(_TENS.split())
_WORD = re.compile("[a-z]{3,}")
_NUMBER_WORD = re.compile(
    rf"(?<![a-z])(?:({'|'.join(_TENS.split())})(?:[\s-]({'|'.join(_SMALL.split()[1:10])}))?"
    rf"|({'|'.join(sorted(_SMALL.split(), key=len, reverse=True))}))(?![a-z])",
    re.IGNORECASE,
)


def without_drawings(text: str) -> str:
    """A raw text without the source of its drawings and links to images."""
    return _DRAWING.sub(" ", text) if "[asy]" in text or "tikz" in text or "![" in text else text


def letter_words(text: str) -> list[bytes]:
    """The runs of letters of a raw text, lower case, in UTF-8; short ones and markup included."""
    if not text.isascii():
        text = _NOT_LETTERS.sub(" ", spaced_out(unicodedata.normalize("NFKC", text).casefold()))
    return text.encode("utf-8", "replace").translate(_LETTERS).split()


def tells(word: bytes) -> bool:
    """Whether a word is part of phrases: three letters or more, and no markup."""
    return len(word) >= _FEWEST_BYTES and word not in _MARKUP


@cache
def frequent_phrases() -> dict[tuple[bytes, ...], int]:
    """The phrases that many unrelated problems share, and how many do."""
    text = resources.files("datagen.screen").joinpath("frequent_phrases.json").read_text(encoding="utf-8")
    return {tuple(phrase.encode().split()): number for phrase, number in json.loads(text)["phrases"].items()}


def weight_of(phrase: tuple[bytes, ...]) -> float:
    """How much a shared phrase proves: 1, and less the more unrelated problems share it."""
    return FREQUENT / max(FREQUENT, frequent_phrases().get(phrase, 0))


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a text beside its drawings.

    Attributes:
        all: all of them, in digits, by how often they stand there.
        digits: those that are written in digits.
        asked_for: those that a text which says the same has to hold. The word "one" is hardly ever a number.
        looked_for: the short ones of these with their words, to be looked for in a raw text.
    """

    all: Counter[str]
    digits: Counter[str]
    asked_for: frozenset[str]
    looked_for: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a raw text; 1,000 and 10{,}000 are one number each."""
        text = without_drawings(text)
        digits = Counter(_DIGITS.findall(_SEPARATOR.sub("", text) if _MAY_SEPARATE.search(text) else text))
        words = _WORD.findall(text.lower())
        if not _TENS_WORDS.isdisjoint(words):
            values = [_value(*match.groups(default="")) for match in _NUMBER_WORD.finditer(text)]
        else:
            values = list(filter(None, map(NUMBER_WORDS.get, words)))
        every = digits.copy()
        every.update(values)
        asked_for = frozenset(digits).union(value for value in values if value != "1")
        looked_for = tuple((number, _WORD_OF[number]) for number in sorted(asked_for) if number in _WORD_OF)
        return cls(every, digits, asked_for, looked_for)

    def misses(self, lowered: str) -> bool:
        """Whether a number is surely missing in a raw text in small letters: a quick look before `conflict`."""
        return any(number not in lowered and word not in lowered for number, word in self.looked_for)

    def conflict(self, row: Self) -> bool:
        """Whether a row that says the same otherwise states another problem: a number is missing or another.

        A number may be in words in one and in digits in the other, and the row may hold more numbers, but not in
        exchange for one.
        """
        if not self.asked_for <= row.all.keys():
            return True
        return bool(self.all - row.all) and bool(row.all - self.all)

    def shared(self, row: Self) -> float:
        """The part of the numbers in digits that both hold, 0 to 1; 1 when there is none."""
        either = (self.digits | row.digits).total()
        return (self.digits & row.digits).total() / either if either else 1.0

    def long(self) -> set[str]:
        """Those of three digits and more, which hardly ever agree by chance."""
        return {number for number in self.digits if len(number) >= _LONG_DIGITS}


def _value(tens: str, unit: str, small: str) -> str:
    if small:
        return NUMBER_WORDS[small.lower()]
    return str(int(NUMBER_WORDS[tens.lower()]) + int(NUMBER_WORDS[unit.lower()] if unit else 0))


def phrases_of(words: Iterable[bytes]) -> frozenset[tuple[bytes, ...]]:
    """The distinct phrases of a text's telling words."""
    told = [word for word in words if tells(word)]
    return frozenset(zip(*(told[start:] for start in range(PHRASE_WORDS)), strict=False))
