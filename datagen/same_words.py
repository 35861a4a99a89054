"""When two paths say the same: most of their words agree in order.

Two paths of a problem that say the same are one line of thought in other clothes; plan and selection count them once.
docs/benchmarks.md shows where real pairs lie.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass

from rapidfuzz.distance import Indel

SAME_SHARE = 0.7
"""Share of words from which two paths say the same."""


@dataclass(frozen=True, slots=True)
class Words:
    """A path's words in order, and how often each stands there."""

    ordered: list[str]
    counts: Counter[str]


def words_of(text: str) -> list[str]:
    """A path's words in the form in which paths are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold().split()


def counted_words(text: str) -> Words:
    """A path's words, ready to be compared with many others."""
    ordered = words_of(text)
    return Words(ordered, Counter(ordered))


def say_the_same(one: Words, other: Words) -> bool:
    """Whether two paths say the same: `SAME_SHARE` of their words agree in order.

    The normalised Indel similarity of the word sequences. No more words can agree in order than stand in both, so most
    pairs are told apart by their counts alone.
    """
    in_both = (one.counts & other.counts).total()
    if 2 * in_both < SAME_SHARE * (len(one.ordered) + len(other.ordered)):
        return False
    return Indel.normalized_similarity(one.ordered, other.ordered, score_cutoff=SAME_SHARE) > 0
