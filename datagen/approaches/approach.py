"""What a path does to get to its answer, and how far two such ways lie apart."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datagen.approaches.spelling import expressions_in
from datagen.verify.extract import last_box

Hashes = npt.NDArray[np.int64]
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_VALUE = re.compile(r"-?[0-9.]+(?:/[0-9.]+)?")
_VALUES_WEIGH = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """What a path calculates, as sorted distinct hashes of this process: 8 bytes each.

    Attributes:
        numbers: the numbers that it uses or reaches, without those of the problem and of the final answer.
        formulas: the expressions that it writes, without those of the problem and of the final answer.
    """

    numbers: Hashes
    formulas: Hashes


def approach_of(text: str, problem_text: str) -> Approach:
    """What a path does, beside what its problem says and what every correct path ends with.

    Args:
        text: the path.
        problem_text: its problem.
    """
    shared = expressions_in(problem_text) + expressions_in(last_box(text) or "")
    expressions = set(expressions_in(text)) - set(shared)
    numbers = set(_NUMBER.findall("\n".join(expressions))) - set(_NUMBER.findall("\n".join(shared)))
    formulas = {one for one in expressions if len(one) > 1 and not _VALUE.fullmatch(one)}
    return Approach(_hashes(numbers), _hashes(formulas))


def distance(one: Approach, other: Approach) -> float:
    """How far apart two paths of a problem are: 0 for the same mathematics, 1 for nothing in common.

    One less the mean overlap of numbers and of formulas. Symmetric; 0 for a path and itself.
    """
    numbers = _overlap(one.numbers, other.numbers)
    formulas = _overlap(one.formulas, other.formulas)
    return 1 - (_VALUES_WEIGH * numbers + (1 - _VALUES_WEIGH) * formulas)


def _overlap(one: Hashes, other: Hashes) -> float:
    if not len(one) and not len(other):
        return 1.0
    if not len(one) or not len(other):
        return 0.0
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / float(np.sqrt(len(one) * len(other)))


def _hashes(strings: set[str]) -> Hashes:
    return np.sort(np.fromiter(map(hash, strings), np.int64, len(strings)))
