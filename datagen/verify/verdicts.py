"""The verdict on each solution of a run: given once for each solution, gold answer and verifier version, and kept."""

from collections import Counter
from concurrent.futures import Future
from dataclasses import asdict

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.recipe import Verification
from datagen.solutions import is_truncated
from datagen.tables import Problem, Solution, Verdict
from datagen.texts import digest
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.memo import Memo
from datagen.verify.pair import Finding
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits


def verifier_for(settings: Verification) -> Verifier:
    """The verifier that a recipe asks for."""
    workers = None if settings.workers == "auto" else settings.workers
    return Verifier(Limits(settings.timeout_s, settings.memory_mb), workers, Memo())


class Verdicts:
    """Gives verdicts, and never the same one twice.

    Args:
        verifier: finds out.
        journal: where verdicts are kept.
    """

    def __init__(self, verifier: Verifier, journal: Journal) -> None:
        self._verifier = verifier
        self._journal = journal
        self.counts: Counter[str] = Counter()

    def of(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        """The verdict on a solution of a problem, at once where no worker is needed; `counts` counts them."""
        verdict = self._of(problem, solution)
        verdict.add_done_callback(self._count)
        return verdict

    def _of(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        if is_truncated(solution):  # told by the solution alone: its id, and so the journal, knows nothing of its end
            return _done(_verdict(problem, solution, Finding("truncated", None, "finish-reason")))
        key = digest("verdict", solution.id, problem.answer, VERIFIER_VERSION)
        late = digest("late", key, self._verifier.limits.cpu_s, self._verifier.limits.memory_mb)
        kept = self._journal.get(key) or self._journal.get(late)
        if kept is not None:
            return _done(Verdict(**kept))
        verdict: Future[Verdict] = Future()
        found = self._verifier.verify(problem.answer, solution.reasoning, solution.content, problem.problem)

        def finish(found: Future[Finding]) -> None:
            if found.cancelled():
                verdict.cancel()
            elif (error := found.exception()) is not None:
                verdict.set_exception(error)
            elif verdict.set_running_or_notify_cancel():
                given = _verdict(problem, solution, found.result())
                key_of_this = late if given.verdict == "timeout" else key  # other limits may decide it
                try:
                    self._journal.append(key_of_this, asdict(given))
                except DatagenError as full:  # nobody sees what a callback raises: who waits must be told
                    verdict.set_exception(full)
                else:
                    verdict.set_result(given)

        found.add_done_callback(finish)
        return verdict

    def _count(self, given: Future[Verdict]) -> None:
        if not given.cancelled() and given.exception() is None:
            self.counts[given.result().verdict] += 1


def _verdict(problem: Problem, solution: Solution, finding: Finding) -> Verdict:
    return Verdict(solution.id, problem.answer, finding.answer, finding.verdict, finding.method, VERIFIER_VERSION)


def _done(verdict: Verdict) -> Future[Verdict]:
    future: Future[Verdict] = Future()
    future.set_result(verdict)
    return future
