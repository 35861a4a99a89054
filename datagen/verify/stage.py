"""The verify stage: every solution of the plan has a verdict of this verifier, in the solutions' order."""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import SCREENED, SOLUTIONS, VERDICTS, Problem, Solution, Verdict
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.verdicts import Verdicts, verifier_for

_AHEAD = 256
"""Solutions that wait for their verdict; enough to keep every worker busy, few enough to hold in memory."""


class Verify(Stage):
    """Writes `verdicts`: a row for each solution, in the same order."""

    stage = "verify"
    reads = (SCREENED, SOLUTIONS)
    writes = (VERDICTS,)

    def settings(self, run: Run) -> object:
        """The verifier's version and limits."""
        return [VERIFIER_VERSION, run.recipe.verify.limits]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Judge what has no verdict yet."""
        workspace = run.workspace
        counted: Counter[str] = Counter()
        with (
            verifier_for(run.recipe.verify) as verifier,
            workspace.verdicts() as journal,
            workspace.writing(VERDICTS, self.part) as write,
        ):
            verdicts = Verdicts(verifier, journal)
            waiting: deque[Future[Verdict]] = deque()

            def take() -> None:
                verdict = waiting.popleft().result()
                counted[verdict.verdict] += 1
                write(verdict)

            for problem, solution in _asked(run):
                refuse_when_stopped()
                waiting.append(verdicts.of(problem, solution))
                if len(waiting) > _AHEAD:
                    take()
            while waiting:
                take()
        return {"rows": counted.total(), "verdicts": dict(counted.most_common())}, [
            workspace.part(VERDICTS, "verdicts")
        ]


def _asked(run: Run) -> Iterator[tuple[Problem, Solution]]:
    """Every solution with its problem; both tables are in plan order."""
    problems = run.workspace.read(SCREENED)
    for problem_id, solutions in groupby(run.workspace.read(SOLUTIONS), key=attrgetter("problem_id")):
        problem = next(problem for problem in problems if problem.id == problem_id)
        for solution in solutions:
            yield problem, solution
