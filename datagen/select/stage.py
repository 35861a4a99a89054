"""The select stage: each screened problem becomes one example, or is dropped with the reason why."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path as FilePath
from typing import Any

from datagen.approaches import SAME_PATH_VERSION
from datagen.formats.tokenizer import load_tokenizer
from datagen.path_rule import path_rule_of, path_settings
from datagen.select.choice import CHOICE_VERSION, Refusal
from datagen.select.example import EXAMPLE_VERSION, MARKS, ExampleMaker, Judged
from datagen.select.summaries import summaries_of, summary_settings
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import (
    DROPPED,
    EXAMPLES,
    SAMPLED,
    SCREENED,
    SOLUTIONS,
    SUSPECTS,
    VERDICTS,
    Drop,
    DropReason,
    Example,
    Problem,
    Sampled,
    Suspect,
)
from datagen.verify.closing import CORRECT, CORRECT_OR_WRONG


class Select(Stage):
    """Writes `examples`, and its part of `dropped`."""

    stage = "select"
    reads = (SCREENED, SOLUTIONS, SAMPLED, VERDICTS, SUSPECTS)
    writes = (EXAMPLES, DROPPED)

    def settings(self, run: Run) -> object:
        """The settings of paths and split, which solutions are paths, and what the tokenizer does."""
        recipe = run.recipe
        tokenizer = load_tokenizer(recipe.paths.tokenizer).fingerprint
        paths = recipe.paths.model_dump(mode="json", exclude={"tokenizer", "summary"})
        difficulty = recipe.sampling.difficulty.keep if recipe.sampling.difficulty else None
        return [
            SAME_PATH_VERSION,
            CHOICE_VERSION,
            EXAMPLE_VERSION,
            recipe.seed,
            paths,
            path_settings(run),
            difficulty,
            tokenizer,
            recipe.output.test_fraction,
            summary_settings(recipe),
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[FilePath]]:
        """Stream the problems with their judged solutions."""
        workspace = run.workspace
        paths = run.recipe.paths
        tokenizer = load_tokenizer(paths.tokenizer)
        verdicts = CORRECT_OR_WRONG if paths.require == "any_correct" else CORRECT
        rule = path_rule_of(run, tokenizer.forbidden_in, verdicts)
        maker, figures = ExampleMaker(run.recipe, tokenizer, rule), _Figures()
        with (
            summaries_of(run, tokenizer, rule) as summaries,
            workspace.writing(EXAMPLES, self.part) as write_example,
            workspace.writing(DROPPED, self.part) as write_drop,
        ):
            every = _made(run, maker)
            for (problem, sampled), made in every if summaries is None else summaries.in_order(every):
                if isinstance(made, Refusal):
                    figures.reasons[made.reason] += 1
                    detail = made.detail + _how_it_ended(sampled)
                    write_drop(Drop(problem.row_id, problem.id, problem.source, "select", made.reason, detail))
                else:
                    figures.add(made)
                    write_example(made)
            summarised = {} if summaries is None else summaries.figures()
        counts = figures.counts() | {
            "benchmark_quotes": dict(sorted(maker.quoting.items())),
            "degenerate": dict(maker.degenerate.most_common()),
        }
        return counts | summarised, self.files(workspace)


class _Figures:
    """What is counted while examples are made."""

    def __init__(self) -> None:
        self.reasons: Counter[DropReason] = Counter()
        self._paths: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()
        self._marked: Counter[str] = Counter()
        self._diversity, self._diverse = 0.0, 0

    def add(self, example: Example) -> None:
        """Count an example."""
        self._paths[str(len(example.paths))] += 1
        self._marked[example.suspect_gold] += 1
        if example.wrong_paths:
            self._wrong[str(example.wrong_paths)] += 1
        if example.diversity is not None:
            self._diversity += example.diversity
            self._diverse += 1

    def counts(self) -> dict[str, Any]:
        """For the run's record: examples by their paths, by their wrong paths, and how far apart paths are."""
        return {
            "rows": self._paths.total(),
            "dropped": self.reasons.total(),
            "reasons": dict(self.reasons.most_common()),
            "paths": dict(sorted(self._paths.items())),
            "wrong_paths": dict(sorted(self._wrong.items())),
            "diversity": round(self._diversity / self._diverse, 3) if self._diverse else None,
            "suspect_gold": {mark: self._marked[mark] for mark in MARKS.values() if self._marked[mark]},
        }


def _how_it_ended(sampled: Sampled) -> str:
    """Why there are no more solutions; nothing where there is nobody to ask, or there were enough."""
    if sampled.ended == "attempts_used":
        return f"; its {sampled.attempts} attempts are used up"
    if sampled.ended == "given_up":
        return (
            f"; given up after {sampled.attempts} attempts: a chance of {sampled.chance:.1%} of enough paths was left"
        )
    return ""


def _made(run: Run, maker: ExampleMaker) -> Iterator[tuple[tuple[Problem, Sampled], Example | Refusal]]:
    """What every screened problem becomes, and how its sampling ended; in plan order."""
    for problem, judged, suspect, sampled in _judged(run):
        refuse_when_stopped()
        yield (problem, sampled), maker.make(problem, judged, suspect)


def _judged(run: Run) -> Iterator[tuple[Problem, list[Judged], Suspect | None, Sampled]]:
    """Every screened problem with its judged solutions, what looks wrong, and how sampling ended; in plan order."""
    pairs = zip(run.workspace.read(SOLUTIONS), run.workspace.read(VERDICTS), strict=True)
    groups = groupby(pairs, key=lambda pair: pair[0].problem_id)
    suspects = run.workspace.read(SUSPECTS)
    waiting, suspect = next(groups, None), next(suspects, None)
    for problem, sampled in zip(run.workspace.read(SCREENED), run.workspace.read(SAMPLED), strict=True):
        is_suspect = suspect is not None and suspect.row_id == problem.row_id
        has_solutions = waiting is not None and waiting[0] == problem.id
        judged = list(waiting[1]) if waiting and has_solutions else []
        yield problem, judged, suspect if is_suspect else None, sampled
        waiting = next(groups, None) if has_solutions else waiting
        suspect = next(suspects, None) if is_suspect else suspect
