"""The verify stage: every solution of the plan has a verdict of this verifier, in the solutions' order.

Problems whose solutions agree on another answer than the gold are listed beside, and so are verdicts that an earlier
version of the verifier had given otherwise. Solutions stream: while the first of a window of them is waited for, the
rest of the window keeps the workers busy.
"""

from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import (
    CHANGED,
    SCREENED,
    SOLUTIONS,
    SUSPECTS,
    VERDICTS,
    Problem,
    Solution,
    Suspect,
    SuspectPolicy,
    Verdict,
)
from datagen.verify.binary import is_binary
from datagen.verify.changed import earlier_verdicts, keep_last
from datagen.verify.equivalence import VERIFIER_VERSION
from datagen.verify.judge import judge_of, judge_settings
from datagen.verify.suspects import FEWEST_AGREEING, Majorities, Majority
from datagen.verify.verdicts import Verdicts, verifier_for

_AHEAD = 256
"""Solutions that wait for their verdict; enough to keep every worker busy, few enough to hold in memory."""
_SETTLING = 8
"""Problems of that window that are looked at for a majority at once; doing so is mostly waiting."""


class Verify(Stage):
    """Writes `verdicts`: a row for each solution, in the same order; `suspects` and `changed`, in the same order."""

    stage = "verify"
    reads = (SCREENED, SOLUTIONS)
    writes = (VERDICTS, SUSPECTS, CHANGED)

    def settings(self, run: Run) -> object:
        """The verifier's version and limits, the judge, and what to do about golds that look wrong."""
        settings = run.recipe.verify
        return [VERIFIER_VERSION, settings.limits, judge_settings(run.recipe), settings.suspect_gold, FEWEST_AGREEING]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Judge what has no verdict yet."""
        workspace = run.workspace
        progress = Progress("verify", "solutions", workspace.rows(SOLUTIONS))
        suspects: Counter[str] = Counter()
        sides: Counter[str] = Counter()
        with (
            workspace.verdicts() as journal,  # the last to close: what ends late is still kept
            ThreadPoolExecutor(_SETTLING, thread_name_prefix="settle") as settling,  # ends when the verifier has
            judge_of(run) as judge,
            verifier_for(run.recipe.verify) as verifier,
            earlier_verdicts(workspace, self.part, VERIFIER_VERSION) as earlier,
            workspace.writing(VERDICTS, self.part) as write_verdict,
            workspace.writing(SUSPECTS, self.part) as write_suspect,
            workspace.writing(CHANGED, self.part) as write_changed,
            run.watch(progress),
        ):
            settler = _Settler(run.recipe, Verdicts(verifier, journal, judge), Majorities(verifier, journal))
            for settled in _in_order(run, settler, settling):
                if settled.suspect is not None:
                    suspects[f"{settled.suspect.trouble}, {settled.suspect.policy}"] += 1
                    write_suspect(settled.suspect)
                for solution, verdict in zip(settled.solutions, settled.verdicts, strict=True):
                    progress.done += 1
                    progress.verdicts[verdict.verdict] += 1
                    write_verdict(verdict)
                    changed = earlier.change(solution, verdict) if earlier else None
                    if changed is not None:
                        sides[f"{changed.verdict_before} -> {changed.verdict}"] += 1
                        write_changed(changed)
            judged = {} if judge is None else judge.figures()
        keep_last(workspace, self.part)
        counts = {
            "rows": progress.done,
            "verdicts": dict(progress.verdicts.most_common()),
            "suspect_golds": dict(sorted(suspects.items())),
            "changed_sides": dict(sorted(sides.items())),
            "verifier": VERIFIER_VERSION,
            "verifier_before": earlier.version if earlier else None,
        }
        return counts | judged, self.files(workspace)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A problem's solutions with the verdicts that count, and what looks wrong about its gold."""

    solutions: list[Solution]
    verdicts: list[Verdict]
    suspect: Suspect | None


class _Settler:
    """Takes a problem's solutions to their verdicts.

    Args:
        recipe: the settings.
        verdicts: gives verdicts.
        majorities: finds what most solutions agree on.
    """

    def __init__(self, recipe: Recipe, verdicts: Verdicts, majorities: Majorities) -> None:
        self._recipe = recipe
        self._verdicts = verdicts
        self._majorities = majorities

    def begin(self, problem: Problem, solutions: list[Solution]) -> list[Future[Verdict]]:
        """Ask for the verdicts against the source's answer."""
        return [self._verdicts.of(problem, solution) for solution in solutions]

    def settle(self, problem: Problem, solutions: list[Solution], begun: list[Future[Verdict]]) -> _Settled:
        """Wait for them; where the majority's answer is adopted, the verdicts against that one count instead."""
        verdicts = [verdict.result() for verdict in begun]
        majority = self._majorities.against_gold(problem, zip(solutions, verdicts, strict=True))
        if majority is None:
            return _Settled(solutions, verdicts, None)
        policy = self._policy(majority)
        if policy == "adopt":
            adopted = replace(problem, answer=majority.answer)
            verdicts = [verdict.result() for verdict in self.begin(adopted, solutions)]
        suspect = Suspect(
            row_id=problem.row_id,
            id=problem.id,
            source=problem.source,
            gold=problem.answer,
            majority=majority.answer,
            agreeing=majority.agreeing,
            answered=majority.answered,
            trouble=majority.trouble,
            policy=policy,
        )
        return _Settled(solutions, verdicts, suspect)

    def _policy(self, majority: Majority) -> SuspectPolicy:
        if self._recipe.screen.binary_answers == "drop" and is_binary(majority.answer):
            return "drop" if self._recipe.verify.suspect_gold == "adopt" else self._recipe.verify.suspect_gold
        return self._recipe.verify.suspect_gold


def _in_order(run: Run, settler: _Settler, settling: ThreadPoolExecutor) -> Iterator[_Settled]:
    """Every problem that has solutions, settled, in plan order."""
    waiting: deque[tuple[int, Future[_Settled]]] = deque()
    ahead = 0
    for problem, solutions in _asked(run):
        refuse_when_stopped()
        begun = settler.begin(problem, solutions)
        waiting.append((len(solutions), settling.submit(settler.settle, problem, solutions, begun)))
        ahead += len(solutions)
        while ahead > _AHEAD:
            number, first = waiting.popleft()
            ahead -= number
            yield first.result()
    for _, later in waiting:
        refuse_when_stopped()
        yield later.result()


def _asked(run: Run) -> Iterator[tuple[Problem, list[Solution]]]:
    """Every problem that has solutions, with them; both tables are in plan order."""
    problems = run.workspace.read(SCREENED)
    for problem_id, solutions in groupby(run.workspace.read(SOLUTIONS), key=attrgetter("problem_id")):
        yield next(problem for problem in problems if problem.id == problem_id), list(solutions)
