r"""Worked school arithmetic without end: what the tiny teacher learns from.

A worked solution is a thought and a clean copy that ends with `\boxed{…}`, written in one way of working. Every one is
right. Some thoughts doubt and try another way, a few doubt again and again, and some of these never end; a model that
learns from them never ends either, now and then.

What is held out is held out by its kind and numbers: no training problem is a held-out one in other words. The same
seed gives the same solutions.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from datagen.teachers.tiny.operations import OPERATIONS
from datagen.teachers.tiny.problem import Kind, Problem, Way, pick, whole
from datagen.teachers.tiny.stories import STORIES
from datagen.teachers.tiny.unknowns import UNKNOWNS
from datagen.texts import digest

KINDS: tuple[Kind, ...] = (*OPERATIONS, *UNKNOWNS, *STORIES)

_HELD_OUT_OF = 8
_CHECKED, _DOUBTED, _DOUBTED_MUCH, _ENDLESS = 0.2, 0.1, 0.02, 0.025
_ENDLESS_DOUBTS = 12
_OPENINGS = ("", "", "Okay. ", "Let me see. ", "Hmm. ", "Let me think. ", "All right. ")
_CLOSINGS = ("So it is {answer}.", "The answer is {answer}.", "That gives {answer}.", "So {answer}.")
_BOXES = ("The answer is", "So the answer is", "Result:", "Answer:")
_DOUBTS = (
    "Wait, is that right? Again, in another way.",
    "Hmm, I am not sure. Once more.",
    "But did I make a mistake? Let me do it again.",
    "Wait. I should look at it from another side.",
)


@dataclass(frozen=True, slots=True)
class Worked:
    """One worked solution.

    Attributes:
        problem: what was asked.
        ways: the ways that the thought takes, by name; the first one is the clean copy's.
        thought: what stands between the thought tags.
        solution: what follows them; ends with the boxed answer.
        ends: whether it ends; a thought that doubts for ever is cut off wherever the trainer cuts it.
    """

    problem: Problem
    ways: tuple[str, ...]
    thought: str
    solution: str
    ends: bool


def problems(seed: int, *, held_out: bool) -> Iterator[Problem]:
    """Problems without end, each kind as often as the others.

    Args:
        seed: the same seed gives the same problems.
        held_out: those that are kept out of training, or the others.
    """
    draw = random.Random(seed)
    while True:
        for kind in KINDS:
            problem = kind(draw)
            while is_held_out(problem) != held_out:
                problem = kind(draw)
            yield problem


def worked_solutions(seed: int) -> Iterator[Worked]:
    """Worked solutions without end, of problems that are not held out."""
    draw = random.Random(digest("ways", seed))
    for problem in problems(seed, held_out=False):
        yield worked(problem, draw)


def worked(problem: Problem, draw: random.Random) -> Worked:
    """Work a problem out in one of its ways."""
    ways = [_one_of(draw, problem.ways)]
    mood = draw.random()
    doubts, ends = 0, True
    if mood < _ENDLESS:
        doubts, ends = _ENDLESS_DOUBTS, False
    elif mood < _ENDLESS + _DOUBTED_MUCH:
        doubts = whole(draw, 2, 4)
    elif mood < _ENDLESS + _DOUBTED_MUCH + _DOUBTED:
        doubts = 1
    thought = pick(draw, *_OPENINGS) + ways[0].thought
    for _ in range(doubts):
        ways.append(_one_of(draw, tuple(way for way in problem.ways if way is not ways[-1])))
        thought += f" {pick(draw, *_DOUBTS)} {ways[-1].thought}"
    if ends and draw.random() < _CHECKED:
        thought += f" Check: {problem.check}. Good."
    thought += " " + pick(draw, *_CLOSINGS).format(answer=problem.answer)
    solution = f"{ways[0].solution} {pick(draw, *_BOXES)} \\boxed{{{problem.answer}}}."
    return Worked(problem, tuple(way.name for way in ways), thought, solution, ends)


def is_held_out(problem: Problem) -> bool:
    """Whether a problem is kept out of training, by a hash of its kind and numbers: one in eight."""
    return int(digest("held out", problem.kind, problem.numbers)[:8], 16) % _HELD_OUT_OF == 0


def _one_of(draw: random.Random, ways: tuple[Way, ...]) -> Way:
    return ways[whole(draw, 0, len(ways) - 1)]
