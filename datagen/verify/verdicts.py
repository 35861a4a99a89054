"""The verdict on each solution of a run: given once for each solution, gold answer and verifier version, and kept.

What rules say is kept in the journal of verdicts. What a judge says where they can't decide is not: it follows from
their verdict and from the judge's reply, which is kept as every paid completion is. So another judge gives other
verdicts, and leaves those of the rules alone.
"""

from concurrent.futures import Future
from dataclasses import asdict, replace

from datagen.futures import known, then
from datagen.journal import Journal
from datagen.recipe import Verification
from datagen.solutions import is_truncated
from datagen.tables import JUDGE, Problem, Solution, Verdict, VerdictKind
from datagen.texts import digest
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.gold import read_gold
from datagen.verify.judge import Judge, Opinion
from datagen.verify.memo import Memo
from datagen.verify.pair import UNDECIDED, Finding
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

_MOST_CHARACTERS = 4000
"""A longer gold or answer is no short answer, and not worth the judge's tokens."""
_VERDICTS: dict[Opinion, VerdictKind] = {"equal": "correct", "different": "wrong"}


def verifier_for(settings: Verification) -> Verifier:
    """The verifier that a recipe asks for."""
    workers = None if settings.workers == "auto" else settings.workers
    limits = Limits(settings.timeout_s, settings.memory_mb)
    return Verifier(limits, workers, Memo.of_this_machine(limits))


class Verdicts:
    """Gives verdicts, and never the same one twice.

    Args:
        verifier: finds out.
        journal: where verdicts of rules are kept.
        judge: is asked where rules can't decide; None leaves it at what they say.
    """

    def __init__(self, verifier: Verifier, journal: Journal, judge: Judge | None = None) -> None:
        self._verifier = verifier
        self._journal = journal
        self._judge = judge

    def of(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        """The verdict on a solution of a problem, at once where nobody has to be asked."""
        verdict = self._by_rules(problem, solution)
        if self._judge is not None:
            judge = self._judge
            verdict = then(verdict, lambda given: _judged(problem, given, judge))
        return verdict

    def _by_rules(self, problem: Problem, solution: Solution) -> Future[Verdict]:
        if is_truncated(solution):  # told by the solution alone: its id, and so the journal, knows nothing of its end
            return known(_verdict(problem, solution, Finding("truncated", None, "finish-reason")))
        key = digest("verdict", solution.id, problem.answer, VERIFIER_VERSION)
        late = digest("late", key, self._verifier.limits.cpu_s, self._verifier.limits.memory_mb)
        kept = self._journal.get(key) or self._journal.get(late)
        if kept is not None:
            return known(Verdict(**kept))

        def keep(finding: Finding) -> Future[Verdict]:
            given = _verdict(problem, solution, finding)
            self._journal.append(late if given.verdict == "timeout" else key, asdict(given))  # other limits may decide
            return known(given)

        return then(self._verifier.verify(problem.answer, solution.reasoning, solution.content, problem.problem), keep)


def _judged(problem: Problem, verdict: Verdict, judge: Judge) -> Future[Verdict]:
    """The verdict as the judge has it where rules could not decide and there is something to judge."""
    if verdict.answer is None or not (verdict.method in UNDECIDED or verdict.verdict == "timeout"):
        return known(verdict)
    gold = read_gold(problem.answer).text
    if gold is None or max(len(gold), len(verdict.answer)) > _MOST_CHARACTERS:
        return known(verdict)

    def settle(opinion: Opinion) -> Future[Verdict]:
        if opinion == "cannot tell":
            return known(verdict)
        return known(replace(verdict, verdict=_VERDICTS[opinion], method=f"{JUDGE}{judge.name}"))

    return then(judge.opinion(problem.problem, gold, verdict.answer), settle)


def _verdict(problem: Problem, solution: Solution, finding: Finding) -> Verdict:
    return Verdict(solution.id, problem.answer, finding.answer, finding.verdict, finding.method, VERIFIER_VERSION)
