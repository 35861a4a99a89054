"""The verdict on one solution: given once for each solution, gold answer and verifier version, and kept."""

from collections import Counter
from concurrent.futures import Future
from dataclasses import asdict

from datagen.errors import DatagenError
from datagen.journal import Journal
from datagen.recipe import Verification
from datagen.solutions import is_truncated
from datagen.tables import Problem, Solution, Verdict
from datagen.texts import digest
from datagen.verify.equivalence import VERIFIER_VERSION, Judgement, same_string
from datagen.verify.extract import final_answer
from datagen.verify.workers import Limits, Verifier


def verifier_for(settings: Verification) -> Verifier:
    """The workers that a recipe asks for."""
    workers = None if settings.workers == "auto" else settings.workers
    return Verifier(Limits(settings.timeout_s, settings.memory_mb), workers)


class Judge:
    """Judges solutions, cheapest step first, and never the same triple twice.

    Args:
        verifier: compares answers that need more than a look.
        journal: where verdicts are kept.
    """

    def __init__(self, verifier: Verifier, journal: Journal) -> None:
        self._verifier = verifier
        self._journal = journal
        self.verdicts: Counter[str] = Counter()

    def judge(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        """The verdict on a solution of a problem, at once where no worker is needed; `verdicts` counts them."""
        verdict = self._judge(problem, solution)
        verdict.add_done_callback(self._count)
        return verdict

    def _judge(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        if is_truncated(solution):  # told by the solution alone: its id, and so the journal, knows nothing of its end
            return _done(_verdict(problem, solution, None, Judgement("truncated", "finish-reason")))
        key = digest("verdict", solution.id, problem.answer, VERIFIER_VERSION)
        late = digest("late", key, self._verifier.limits.cpu_s, self._verifier.limits.memory_mb)
        kept = self._journal.get(key) or self._journal.get(late)
        if kept is not None:
            return _done(Verdict(**kept))
        answer = final_answer(solution.reasoning, solution.content)
        if answer is None:
            return _done(self._keep(key, problem, solution, None, Judgement("no_answer", "extract")))
        if same_string(problem.answer, answer):
            return _done(self._keep(key, problem, solution, answer, Judgement("correct", "string")))
        verdict: Future[Verdict] = Future()
        compared = self._verifier.submit(problem.answer, answer)

        def finish(judged: Future[Judgement]) -> None:
            if judged.cancelled():
                verdict.cancel()
            elif (error := judged.exception()) is not None:
                verdict.set_exception(error)
            elif verdict.set_running_or_notify_cancel():
                key_of_this = late if judged.result().verdict == "timeout" else key  # other limits may decide it
                try:
                    verdict.set_result(self._keep(key_of_this, problem, solution, answer, judged.result()))
                except DatagenError as full:  # nobody sees what a callback raises: who waits must be told
                    verdict.set_exception(full)

        compared.add_done_callback(finish)
        return verdict

    def _count(self, judged: Future[Verdict]) -> None:
        if not judged.cancelled() and judged.exception() is None:
            self.verdicts[judged.result().verdict] += 1

    def _keep(
        self, key: str, problem: Problem, solution: Solution, answer: str | None, judgement: Judgement
    ) -> Verdict:
        verdict = _verdict(problem, solution, answer, judgement)
        self._journal.append(key, asdict(verdict))
        return verdict


def _verdict(problem: Problem, solution: Solution, answer: str | None, judgement: Judgement) -> Verdict:
    return Verdict(solution.id, problem.answer, answer, judgement.verdict, judgement.method, VERIFIER_VERSION)


def _done(verdict: Verdict) -> Future[Verdict]:
    future: Future[Verdict] = Future()
    future.set_result(verdict)
    return future
