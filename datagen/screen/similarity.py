r"""Whether two problems that look alike are one problem, reworded.

Words may differ a little; mathematics may not. Two texts are *alike* when

- their similarity reaches the threshold. It is the normalised Indel similarity of their tokens: the share that stands
  in both in the same order. Where that stays below, it is the Dice coefficient of their pairs of neighbouring tokens,
  which reordered sentences leave nearly whole; and where that does too, the same two with the variables renamed in the
  order in which they come;
- their numbers are the same in the same order, "two" and `2` being one number. Where only sentences have changed
  places, each sentence must find its like with the same numbers;
- their operators and functions are the same, as multisets: a sign, an exponent, the direction of an inequality. Copies
  lose signs (`^`, `\sqrt`): in a text of `FEWEST_WITH_A_SLIP` tokens, one side may have more of them, never others;
- no word stands in the place of another one that turns the problem round: largest for smallest, even for odd
  (`TURNS` in `datagen.screen.vocabulary`);
- their drawings, where both have some, hold the same numbers.

That is not always enough: "find x" and "find y" of one system are alike, and so are two problems about two figures. So
`Likeness.is_certain` tells whether both say the same in the same order, but for joints ("find", "what is"), the forms
of words ("labeled", "labelled") and, in longer texts, the letters of variables; where it is false, the answers are the
second witness. What that comes to was read by eye (docs/screening/duplicates.md).
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from rapidfuzz.distance import Indel

from datagen.normalising import NormalText, normal_parts
from datagen.screen.number_words import TENS_VALUES
from datagen.screen.vocabulary import BRACKETS, FUNCTIONS, GREEK_LETTERS, JOINTS, NUMBER_WORDS, OPERATORS, TURNS

_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+|(?<=[。？！])|\n+")
_NUMBER = re.compile(r"\d")
_SAME_SENTENCE = 0.6
_DIGITS = re.compile(r"\d+")
FEWEST_WITHOUT_FIGURE = 15
"""Tokens from which a text is told from others without its drawing."""
FEWEST_WITH_A_SLIP = 20
"""Tokens from which a text that has lost a sign is told from one that never had it."""
FEWEST_RENAMED = 30
"""Tokens from which a text with other letters says the same, whatever its answer."""
_GROUPING = re.compile(r"\( [^()]*? (?:[-+/*]|\\(?:div|cdot|times)) [^()]*?\)")
_PLURAL = re.compile(r"(?<!s)s$")
_ENDING = re.compile(r"(?:ing|e?d|e)$")
_SPELLINGS = (("our", "or"), ("ll", "l"), ("ys", "yz"), ("is", "iz"), ("tre", "ter"))
_SHORTEST_STEM = 4


@dataclass(frozen=True)
class Wording:
    """A problem's text, taken apart for comparing.

    Attributes:
        problem: the raw text.
    """

    problem: str

    @cached_property
    def tokens(self) -> list[str]:
        """What similarity is measured on: no brackets, Han characters one by one, numbers in digits."""
        return _tokens(self._parts.words)

    @cached_property
    def renamed(self) -> list[str]:
        """The tokens with each variable named after its first place among the variables."""
        names: dict[str, str] = {}
        return [names.setdefault(one, f"?{len(names)}") if _is_variable(one) else one for one in self.tokens]

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers in their order."""
        return [token for token in self.tokens if _NUMBER.match(token)]

    @cached_property
    def operators(self) -> Counter[str]:
        """Its operators and functions."""
        return Counter(token for token in self.tokens if token in OPERATORS or token in FUNCTIONS)

    @cached_property
    def said(self) -> list[str]:
        """What the text says, in order: its tokens without joints, each word in one form of several."""
        return [_stem(token) for token in self.tokens if token not in JOINTS]

    @cached_property
    def said_of_any(self) -> list[str]:
        """The same with the variables renamed."""
        return [_stem(token) for token in self.renamed if token not in JOINTS]

    @cached_property
    def groupings(self) -> int:
        """Its round brackets that hold a sum or a product: 8 / (4 / 2) is not 8 / 4 / 2."""
        return len(_GROUPING.findall(self._parts.words))

    @cached_property
    def turns(self) -> list[int]:
        """Its words that turn a problem into another one, by meaning and in order."""
        return [TURNS[token] for token in self.tokens if token in TURNS]

    @cached_property
    def variables(self) -> Counter[str]:
        """Its variables, by the names that they have."""
        return Counter(token for token in self.tokens if _is_variable(token))

    @cached_property
    def drawings(self) -> tuple[str, ...]:
        """The source of its drawings."""
        return self._parts.drawings

    @cached_property
    def drawn_numbers(self) -> list[list[str]]:
        """The numbers of each drawing."""
        return [_DIGITS.findall(drawing) for drawing in self.drawings]

    @cached_property
    def _parts(self) -> NormalText:
        return normal_parts(self.problem)

    @cached_property
    def sentences(self) -> list[list[str]]:
        """The tokens of each sentence that holds a number."""
        sentences = (_tokens(normal_parts(part).words) for part in _SENTENCE_ENDS.split(self.problem))
        return [tokens for tokens in sentences if any(map(_NUMBER.match, tokens))]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two texts are alike.

    Attributes:
        similarity: from the threshold to 1.
        is_certain: whether the texts alone show that they are one problem; if not, the answers are asked too.
        shares_variables: whether the same variables stand in both, so that a solution of the one speaks of the other.
    """

    similarity: float
    is_certain: bool
    shares_variables: bool


def likeness(one: Wording, other: Wording, threshold: float) -> Likeness | None:
    """How two texts are alike; None when they are two problems."""
    if not _same_operators(one, other) or _turns_away(one, other) or not _same_numbers(one, other):
        return None
    if one.drawn_numbers and other.drawn_numbers and one.drawn_numbers != other.drawn_numbers:
        return None
    similarity = _similarity(one.tokens, other.tokens, threshold)
    if similarity < threshold:
        similarity = _similarity(one.renamed, other.renamed, threshold)
    if similarity < threshold:
        return None
    is_certain = _says_the_same(one, other) and _same_figures(one, other)
    return Likeness(similarity, is_certain, shares_variables=one.variables == other.variables)


def _same_operators(one: Wording, other: Wording) -> bool:
    if one.operators == other.operators:
        return True
    lost, added = one.operators - other.operators, other.operators - one.operators
    return not (lost and added) and min(len(one.tokens), len(other.tokens)) >= FEWEST_WITH_A_SLIP


def _says_the_same(one: Wording, other: Wording) -> bool:
    if one.groupings != other.groupings:
        return False
    if one.said == other.said:
        return True
    return len(one.said_of_any) >= FEWEST_RENAMED and one.said_of_any == other.said_of_any


def _stem(token: str) -> str:
    if len(token) <= _SHORTEST_STEM or not token.isascii() or not token.isalpha():
        return token
    for other, one in _SPELLINGS:
        token = token.replace(other, one)
    stem = _ENDING.sub("", _PLURAL.sub("", token))
    return stem if len(stem) >= _SHORTEST_STEM else token


def _turns_away(one: Wording, other: Wording) -> bool:
    """Whether a word stands in the place of its opposite; one that merely comes on top leaves the texts alike."""
    here, there = Counter(one.turns), Counter(other.turns)
    return bool(here - there) and bool(there - here)


def _same_figures(one: Wording, other: Wording) -> bool:
    if one.drawings and other.drawings:
        return one.drawings == other.drawings
    # a row may have lost its drawing; what is said must then tell one figure from another
    return one.drawings == other.drawings or len(one.tokens) >= FEWEST_WITHOUT_FIGURE


def _similarity(one: Sequence[str], other: Sequence[str], threshold: float) -> float:
    in_order = Indel.normalized_similarity(one, other, score_cutoff=threshold)
    return in_order or _dice(list(pairwise(one)), list(pairwise(other)))


def _same_numbers(one: Wording, other: Wording) -> bool:
    if one.numbers == other.numbers:
        return True
    if sorted(one.numbers) != sorted(other.numbers) or len(one.sentences) != len(other.sentences):
        return False
    waiting = list(other.sentences)
    for sentence in one.sentences:
        like = max(waiting, key=lambda candidate: _dice(sentence, candidate))
        if _numbers(like) != _numbers(sentence) or _dice(sentence, like) < _SAME_SENTENCE:
            return False
        waiting.remove(like)
    return True


def _dice(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    return 2 * (Counter(one) & Counter(other)).total() / max(len(one) + len(other), 1)


def _numbers(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if _NUMBER.match(token)]


def _is_variable(token: str) -> bool:
    return (len(token) == 1 and "b" <= token <= "z") or token in GREEK_LETTERS


def _tokens(words: str) -> list[str]:
    if not words.isascii():
        words = _HAN.sub(r" \g<0> ", words)
    tokens: list[str] = []
    tens = 0
    for token in words.replace("^ \\circ", "").replace("\\frac", "/").split():
        if token in BRACKETS:
            continue
        if tens and NUMBER_WORDS.get(token, 10) < 10:
            tokens[-1] = str(tens + NUMBER_WORDS[token])
            tens = 0
            continue
        tens = TENS_VALUES.get(token, 0)
        number = tens or NUMBER_WORDS.get(token)
        tokens.append(str(number) if number else token)
    return tokens
