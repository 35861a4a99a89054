"""The verifier on its own: any gold, any solution, any thread, any event loop; a verdict, never an exception.

One `Verifier` serves the whole process. It is made when first asked, ended with the process, and made anew in a forked
child, which can use neither threads nor workers of its parent.
"""

import os
import threading
from concurrent.futures import Future
from multiprocessing.util import Finalize

from datagen.futures import known
from datagen.thoughts import split_thought
from datagen.verify.gold import read_gold
from datagen.verify.memo import Memo
from datagen.verify.pair import Finding
from datagen.verify.plain import UnreadableError, text_of
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

LIMITS = Limits(cpu_s=5, memory_mb=1024)
"""What one comparison may take where no recipe says otherwise."""

_verifiers: dict[int, Verifier] = {}
_lock = threading.Lock()


def verify_solution(gold: object, solution: object, problem: object = None) -> Finding:
    r"""Whether a solution gives the gold answer.

    Blocks until it is known, in the worst case for some seconds: in an event loop, call it through `asyncio.to_thread`.

    Args:
        gold: the reference answer: text, a number, a list whose entries all say the same, or a whole solution.
        solution: a model's whole output; its thought, if any, stands in `<think>` tags.
        problem: the problem's text, for the options of a multiple choice and the rounding that it asks for.

    Returns:
        The verdict (correct, wrong, no_answer, truncated, bad_gold or timeout), the answer that the solution gives, and
        the step that decided or the reason.

    >>> verify_solution("1/2", "Half of it, so $\\boxed{0.5}$.").verdict
    'correct'
    """
    return finding_of(_verifier(), gold, solution, problem).result()


def finding_of(verifier: Verifier, gold: object, solution: object, problem: object = None) -> Future[Finding]:
    """What `verify_solution` returns, from a given verifier and without waiting for it."""
    try:
        text = text_of(solution)
        reason = "" if text else "empty-solution"
    except UnreadableError as error:
        text, reason = "", error.reason
    if reason:
        read = read_gold(gold)
        return known(Finding("no_answer", None, reason) if read.text else Finding("bad_gold", None, read.method))
    parts = split_thought(text)
    if parts.cut:
        return known(Finding("truncated", None, "unclosed-thought"))
    return verifier.verify(gold, parts.reasoning, parts.content, _question(problem))


def _question(problem: object) -> str | None:
    return problem if isinstance(problem, str) else None


def _verifier() -> Verifier:
    process = os.getpid()
    with _lock:
        if process not in _verifiers:
            _verifiers[process] = Verifier(LIMITS, memo=Memo.of_this_machine(LIMITS))
            Finalize(None, _end, exitpriority=0)  # at exit, before multiprocessing waits for children
        return _verifiers[process]


def _unlock() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that is not in this child may have held it


def _end() -> None:
    verifier = _verifiers.pop(os.getpid(), None)
    if verifier is not None:
        verifier.close()


os.register_at_fork(after_in_child=_unlock)
