"""What makes a correct solution a path: it is whole, and its rendered text closes with the answer that was verified."""

from datagen.solutions import TextMode, is_whole, path_text
from datagen.tables import Solution, Verdict, VerdictKind
from datagen.verify.extract import final_answer, last_box

CORRECT: frozenset[VerdictKind] = frozenset({"correct"})
CORRECT_OR_WRONG: frozenset[VerdictKind] = frozenset({"correct", "wrong"})
"""The verdicts that a path may have where a recipe admits wrong ones; without an answer there is never one."""


def closing_text(
    solution: Solution, verdict: Verdict, mode: TextMode, verdicts: frozenset[VerdictKind] = CORRECT
) -> str | None:
    """The path's rendered text, or None when the solution can't be a path.

    The verdict was given on the whole solution; what the student reads must verify by itself, so its last box must hold
    the very answer that was verified.
    """
    if verdict.verdict not in verdicts or verdict.answer is None or not is_whole(solution):
        return None
    text = path_text(solution, mode)
    return text if last_box(text) == verdict.answer else None


def closing_answer(text: str) -> str | None:
    """The answer that a rendered path or a summary closes with: its last box, else what its words state; None without.

    Nothing in a rendered text shows where its thought ends, so that the last box of all counts.
    """
    return last_box(text) or final_answer("", text)
