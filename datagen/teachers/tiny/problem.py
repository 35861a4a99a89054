"""What a school problem is: its text, its one whole number as answer, and several ways of working it out.

Numbers are so small that a model of a million parameters learns every step: a step is a sum, a difference or a product
that a child knows by heart, and what is larger is written as several steps.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Lena", "Oscar")
THINGS = ("stamps", "cards", "shells", "marbles", "stickers", "coins")


@dataclass(frozen=True, slots=True)
class Way:
    """One way of working a problem out.

    Attributes:
        name: what it is called.
        thought: the steps.
        solution: the clean copy, a sentence or two that leads to the answer; the box is set by `worked`.
    """

    name: str
    thought: str
    solution: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        kind: the kind of problem.
        numbers: what tells it from others of its kind, whatever words it is dressed in.
        text: as it is asked.
        answer: a whole number, 0 or more.
        ways: ways of working it out; what one says has little in common with what another says.
        check: steps that lead from the answer back to what was given.
    """

    kind: str
    numbers: tuple[int, ...]
    text: str
    answer: int
    ways: tuple[Way, ...]
    check: str


Kind = Callable[[random.Random], Problem]


def whole(draw: random.Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    # Only Random.random() promises the same numbers in every version of Python.
    return low + int(draw.random() * (high - low + 1))


def pick(draw: random.Random, *choices: str) -> str:
    """One of the choices."""
    return choices[whole(draw, 0, len(choices) - 1)]


def plus(a: int, b: int) -> str:
    """The steps of a sum: the tens first, then the ones."""
    return _in_steps(a, b, "+", a + b // 10 * 10, a + b)


def minus(a: int, b: int) -> str:
    """The steps of a difference: the tens first, then the ones."""
    return _in_steps(a, b, "-", a - b // 10 * 10, a - b)


def _in_steps(a: int, b: int, sign: str, after_tens: int, result: int) -> str:
    tens, ones = b // 10 * 10, b % 10
    if not tens or not ones:
        return f"{a} {sign} {b} = {result}"
    return f"{a} {sign} {tens} = {after_tens}, {after_tens} {sign} {ones} = {result}"


def listed(numbers: range | list[int]) -> str:
    """Numbers with commas between them."""
    return ", ".join(map(str, numbers))
