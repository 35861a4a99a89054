"""The screen stage: what must not be in the dataset leaves before anything is paid for."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from datagen.normalising import NORMALISER_VERSION
from datagen.screen.benchmarks import load_benchmark
from datagen.screen.contamination import BenchmarkIndex
from datagen.screen.screening import screen
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import DROPPED, PROBLEMS, SCREENED, Problem
from datagen.verify.pair import Pair
from datagen.verify.verdicts import verifier_for

_SCREEN_VERSION = "2"
"""Goes up when the same settings let other rows through."""


class Screen(Stage):
    """Writes `screened`, and its part of `dropped`."""

    stage = "screen"
    reads = (PROBLEMS,)
    writes = (SCREENED, DROPPED)

    def settings(self, run: Run) -> object:
        """The screen's settings and the benchmarks' contents."""
        screening = run.recipe.screen
        revisions = [[benchmark.name, run.inputs[benchmark.input_key].revision] for benchmark in screening.benchmarks]
        return [
            _SCREEN_VERSION,
            NORMALISER_VERSION,
            run.recipe.verify.limits,
            screening.model_dump(mode="json", exclude={"benchmarks"}),
            revisions,
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Stream the problems."""
        workspace, screening = run.workspace, run.recipe.screen
        benchmarks = [load_benchmark(benchmark, run.inputs[benchmark.input_key]) for benchmark in screening.benchmarks]
        reasons: Counter[str] = Counter()
        kept = 0
        with (
            verifier_for(run.recipe.verify) as verifier,
            workspace.writing(SCREENED, self.part) as write_problem,
            workspace.writing(DROPPED, self.part) as write_drop,
        ):

            @cache
            def same_answer(one: str, other: str) -> bool:
                return verifier.compare(Pair.of(one, other)).result().verdict == "correct"

            for row in screen(lambda: workspace.read(PROBLEMS), benchmarks, screening, same_answer):
                refuse_when_stopped()
                if isinstance(row, Problem):
                    kept += 1
                    write_problem(row)
                else:
                    reasons[row.reason] += 1
                    write_drop(row)
        counts = {
            "rows": kept,
            "dropped": reasons.total(),
            "reasons": dict(reasons.most_common()),
            "benchmark_floor": BenchmarkIndex(benchmarks).visible(),
        }
        return counts, self.files(workspace)
