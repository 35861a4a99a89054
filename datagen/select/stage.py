"""The select stage: each screened problem becomes one example, or is dropped with the reason why."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path as FilePath
from typing import Any

from datagen.degenerate import Fault, FaultName
from datagen.formats.rendering import render_text, summary_text, tokens_of_frame
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.path_rule import PathRule, path_rule_of, path_settings
from datagen.recipe import Recipe
from datagen.same_words import SAME_SHARE
from datagen.screen.contamination import Hit
from datagen.select.choice import Candidate, PathBudget, Refusal, choose_paths, distinct
from datagen.select.summaries import TEMPLATE, summaries_of, summary_settings
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
    Example,
    Path,
    Problem,
    Sampled,
    Solution,
    Suspect,
    SuspectMark,
    SuspectPolicy,
    Verdict,
)
from datagen.texts import digest
from datagen.verify.extract import last_box

_THINK_IDS = range(1, 7)
_MARKS: dict[SuspectPolicy, SuspectMark] = {"keep": "kept", "adopt": "adopted"}
Judged = tuple[Solution, Verdict]


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
            *(SAME_SHARE, recipe.seed, paths, path_settings(run), difficulty, tokenizer, recipe.output.test_fraction),
            summary_settings(recipe),
        ]

    def work(self, run: Run) -> tuple[dict[str, Any], list[FilePath]]:
        """Stream the problems with their judged solutions."""
        workspace = run.workspace
        tokenizer = load_tokenizer(run.recipe.paths.tokenizer)
        rule = path_rule_of(run, tokenizer.forbidden_in)
        maker = ExampleMaker(run.recipe, tokenizer, rule)
        reasons: Counter[str] = Counter()
        paths_an_example: Counter[str] = Counter()
        marked: Counter[str] = Counter()
        with (
            summaries_of(run, tokenizer, rule) as summaries,
            workspace.writing(EXAMPLES, self.part) as write_example,
            workspace.writing(DROPPED, self.part) as write_drop,
        ):
            every = _made(run, maker)
            for (problem, sampled), made in every if summaries is None else summaries.in_order(every):
                if isinstance(made, Refusal):
                    reasons[made.reason] += 1
                    detail = made.detail + _how_it_ended(sampled)
                    write_drop(Drop(problem.row_id, problem.id, problem.source, "select", made.reason, detail))
                else:
                    paths_an_example[str(len(made.paths))] += 1
                    marked[made.suspect_gold] += 1
                    write_example(made)
            summarised = {} if summaries is None else summaries.figures()
        counts = {
            "rows": paths_an_example.total(),
            "dropped": reasons.total(),
            "reasons": dict(reasons.most_common()),
            "paths": dict(sorted(paths_an_example.items())),
            "benchmark_quotes": dict(sorted(maker.quoting.items())),
            "degenerate": dict(maker.degenerate.most_common()),
            "suspect_gold": {mark: marked[mark] for mark in _MARKS.values() if marked[mark]},
        }
        return counts | summarised, self.files(workspace)


class ExampleMaker:
    """Makes the example of a problem from its judged solutions.

    Args:
        recipe: the settings.
        tokenizer: the recipe's tokenizer.
        rule: which solutions are paths.

    Attributes:
        quoting: by benchmark, the solutions so far that are no paths because they quote a problem of it.
        degenerate: by fault, those that are no paths because they have it.
    """

    def __init__(self, recipe: Recipe, tokenizer: ExampleTokenizer, rule: PathRule) -> None:
        self._recipe = recipe
        self._tokenizer = tokenizer
        self._rule = rule
        self.quoting: Counter[str] = Counter()
        self.degenerate: Counter[FaultName] = Counter()

    def make(self, problem: Problem, judged: Sequence[Judged], suspect: Suspect | None = None) -> Example | Refusal:
        """The example, or why there is none.

        Args:
            problem: as the source has it.
            judged: its solutions; with the verdicts against the adopted answer where that was adopted.
            suspect: says that the source's answer looks wrong; None where it does not.
        """
        told = _tell(judged)
        if suspect is None:
            return self._make(problem, judged, told)
        told = f"{suspect.agreeing} of {suspect.answered} solutions answer {suspect.majority!r}; {told}"
        if suspect.policy == "drop":
            if suspect.trouble == "unreadable":
                return Refusal("bad_gold", f"the answer {suspect.gold!r} can't be verified; {told}")
            return Refusal("suspect_gold", f"the source answers {suspect.gold!r}, but {told}")
        answer = suspect.majority if suspect.policy == "adopt" else problem.answer
        made = self._make(replace(problem, answer=answer), judged, told)
        if isinstance(made, Refusal):
            return made
        mark = _MARKS[suspect.policy]
        return replace(made, suspect_gold=mark, source_answer=problem.answer, majority_answer=suspect.majority)

    def _make(self, problem: Problem, judged: Sequence[Judged], told: str) -> Example | Refusal:
        if judged and all(verdict.verdict == "bad_gold" for _, verdict in judged):
            return Refusal("bad_gold", f"the answer {problem.answer!r} can't be verified; {told}")
        correct = [(solution, verdict) for solution, verdict in judged if verdict.verdict == "correct"]
        if not correct:
            return Refusal("no_correct_solution", told)
        rate, kept = _pass_rate(judged), self._recipe.sampling.difficulty
        if kept is not None and not kept.keep[0] <= rate <= kept.keep[1]:
            lowest, highest = kept.keep
            return Refusal("outside_difficulty", f"{told}; pass rate {rate:.3g}, kept are {lowest:g} to {highest:g}")
        structure = self._tokenizer.forbidden_in(problem.problem) or self._tokenizer.forbidden_in(problem.answer)
        if structure:
            return Refusal("control_token_in_problem", f"the problem or its answer holds {structure!r}")
        summary = summary_text(problem.answer)
        frame = cache(partial(tokens_of_frame, problem.problem, summary, tokenizer=self._tokenizer))
        candidates, quoting, degenerate = self._candidates(problem, correct)
        self.quoting.update(quote.benchmark for _, quote in quoting)
        self.degenerate.update(fault.name for _, fault in degenerate)
        chosen = self._choose(problem, summary, candidates, frame, told)
        if isinstance(chosen, list):
            return self._example(problem, judged, chosen, summary, frame)
        would_do = [*candidates, *(candidate for candidate, _ in quoting)]
        if quoting and isinstance(self._choose(problem, summary, would_do, frame, told), list):
            first, quote = quoting[0]
            detail = f"{told}; {len(quoting)} quote a benchmark: solution {first.solution.id}: {quote}"
            return Refusal("quotes_benchmark", detail)
        would_do += [candidate for candidate, _ in degenerate]
        if degenerate and isinstance(self._choose(problem, summary, would_do, frame, told), list):
            first, fault = degenerate[0]
            detail = f"{told}; {len(degenerate)} degenerate: solution {first.solution.id}: {fault}"
            return Refusal("degenerate_paths", detail)
        return chosen

    def _choose(
        self, problem: Problem, summary: str, candidates: Sequence[Candidate], frame: Callable[[int], int], told: str
    ) -> list[Candidate] | Refusal:
        """The paths of the example, or why these candidates make none."""
        fewest, most = self._recipe.paths.count
        if len(candidates) < fewest:
            what = "closing with their boxed answer, no control token, no quote, not degenerate"
            usable = f"{len(candidates)} usable as paths ({what})"
            return Refusal("too_few_correct_paths", f"{told}; {usable}, {fewest} needed")
        different = distinct(candidates)
        if len(different) < fewest:
            return Refusal("too_few_distinct_paths", f"{told}; {len(different)} distinct, {fewest} needed")
        if last_box(summary) != problem.answer:
            return Refusal("bad_gold", f"the answer {problem.answer!r} can't stand in a box: its braces don't match")
        most_tokens = self._recipe.paths.max_example_tokens
        chosen = choose_paths(different, PathBudget(fewest, most, most_tokens, frame))
        if not chosen:
            lengths = ", ".join(str(candidate.tokens) for candidate in different)
            detail = f"{told}; paths of {lengths} tokens, {fewest} must fit {most_tokens}"
            return Refusal("paths_exceed_token_budget", detail)
        return chosen

    def _candidates(
        self, problem: Problem, correct: Sequence[Judged]
    ) -> tuple[list[Candidate], list[tuple[Candidate, Hit]], list[tuple[Candidate, Fault]]]:
        """The solutions that are paths, those that would be but for what they quote, and those but for a fault."""
        paths: list[Candidate] = []
        quoting: list[tuple[Candidate, Hit]] = []
        degenerate: list[tuple[Candidate, Fault]] = []
        for solution, verdict in correct:
            read = self._rule.read(problem, solution, verdict)
            if read is None:
                continue
            candidate = Candidate(solution, verdict, read.text, self._tokenizer.count(read.text))
            if read.quote is not None:
                quoting.append((candidate, read.quote))
            elif read.fault is not None:
                degenerate.append((candidate, read.fault))
            else:
                paths.append(candidate)
        return paths, quoting, degenerate

    def _example(
        self,
        problem: Problem,
        judged: Sequence[Judged],
        chosen: Sequence[Candidate],
        summary: str,
        frame: Callable[[int], int],
    ) -> Example:
        draw = random.Random(digest("order", self._recipe.seed, problem.id))
        ordered = draw.sample(list(chosen), len(chosen))
        numbers = list(_THINK_IDS)
        think_ids = draw.sample(numbers, len(ordered)) if self._recipe.paths.think_ids == "random" else numbers
        paths = tuple(
            Path(
                think_id=think_id,
                text=candidate.text,
                answer=candidate.verdict.answer or "",
                verdict=candidate.verdict.verdict,
                finish_reason=candidate.solution.finish_reason,
                tokens=candidate.tokens,
                teacher=candidate.solution.teacher,
                model=candidate.solution.model,
                solution_id=candidate.solution.id,
                verified_by=candidate.verdict.verified_by,
            )
            for think_id, candidate in zip(think_ids, ordered, strict=False)
        )
        texts = [(path.think_id, path.text) for path in paths]
        prompt, completion = render_text(problem.problem, texts, summary, self._tokenizer)
        share = int(digest("split", self._recipe.seed, problem.id)[:8], 16) / 0x1_0000_0000
        return Example(
            row_id=problem.row_id,
            id=problem.id,
            problem=problem.problem,
            answer=problem.answer,
            source=problem.source,
            source_id=problem.source_id,
            revision=problem.revision,
            licence=problem.licence,
            paths=paths,
            summary=summary,
            summary_by=TEMPLATE,
            prompt=prompt,
            completion=completion,
            n_tokens=frame(len(paths)) + sum(path.tokens for path in paths),
            split="test" if share < self._recipe.output.test_fraction else "train",
            suspect_gold="",
            source_answer=problem.answer,
            majority_answer=None,
            pass_rate=_pass_rate(judged),
            solutions=len(judged),
        )


def _pass_rate(judged: Sequence[Judged]) -> float:
    return sum(verdict.verdict == "correct" for _, verdict in judged) / len(judged)


def _tell(judged: Sequence[Judged]) -> str:
    verdicts = Counter(verdict.verdict for _, verdict in judged)
    return ", ".join(f"{number} {kind}" for kind, number in verdicts.most_common()) or "no solution"


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
