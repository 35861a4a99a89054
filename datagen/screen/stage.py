"""The screen stage: what must not be in the dataset leaves before anything is paid for."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from datagen.normalising import NORMALISER_VERSION
from datagen.screen.benchmarks import benchmark_revisions, load_benchmarks
from datagen.screen.screening import Screener
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import DROPPED, PROBLEMS, RECORDED, SCREENED, Problem, Solution
from datagen.verify.pair import Pair
from datagen.verify.verdicts import verifier_for

_SCREEN_VERSION = "4"
"""Goes up when the same settings let other rows through, or count them otherwise."""


class Screen(Stage):
    """Writes `screened`, its part of `dropped`, and the recorded solutions that a survivor has from its duplicates.

    Those stand in a part of `recorded` of their own, under the survivor's id; their keys stay those of the rows that
    carried them.
    """

    stage = "screen"
    reads = (PROBLEMS, RECORDED)
    writes = (SCREENED, DROPPED, RECORDED)

    def settings(self, run: Run) -> object:
        """The screen's settings, the order of the sources, and the benchmarks' contents."""
        screening = run.recipe.screen
        return [
            _SCREEN_VERSION,
            NORMALISER_VERSION,
            run.recipe.verify.limits,
            screening.model_dump(mode="json", exclude={"benchmarks"}),
            benchmark_revisions(screening, run.inputs),
            [source.label for source in run.recipe.sources],
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Stream the problems."""
        workspace, screening = run.workspace, run.recipe.screen
        benchmarks = load_benchmarks(screening, run.inputs)
        reasons: Counter[str] = Counter()
        kept = adopted = 0
        with (
            verifier_for(run.recipe.verify) as verifier,
            workspace.writing(SCREENED, self.part) as write_problem,
            workspace.writing(DROPPED, self.part) as write_drop,
            workspace.writing(RECORDED, self.part) as write_recorded,
        ):

            def same_answer(one: str, other: str) -> bool:
                return verifier.compare(Pair.of(one, other)).result().verdict == "correct"

            def problems() -> Iterator[Problem]:
                for problem in workspace.read(PROBLEMS):
                    refuse_when_stopped()
                    yield problem

            sources = [source.label for source in run.recipe.sources]
            screener = Screener(benchmarks, screening, same_answer, sources, lambda ids: self._usable(run, ids))
            for row in screener.screen(problems):
                if isinstance(row, Problem):
                    kept += 1
                    write_problem(row)
                else:
                    reasons[row.reason] += 1
                    write_drop(row)
            for solution in self._adopted(run, screener.adopted):
                adopted += 1
                write_recorded(solution)
        for one in screener.unknown:
            run.say(f"warning: screen.leave_out: no row that was pulled has the id {one}")
        counts = {
            "rows": kept,
            "dropped": reasons.total(),
            "reasons": dict(reasons.most_common()),
            "adopted_solutions": adopted,
            "benchmark_floor": screener.floor,
            "benchmark_hits": screener.hits,
        }
        return counts, self.files(workspace)

    def _carried(self, run: Run) -> list[str]:
        """The parts of `recorded` that sources wrote."""
        return [path.stem for path in run.workspace.parts(RECORDED) if path.stem != self.part]

    def _usable(self, run: Run, ids: Collection[str]) -> Mapping[str, int]:
        """How many different whole solutions the sources carry for some problems."""
        columns = ["id", "problem_id", "finish_reason", "content"]
        found: dict[str, set[str]] = {}
        for batch in run.workspace.read_batches(RECORDED, self._carried(run), columns):
            refuse_when_stopped()
            for row in batch.to_pylist():
                is_cut = row["finish_reason"] in ("length", "content_filter") or not row["content"]
                if row["problem_id"] in ids and not is_cut:
                    found.setdefault(row["problem_id"], set()).add(row["id"])
        return {problem_id: len(solutions) for problem_id, solutions in found.items()}

    def _adopted(self, run: Run, survivors: Mapping[str, str]) -> Iterator[Solution]:
        if not survivors:
            return
        for solution in run.workspace.read(RECORDED, self._carried(run)):
            refuse_when_stopped()
            if solution.problem_id in survivors:
                yield replace(solution, problem_id=survivors[solution.problem_id])
