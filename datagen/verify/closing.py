"""What a solution needs to be a path: it is whole, and its rendered text closes with the answer that was verified."""

from datagen.solutions import TextMode, is_whole, path_text
from datagen.tables import Solution, Verdict
from datagen.verify.extract import last_box


def closing_text(solution: Solution, verdict: Verdict, mode: TextMode) -> str | None:
    """The path's rendered text, or None when the solution can't be a path.

    The verdict was given on the whole solution; what the student reads must verify by itself, so its last box must hold
    the very answer that was verified.
    """
    if verdict.answer is None or not is_whole(solution):
        return None
    text = path_text(solution, mode)
    return text if last_box(text) == verdict.answer else None
