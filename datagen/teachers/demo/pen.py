"""How a worked solution is written: a thought and a clean copy, with at most one slip.

A method writes through a `Pen`. Wherever a person could take a wrong value, the method takes it from the pen; a pen
that is told to slip hands out the wrong one there, and the method carries it on to its end like a person would.
"""

import random
from dataclasses import dataclass
from typing import TypeVar

Value = TypeVar("Value")

OPENINGS = (
    "Okay, let me look at this one. {problem}",
    "Let me read it again: {problem} All right.",
    "So the task is this: {problem}",
    "First, what is given and what is asked. {problem}",
    "Hmm. {problem} There is more than one way into this; let me pick one and stay with it.",
    "Let me write down the facts before I calculate anything. {problem}",
    "{problem} I have seen problems like this. No need to hurry, one step after the other.",
    "Alright: {problem} Let me think about which tool fits.",
)
REVIEWS = (
    "Let me go over the steps once more before I trust this. Each one follows from the one before, so far as I see.",
    "Was every number of the problem used, and used once? I think so. I also asked for the right thing in the end.",
    "Is that plausible? The size seems about right to me, and I see no step that I would do differently.",
    "I could do it in another way to be sure, but the steps were few and I looked at each of them.",
    "Wait, did I read the question correctly? Yes, this is exactly the quantity that was asked for.",
)
CLOSINGS = (
    "That settles it: {answer}.",
    "So I end up with {answer}. Let me write that up.",
    "Nothing is left to do, the result is {answer}.",
    "Good, {answer} it is; now a clean copy.",
    "I am done: {answer}.",
)
BOXES = (
    "The answer is $\\boxed{{{answer}}}$.",
    "Therefore the answer is\n\n$$\\boxed{{{answer}}}$$",
    "**Answer:** $\\boxed{{{answer}}}$",
    "Hence the result is $\\boxed{{{answer}}}$.",
)


@dataclass(frozen=True, slots=True)
class Worked:
    """One worked solution.

    Attributes:
        reasoning: the thought.
        content: the clean copy; ends with the boxed answer.
        answer: what stands in the box.
        slip_points: how many places the method has where a person could slip.
    """

    reasoning: str
    content: str
    answer: str
    slip_points: int


class Pen:
    """Writes one worked solution, and slips at the place it is told to.

    Args:
        draw: chooses among wordings.
        problem: the problem's text, for openings that restate it.
        slip_at: number of the value, from 0, that is taken wrong; None for none.
    """

    def __init__(self, draw: random.Random, problem: str, slip_at: int | None = None) -> None:
        self._draw = draw
        self._problem = problem
        self._slip_at = slip_at
        self._points = 0
        self._thought: list[str] = []
        self._written: list[str] = []
        self.think(*OPENINGS)

    def think(self, *wordings: str) -> None:
        """Add one paragraph to the thought, in one of the wordings."""
        self._thought.append(self._one_of(wordings).replace("{problem}", self._problem))

    def write(self, *wordings: str) -> None:
        """Add one paragraph to the clean copy, in one of the wordings."""
        self._written.append(self._one_of(wordings))

    def take(self, right: Value, wrong: Value) -> Value:
        """A value at a place where a person could slip."""
        self._points += 1
        return wrong if self._points - 1 == self._slip_at else right

    def check(self, holds: bool, *wordings: str) -> None:
        """A check at the end of the thought; who slipped did not look, so a check that fails is not written."""
        text = self._one_of(wordings)
        if holds:
            self._thought.append(text)

    def finish(self, answer: str) -> Worked:
        """The solution with its answer boxed."""
        self.think(*REVIEWS)
        closing = self._one_of(CLOSINGS).replace("{answer}", f"${answer}$")
        box = self._one_of(BOXES).format(answer=answer)
        return Worked("\n\n".join([*self._thought, closing]), "\n\n".join([*self._written, box]), answer, self._points)

    def _one_of(self, wordings: tuple[str, ...]) -> str:
        # Only Random.random() promises the same numbers in every version of Python.
        return wordings[int(self._draw.random() * len(wordings))]
