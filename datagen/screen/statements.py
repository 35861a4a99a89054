r"""A problem's text as the search for rewordings compares it: tokens by sentence, and what is mathematics among them.

Built on the normal form, and coarser: layout, brackets, the sign of multiplication or division and letters that stand
for something are left out, words that only ask ("find", "what is the value of") are gone, numbers in words are numbers.
So a formula in other LaTeX and a problem with other variables read the same; what they differ in, numbers and signs, is
kept apart as formulas and compared strictly.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, pairwise
from typing import Self

from rapidfuzz.distance import Indel

from datagen.normalising import normalise
from datagen.screen.benchmark_words import ASKING, FUNCTIONS, GREEK, LAYOUT, NUMBER_WORDS, SMALL_WORDS
from datagen.screen.phrases import without_drawings
from datagen.screen.wording import spaced_out

_LONGER = 1.6
BREAK = ","
"""Stands for a word that only asks: it parts two formulas, and counts for nothing else."""
_TOKEN = re.compile(r"\\[a-z]+|\d*\.\d+|\d+|[^\W\d_]+|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.?!])(?:\$|\\[\])])*\s+|(?<=[。？！])|\n\s*\n")
_BORDER = "@"  # a sign that the normal form keeps, and hardly any problem has
_ASKS = re.compile(r"\?|\b(?:find|compute|determine|calculate|evaluate|simplify|solve)\b", re.IGNORECASE)
_SEVERAL = 3
_SIGNS = frozenset("+-=<>!|")
_SAME = {
    "\N{MINUS SIGN}": "-",
    "\\leq": "<",
    "\\le": "<",
    "\\leqslant": "<",
    "\N{LESS-THAN OR EQUAL TO}": "<",
    "\\geq": ">",
    "\\ge": ">",
    "\\geqslant": ">",
    "\N{GREATER-THAN OR EQUAL TO}": ">",
    "\\lt": "<",
    "\\gt": ">",
    "\\lvert": "|",
    "\\rvert": "|",
    "\\ne": "neq",
    "\\not": "neq",
    "\N{NOT EQUAL TO}": "neq",
    "\N{SQUARE ROOT}": "sqrt",
    "\N{GREEK SMALL LETTER PI}": "pi",
    "\N{N-ARY SUMMATION}": "sum",
    "\N{INFINITY}": "infty",
    "\\dbinom": "binom",
    "\\tbinom": "binom",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a text says.

    Attributes:
        sentences: its tokens by sentence, with breaks; a sentence without any token is left out.
        plain: the same without breaks.
    """

    sentences: tuple[tuple[str, ...], ...]
    plain: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a raw text."""
        read = _sentences(_raw_sentences(text))
        plain = [_without_breaks(sentence) for sentence in read]
        return cls(
            tuple(sentence for sentence, tokens in zip(read, plain, strict=True) if tokens), tuple(filter(None, plain))
        )

    @property
    def size(self) -> int:
        """Its tokens but for breaks."""
        return sum(map(len, self.plain))

    def runs(self, size: int) -> Iterator["Statement"]:
        """The stretches of whole sentences that are about as long as `size` tokens, itself included."""
        yield self
        lengths = list(map(len, self.plain))
        for start in range(len(lengths)):
            length = 0
            for end in range(start, len(lengths)):
                length += lengths[end]
                if length > _LONGER * size:
                    break
                if size <= _LONGER * length and end - start + 1 < len(lengths):
                    yield Statement(self.sentences[start : end + 1], self.plain[start : end + 1])

    def formulas(self) -> Counter[tuple[str, ...]]:
        """What stands between its words, where it holds a number or several signs."""
        found: Counter[tuple[str, ...]] = Counter()
        for sentence in self.sentences:
            for is_formula, tokens in groupby(sentence, _is_mathematics):
                if is_formula and _says_something(formula := tuple(tokens)):
                    found[formula] += 1
        return found

    def words(self) -> frozenset[str]:
        """Its words."""
        return frozenset(filter(_is_word, chain.from_iterable(self.plain)))

    def numbers(self) -> list[str]:
        """Its numbers, however they are written, sorted as texts."""
        return sorted(token for token in chain.from_iterable(self.plain) if token[-1].isdigit())


def question_of(text: str) -> frozenset[str]:
    """The words and functions of the last sentence of a raw text that asks, or else of the last one."""
    raw = _raw_sentences(text)
    words = [frozenset(filter(_is_word, _without_breaks(sentence))) for sentence in _sentences(raw)]
    asking = [asked for asked, sentence in zip(words, raw, strict=False) if asked and _ASKS.search(sentence)]
    return next(iter(asking[::-1] or list(filter(None, words))[::-1]), frozenset())


def similarity(one: Statement, other: Statement, enough: float) -> float:
    """How much two statements share, 0 to 1: in order, or where that is not enough, in any order of the sentences."""
    first, second = list(chain.from_iterable(one.plain)), list(chain.from_iterable(other.plain))
    if not first or not second:
        return 0.0
    in_order = Indel.normalized_similarity(first, second)
    if in_order >= enough or len(one.plain) < 2 or len(other.plain) < 2:
        return in_order
    shared = sum(max(_shared(sentence, like) for like in other.plain) for sentence in one.plain)
    return max(in_order, min(1.0, 2 * shared / (len(first) + len(second))))


def _raw_sentences(text: str) -> list[str]:
    return _SENTENCE.split(without_drawings(text).replace(_BORDER, " "))


def _sentences(raw: Sequence[str]) -> list[tuple[str, ...]]:
    normal = spaced_out(normalise(f" {_BORDER} ".join(raw)))
    return [_tokens(sentence) for sentence in normal.split(_BORDER)]


def _without_breaks(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([token for token in tokens if token != BREAK]) if BREAK in tokens else tokens


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return (len(one) + len(other) - Indel.distance(one, other)) // 2


def _says_something(formula: Sequence[str]) -> bool:
    return len(formula) >= _SEVERAL or any(token[-1].isdigit() for token in formula)


def _is_word(token: str) -> bool:
    return token not in _SIGNS and not token[-1].isdigit()


def _is_mathematics(token: str) -> bool:
    return token in _SIGNS or token in FUNCTIONS or token[-1].isdigit()


def _tokens(normal: str) -> tuple[str, ...]:
    tokens = list(map(_read, _TOKEN.findall(normal)))
    if "=" in tokens:
        follows = pairwise(["", *tokens])
        tokens = ["" if token == "=" and before in ("<", ">") else token for before, token in follows]
    return tuple(filter(None, tokens))


@lru_cache(maxsize=4096)
def _read(found: str) -> str:
    """What a token of the normal form counts as; empty where it counts for nothing."""
    token = _SAME.get(found, found)
    name = token.lstrip("\\")
    if name in FUNCTIONS:
        return name
    if token in _SIGNS or token[-1].isdigit():
        return token
    if token in NUMBER_WORDS:
        return NUMBER_WORDS[token]
    if not name.isalpha() or name in GREEK or (token[0] == "\\" and name in LAYOUT):
        return ""
    if token[0] != "\\" and len(token) <= 2 and token.isascii() and token not in SMALL_WORDS:
        return ""  # a variable
    return BREAK if name in ASKING else name
