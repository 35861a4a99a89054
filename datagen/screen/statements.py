r"""A problem's text as the search for rewordings compares it: tokens by sentence, and what is mathematics among them.

Built on the normal form, and coarser: layout, brackets, the sign of multiplication or division and letters
that stand for something are left out, words that only ask ("find", "what is the value of") are gone, numbers in words are
numbers. So a formula in other LaTeX and a problem with other variables read the same; what they differ in, numbers and
signs, is kept apart as formulas and compared strictly.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from rapidfuzz.distance import Indel

from datagen.screen.phrases import NUMBER_WORDS, without_drawings
from datagen.screen.wording import spaced_out
from datagen.texts import normalise

_LONGER = 1.6
BREAK = ","
"""Stands for a word that only asks: it parts two formulas, and counts for nothing else."""
_TOKEN = re.compile(r"\\[a-z]+|\d*\.\d+|\d+|[^\W\d_]+|[^\w\s]")
_SENTENCE = re.compile(r"(?<=[.?!])(?:\$|\\[\])])*\s+|(?<=[。？！])|\n\s*\n")
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
_FUNCTIONS = frozenset(
    """sqrt prod int pi infty binom sin cos tan cot sec csc log ln lfloor rfloor lceil rceil neq pm arcsin arccos
    arctan""".split()
)
_LAYOUT = frozenset(
    """frac dfrac tfrac cfrac cdot times div ast star left right big bigg text textbf textit textrm mathrm mathbf mathbb
    mathcal mbox boxed operatorname displaystyle overline underline begin end hline quad qquad circ in ldots dots cdots
    dotsb dotsm prime""".split()
)
_SMALL_WORDS = frozenset("is of to in on at by if be or we an as it no up so do he us my me am pm go".split())
_GREEK = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi varphi chi
    psi omega ell""".split()
) | frozenset("αβγδεζηθικλμνξρστυφχψω")
_ASKING = frozenset(
    """find determine compute calculate evaluate what is are the an of value please give express your answer as in be
    let suppose that given degree degrees percent dollar dollars array cases align aligned matrix pmatrix bmatrix
    vmatrix equation gathered""".split()
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a text says.

    Attributes:
        sentences: its tokens by sentence; a sentence without any is left out.
    """

    sentences: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a raw text."""
        sentences = (tuple(_tokens(sentence)) for sentence in _SENTENCE.split(without_drawings(text)))
        return cls(tuple(filter(None, sentences)))

    @property
    def size(self) -> int:
        """Its tokens but for breaks."""
        return sum(map(len, map(_weighty, self.sentences)))

    def runs(self, size: int) -> Iterator["Statement"]:
        """The stretches of whole sentences that are about as long as `size` tokens, itself included."""
        yield self
        lengths = [len(_weighty(sentence)) for sentence in self.sentences]
        for start in range(len(lengths)):
            length = 0
            for end in range(start, len(lengths)):
                length += lengths[end]
                if length > _LONGER * size:
                    break
                if size <= _LONGER * length and end - start + 1 < len(lengths):
                    yield Statement(self.sentences[start : end + 1])

    def formulas(self) -> Counter[tuple[str, ...]]:
        """What stands between its words, where it holds a number."""
        found: Counter[tuple[str, ...]] = Counter()
        for sentence in self.sentences:
            for is_formula, tokens in groupby(sentence, _is_mathematics):
                if is_formula and _holds_number(formula := tuple(tokens)):
                    found[formula] += 1
        return found

    def question(self) -> frozenset[str]:
        """The words and functions of its last sentence that has any: what it asks for."""
        for sentence in reversed(self.sentences):
            if words := frozenset(filter(_is_word, sentence)):
                return words
        return frozenset()

    def words(self) -> frozenset[str]:
        """Its words."""
        return frozenset(token for sentence in self.sentences for token in sentence if _is_word(token))

    def numbers(self) -> Counter[str]:
        """Its numbers, however they are written."""
        return Counter(token for sentence in self.sentences for token in sentence if token[-1].isdigit())


def similarity(one: Statement, other: Statement) -> float:
    """How much two statements have in common, 0 to 1: in order, or in any order of their sentences."""
    first, second = _flat(one), _flat(other)
    if not first or not second:
        return 0.0
    in_order = Indel.normalized_similarity(first, second)
    return max(in_order, _in_any_order(one, other, len(first) + len(second)))


def _in_any_order(one: Statement, other: Statement, size: int) -> float:
    """As in order, each sentence of one beside the sentence of the other that is most like it."""
    if len(one.sentences) < 2 or len(other.sentences) < 2:
        return 0.0
    shared = sum(max(_shared(sentence, like) for like in other.sentences) for sentence in one.sentences)
    return min(1.0, 2 * shared / size)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    first, second = _weighty(one), _weighty(other)
    return (len(first) + len(second) - Indel.distance(first, second)) // 2


def _flat(statement: Statement) -> Sequence[str]:
    return [token for sentence in statement.sentences for token in _weighty(sentence)]


def _weighty(tokens: Iterable[str]) -> list[str]:
    return [token for token in tokens if token != BREAK]


def _holds_number(formula: Sequence[str]) -> bool:
    return any(token[-1].isdigit() for token in formula)


def _is_word(token: str) -> bool:
    return token not in _SIGNS and token != BREAK and not token[-1].isdigit()


def _is_mathematics(token: str) -> bool:
    return token in _SIGNS or token in _FUNCTIONS or token[-1].isdigit()


def _tokens(sentence: str) -> Iterator[str]:
    before = ""
    for found in _TOKEN.findall(spaced_out(normalise(sentence))):
        token = _read(_SAME.get(found, found))
        if token and not (token == "=" and before in ("<", ">")):
            yield token
        before = token


def _read(token: str) -> str:
    """What a token of the normal form counts as; empty where it counts for nothing."""
    name = token.lstrip("\\")
    if name in _FUNCTIONS:
        return name
    if token in _SIGNS or token[-1].isdigit():
        return token
    if token in NUMBER_WORDS:
        return NUMBER_WORDS[token]
    if not name.isalpha() or name in _GREEK or token[0] == "\\" and name in _LAYOUT:
        return ""
    if token[0] != "\\" and len(token) <= 2 and token.isascii() and token not in _SMALL_WORDS:
        return ""  # a variable
    return BREAK if name in _ASKING else name
