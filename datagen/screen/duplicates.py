"""Rows that state the same problem: whether they agree on the answer.

Two reads. The first counts how often each id stands there and keeps 8 bytes a row; the second looks only at ids that
stand there more than once and keeps their answers. The answers of a group agree when every two of them do, whichever
is asked first, so that the order of the rows never decides which problem survives.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import combinations, islice

import numpy as np

from datagen.screen.wording import shorten
from datagen.tables import Problem

SHOWN_ANSWERS = 6
ANSWER_CHARACTERS = 60

Witnesses = dict[str, str]  # each answer of a group, and the first row that gives it


def compare_answers(
    problems: Callable[[], Iterable[Problem]], same_answer: Callable[[str, str], bool]
) -> dict[str, str | None]:
    """Compare the answers of the rows with the same id.

    Args:
        problems: opens the rows to compare, in plan order; read twice, or once when no id stands there twice.
        same_answer: whether two answers are the same; asked both ways round, since verifiers are not symmetric.

    Returns:
        For each id that stands there more than once, who gives which answer where two of them disagree; None where
        all agree.
    """
    repeated = _repeated_keys(problems())
    if not repeated:
        return {}
    groups: dict[str, Witnesses] = {}
    for problem in problems():
        if _key(problem.id) in repeated:
            witnesses = groups.setdefault(problem.id, {})
            witnesses.setdefault(problem.answer, f"row {problem.row_id} of {problem.source}")
    return {
        problem_id: None if _agree(witnesses, same_answer) else _describe(witnesses)
        for problem_id, witnesses in groups.items()
    }


def _key(problem_id: str) -> int:
    # 8 bytes whatever an id looks like; an id that shares its key with another is looked at for nothing, no more
    return int.from_bytes(blake2b(problem_id.encode(), digest_size=8).digest(), "little")


def _repeated_keys(problems: Iterable[Problem]) -> frozenset[int]:
    keys = np.fromiter((_key(problem.id) for problem in problems), dtype=np.uint64)
    values, counts = np.unique(keys, return_counts=True)
    return frozenset(values[counts > 1].tolist())


def _agree(witnesses: Witnesses, same_answer: Callable[[str, str], bool]) -> bool:
    # every pair, both ways round: with the first answer alone, the order of the rows would decide
    return all(same_answer(one, other) or same_answer(other, one) for one, other in combinations(witnesses, 2))


def _describe(witnesses: Witnesses) -> str:
    shown = [
        f'"{shorten(answer, ANSWER_CHARACTERS)}" in {row}' for answer, row in islice(witnesses.items(), SHOWN_ANSWERS)
    ]
    more = len(witnesses) - len(shown)
    return ", ".join(shown) + (f" and {more} more answers" if more else "")
