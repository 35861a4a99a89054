r"""Whether two problems that look alike are one problem, reworded.

Words may differ a little; mathematics may not. Two texts are *alike* when

- their similarity reaches the threshold. It is the normalised Indel similarity of their tokens: the share that stands
  in both in the same order. Where that stays below, it is the Dice coefficient of their pairs of neighbouring tokens,
  which reordered sentences leave nearly whole; and where that does too, the same two with the letters renamed in the
  order in which they come. A text that stands whole in the other, beside words without mathematics, is wholly alike;
- their numbers are the same in the same order, "two" and `2` being one number. Where only sentences have changed
  places, each sentence must find its like with the same numbers, and at most 100 of them may be reworded;
- their operators and functions are the same, as multisets: a sign, an exponent, the direction of an inequality. Only a
  copy may have lost some (`datagen.screen.gist`);
- no word stands in the place of another one that turns the problem round: largest for smallest, even for odd
  (`TURNS` in `datagen.screen.vocabulary`);
- their drawings, where both have some, hold the same numbers.

That is not always enough: "find x" and "find y" of one system are alike, and so are two problems about two figures. So
`Likeness.is_certain` tells whether both say the same in the same order, but for joints ("find", "what is"), the forms
of words, slips of the pen and words around the problem; in longer texts, also in other letters, or with sentences in
another order. Where it is false, the answers are the second witness. What that comes to was read by eye
(docs/screening/duplicates.md).
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from rapidfuzz.distance import Indel

from datagen.normalising import NormalText, normal_parts
from datagen.screen.gist import gist, is_wrapped, lost_signs, says_the_same
from datagen.screen.number_words import TENS_VALUES
from datagen.screen.renaming import letters_of, renamed
from datagen.screen.vocabulary import BRACKETS, FUNCTIONS, NUMBER_WORDS, OPERATORS, TURNS
from datagen.stopping import refuse_when_stopped

_HAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SENTENCE_ENDS = re.compile(r"(?<=[.?!])\s+|(?<=[。？！])|\n+")
_SAME_SENTENCE, _MOST_REWORDED = 0.6, 100
_DIGITS = re.compile(r"\d+")
FEWEST_WITHOUT_FIGURE = 15
"""Tokens from which a text is told from others without its drawing."""
FEWEST_RENAMED = 30
"""Tokens from which a text with other letters says the same, whatever its answer."""
_GROUPING = re.compile(r"\( [^()]*? (?:[-+/*]|\\(?:div|cdot|times)) [^()]*?\)")


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
        """The tokens with each letter of the formulas named after its place."""
        return renamed(self.tokens, self.letters)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The variables and points of the formulas, in order."""
        return letters_of(self.problem)

    @cached_property
    def gists(self) -> Counter[tuple[str, ...]]:
        """What each of its sentences says, in whatever order they stand."""
        return Counter(tuple(gist(_tokens(normal_parts(part).words))) for part in _SENTENCE_ENDS.split(self.problem))

    @cached_property
    def groupings(self) -> int:
        """Its round brackets that hold a sum or a product: 8 / (4 / 2) is not 8 / 4 / 2."""
        return len(_GROUPING.findall(self._parts.words))

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each token stands in it."""
        return Counter(self.tokens)

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers in their order."""
        return _numbers(self.tokens)

    @cached_property
    def turns(self) -> list[int]:
        """Its words that turn a problem into another one, by meaning and in order."""
        return [TURNS[token] for token in self.tokens if token in TURNS]

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
        return [tokens for tokens in sentences if _numbers(tokens)]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two texts are alike.

    Attributes:
        similarity: from the threshold to 1.
        shares_letters: whether the formulas of both use the same letters, so that a solution of the one fits the other.
    """

    similarity: float
    shares_letters: bool


def likeness(one: Wording, other: Wording, threshold: float) -> Likeness | None:
    """How two texts are alike; None when they are two problems."""
    changed = {token for token, _ in one.counts.items() ^ other.counts.items()}
    if not changed.isdisjoint(_SIGNS) and not lost_signs(one.counts, other.counts):
        return None
    if _turns_away(one, other, changed) or not _same_numbers(one, other):
        return None
    if one.drawn_numbers and other.drawn_numbers and one.drawn_numbers != other.drawn_numbers:
        return None
    similarity = _similarity(one.tokens, other.tokens, threshold)
    has_other_letters = similarity < threshold
    if has_other_letters:
        similarity = _similarity(one.renamed, other.renamed, threshold)
    if similarity < threshold and is_wrapped(one.tokens, other.tokens):
        similarity, has_other_letters = 1.0, False
    if similarity < threshold:
        return None
    shares_letters = not has_other_letters and (
        not (one.letters and other.letters) or set(one.letters) == set(other.letters)
    )
    return Likeness(similarity, shares_letters)


def certainly_one(one: Wording, other: Wording) -> bool:
    """Whether two texts that are alike show by themselves that they are one problem, whatever their answers."""
    if one.groupings != other.groupings or not _same_figures(one, other):
        return False
    if says_the_same(one.tokens, other.tokens) or is_wrapped(one.tokens, other.tokens):
        return True
    if len(one.tokens) < FEWEST_RENAMED:
        return False
    return gist(one.renamed) == gist(other.renamed) or one.gists == other.gists


def _turns_away(one: Wording, other: Wording, changed: Set[str]) -> bool:
    """Whether a word stands in the place of its opposite; one that merely comes on top leaves the texts alike."""
    # "or" in the place of "and"; both on top are words that were added
    if {"and", "or"} <= changed and (one.counts["or"] > other.counts["or"]) != (
        one.counts["and"] > other.counts["and"]
    ):
        return True
    if changed.isdisjoint(TURNS):
        return False
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
    # a sentence that stands in both is its own like
    here, there = (Counter(map(tuple, text.sentences)) for text in (one, other))
    waiting = list((there - here).elements())
    if len(waiting) > _MOST_REWORDED:
        return False
    for sentence in (here - there).elements():
        refuse_when_stopped()
        like = max(waiting, key=lambda candidate: _dice(sentence, candidate))
        if _numbers(like) != _numbers(sentence) or _dice(sentence, like) < _SAME_SENTENCE:
            return False
        waiting.remove(like)
    return True


def _dice(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    return 2 * (Counter(one) & Counter(other)).total() / max(len(one) + len(other), 1)


def _numbers(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token < ":" and token >= "0"]  # what begins with a digit


def _tokens(words: str) -> list[str]:
    if not words.isascii():
        words = _HAN.sub(r" \g<0> ", words)
    said = words.replace("^ \\circ", "").split()
    if TENS_VALUES.keys().isdisjoint(said):
        return [kept for token in said if (kept := _COMPARED_AS.get(token, token))]
    tokens: list[str] = []
    tens = 0
    for token in said:
        if token in BRACKETS:
            continue
        if tens and NUMBER_WORDS.get(token, 10) < 10:
            tokens[-1] = str(tens + NUMBER_WORDS[token])
            tens = 0
            continue
        tens = TENS_VALUES.get(token, 0)
        tokens.append(_COMPARED_AS.get(token, token))
    return tokens


_COMPARED_AS = (
    {word: str(value) for word, value in (NUMBER_WORDS | TENS_VALUES).items()}
    | {"\\frac": "/"}
    | dict.fromkeys(BRACKETS, "")
)
_SIGNS = OPERATORS | FUNCTIONS
