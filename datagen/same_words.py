"""When two paths say the same: most of their words agree in order.

Two paths of a problem that say the same are one line of thought in other clothes; plan and selection count them once.
docs/benchmarks.md shows where real pairs lie.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Indel

from datagen.nfkc import nfkc

SAME_SHARE = 0.7
"""Share of words from which two paths say the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A path's words as hashes of this process: 8 bytes a word, since many paths wait for their problem's last one.

    Attributes:
        ordered: every word in its place, int64.
        distinct: each word once, sorted, int64.
        counts: how often each of `distinct` stands there.
    """

    ordered: npt.NDArray[np.int64]
    distinct: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


def words_of(text: str) -> list[str]:
    """A path's words in the form in which paths are compared: NFKC, case folded."""
    return nfkc(text).casefold().split()


def counted_words(text: str) -> Words:
    """A path's words, ready to be compared with many others."""
    ordered = np.fromiter(map(hash, words_of(text)), np.int64)
    distinct, counts = np.unique(ordered, return_counts=True)
    return Words(ordered, distinct, counts)


def say_the_same(one: Words, other: Words) -> bool:
    """Whether two paths say the same: `SAME_SHARE` of their words agree in order.

    The normalised Indel similarity of the word sequences. No more words can agree in order than stand in both, so most
    pairs are told apart by their counts alone.
    """
    _, of_one, of_other = np.intersect1d(one.distinct, other.distinct, assume_unique=True, return_indices=True)
    in_both = int(np.minimum(one.counts[of_one], other.counts[of_other]).sum())
    if 2 * in_both < SAME_SHARE * (len(one.ordered) + len(other.ordered)):
        return False
    return Indel.normalized_similarity(one.ordered.tolist(), other.ordered.tolist(), score_cutoff=SAME_SHARE) > 0
