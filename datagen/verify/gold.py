"""The gold answer as a source has it, brought to a text that can be compared, or the reason why it can't be.

A gold that can't be read is `bad_gold`, never `wrong`: the fault is not the solution's.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold answer.

    Attributes:
        text: the answer; None when there is none.
        method: why there is none; empty otherwise.
    """

    text: str | None
    method: str = ""


def read_gold(gold: object) -> Gold:
    """Read a gold answer: text, a number, a list that holds one, a box, a whole solution."""
    return Gold(str(gold)) if gold else Gold(None, "empty-gold")
