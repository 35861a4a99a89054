"""When two paths of a problem are one path: they say the same, or they do the same mathematics in other words.

Plan and selection both go by `is_same_path`, so that what was asked for is what is taken. Precision first: two
derivations that differ must never become one.
"""

from dataclasses import dataclass

from datagen.approaches.approach import Approach, approach_of, distance
from datagen.same_words import SAME_SHARE, Words, counted_words, say_the_same

SAME_DISTANCE = 0.2
"""Distance up to which two paths do the same mathematics."""

LEAST_STEPS = 8
"""A path with fewer steps of its own shows too little mathematics to be told by it."""

SAME_PATH_VERSION = ("1", SAME_SHARE, SAME_DISTANCE, LEAST_STEPS)
"""What `is_same_path` rests on; the number changes with the spelling and the distance. It is a setting of plan and
selection."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadPath:
    """A path, ready to be compared with the others of its problem."""

    words: Words
    approach: Approach


def read_path(text: str, problem_text: str) -> ReadPath:
    """Read a path once, to compare it with many.

    Args:
        text: the path, as the student reads it.
        problem_text: its problem.
    """
    return ReadPath(counted_words(text), approach_of(text, problem_text))


def is_same_path(one: ReadPath, other: ReadPath) -> bool:
    """Whether two paths of a problem are one: most words agree in order, or nearly all mathematics does."""
    return say_the_same(one.words, other.words) or _does_the_same(one.approach, other.approach)


def _does_the_same(one: Approach, other: Approach) -> bool:
    if min(len(one.steps), len(other.steps)) < LEAST_STEPS:
        return False
    return distance(one, other) <= SAME_DISTANCE
