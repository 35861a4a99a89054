"""What a path calculates, and how far two paths of a problem lie apart by it.

Two things are compared: the expressions that a path writes, whole, and their pieces (two signs that stand together),
where a letter by itself is "some variable". Whole expressions tell derivations apart; pieces forgive another name or
another arrangement.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from datagen.approaches.spelling import expressions_in
from datagen.verify.extract import last_box

Hashes = npt.NDArray[np.int64]
_VARIABLE = re.compile(r"[A-Za-z](?<![\\A-Za-z][A-Za-z])(?![A-Za-z])")
_SIGN = re.compile(r"\\[A-Za-z]+|[0-9]+(?:\.[0-9]+)?|[^\\]")
_END = hash("\n")
_MIX = np.int64(1_000_003)


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """What a path calculates, as hashes of this process: 8 bytes each.

    Attributes:
        steps: each expression of two signs or more in the order of its first use, without those that the problem
            states and those of the final answer.
        pieces: each pair of signs that stand together in an expression, sorted, without those of the problem and of the
            final answer.
    """

    steps: Hashes
    pieces: Hashes


def approach_of(text: str, problem_text: str) -> Approach:
    """What a path calculates, beside what its problem says and what every correct path ends with.

    Args:
        text: the path.
        problem_text: its problem.
    """
    stated, stated_pieces = _stated(problem_text)
    answer = expressions_in(last_box(text) or "")
    written = dict.fromkeys(expressions_in(text))
    steps = [one for one in written if len(one) > 1 and one not in stated and one not in answer]
    pieces = np.setdiff1d(_pieces(written), np.union1d(stated_pieces, _pieces(answer)), assume_unique=True)
    return Approach(_hashes(steps), pieces)


def distance(one: Approach, other: Approach) -> float:
    """How far apart two paths of a problem are by the mathematics that they do.

    One less the mean of two overlaps, that of the steps and that of the pieces. The overlap of two sets is what they
    share over the geometric mean of their sizes (Ochiai, 1957); it is 1 for two empty sets.

    Returns:
        From 0, the same mathematics, to 1, nothing in common. Symmetric; 0 for a path and itself.
    """
    return 1 - (_overlap(one.steps, other.steps) + _overlap(one.pieces, other.pieces)) / 2


def mean_distance(approaches: Sequence[Approach]) -> float | None:
    """How far apart some paths of a problem are: the mean distance of their pairs, 0 to 1; None without a pair."""
    distances = [distance(one, other) for one, other in combinations(approaches, 2)]
    return math.fsum(distances) / len(distances) if distances else None


def _overlap(one: Hashes, other: Hashes) -> float:
    if not len(one) or not len(other):
        return float(len(one) == len(other))
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / float(np.sqrt(len(one) * len(other)))


@lru_cache(maxsize=256)
def _stated(problem_text: str) -> tuple[frozenset[str], Hashes]:
    expressions = frozenset(expressions_in(problem_text))
    return expressions, _pieces(expressions)


def _hashes(strings: list[str]) -> Hashes:
    return np.fromiter(map(hash, strings), np.int64, len(strings))


def _pieces(expressions: Iterable[str]) -> Hashes:
    """The pairs of neighbouring signs; none goes from one expression into the next."""
    signs = _hashes(_SIGN.findall(_VARIABLE.sub("x", "\n".join(expressions))))
    pairs = (signs[:-1] * _MIX) ^ signs[1:]
    return np.unique(pairs[(signs[:-1] != _END) & (signs[1:] != _END)])
