"""How the judged solutions of one problem become its example, or why they do not."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

from datagen.approaches import read_path
from datagen.degenerate import Fault, FaultName
from datagen.formats.rendering import render_text, summary_text, tokens_of_frame
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.path_rule import PathRule
from datagen.recipe import Recipe
from datagen.screen.contamination import Hit
from datagen.select.choice import Candidate, PathBudget, Refusal, choose_paths, distinct, diversity, has_enough
from datagen.select.summaries import TEMPLATE
from datagen.solutions import TextMode, path_parts
from datagen.tables import Example, Path, Problem, Solution, Suspect, SuspectMark, SuspectPolicy, Verdict
from datagen.texts import digest
from datagen.verify.extract import last_box

MARKS: dict[SuspectPolicy, SuspectMark] = {"keep": "kept", "adopt": "adopted"}
"""How an example is marked whose reference answer looks wrong."""

EXAMPLE_VERSION = 2
"""Another one may make another row of the same paths."""

Judged = tuple[Solution, Verdict]
_THINK_IDS = range(1, 7)


class ExampleMaker:
    """Makes the example of a problem from its judged solutions.

    Args:
        recipe: the settings.
        tokenizer: the recipe's tokenizer.
        rule: which solutions are paths.

    Attributes:
        quoting: by benchmark, the correct solutions so far that are no paths because they quote a problem of it.
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
        mark = MARKS[suspect.policy]
        return replace(made, suspect_gold=mark, source_answer=problem.answer, majority_answer=suspect.majority)

    def _make(self, problem: Problem, judged: Sequence[Judged], told: str) -> Example | Refusal:
        if judged and all(verdict.verdict == "bad_gold" for _, verdict in judged):
            return Refusal("bad_gold", f"the answer {problem.answer!r} can't be verified; {told}")
        if all(verdict.verdict != "correct" for _, verdict in judged):
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
        candidates, quoting, degenerate = self._candidates(problem, judged)
        self.quoting.update(quote.benchmark for candidate, quote in quoting if not candidate.is_wrong)
        self.degenerate.update(fault.name for candidate, fault in degenerate if not candidate.is_wrong)
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
        (fewest, most), most_tokens = self._recipe.paths.count, self._recipe.paths.max_example_tokens
        budget = PathBudget(fewest, most, most_tokens, frame, self._recipe.paths.most_wrong_of)
        if not has_enough(candidates, budget):
            what = "closing with their boxed answer, no control token, no quote, not degenerate"
            usable = f"{self._counted(candidates)} usable as paths ({what})"
            return Refusal("too_few_correct_paths", f"{told}; {usable}, {self._needed}")
        different = distinct(candidates)
        if not has_enough(different, budget):
            return Refusal("too_few_distinct_paths", f"{told}; {self._counted(different)} distinct, {self._needed}")
        if last_box(summary) != problem.answer:
            return Refusal("bad_gold", f"the answer {problem.answer!r} can't stand in a box: its braces don't match")
        chosen = choose_paths(different, budget)
        if not chosen:
            lengths = ", ".join(str(candidate.tokens) for candidate in different)
            detail = f"{told}; paths of {lengths} tokens, {fewest} must fit {most_tokens}"
            return Refusal("paths_exceed_token_budget", detail)
        return chosen

    @property
    def _needed(self) -> str:
        """How many paths an example needs."""
        paths = self._recipe.paths
        correct = f", {paths.fewest_correct} of them correct" if paths.require == "any_correct" else ""
        return f"{paths.count[0]} needed{correct}"

    def _counted(self, candidates: Sequence[Candidate]) -> str:
        """How many candidates there are, and how many of them are wrong where that may be."""
        if self._recipe.paths.require == "all_correct":
            return str(len(candidates))
        wrong = sum(candidate.is_wrong for candidate in candidates)
        return f"{len(candidates) - wrong} correct and {wrong} wrong"

    def _candidates(
        self, problem: Problem, judged: Sequence[Judged]
    ) -> tuple[list[Candidate], list[tuple[Candidate, Hit]], list[tuple[Candidate, Fault]]]:
        """The solutions that are paths, those that would be but for what they quote, and those but for a fault."""
        paths: list[Candidate] = []
        quoting: list[tuple[Candidate, Hit]] = []
        degenerate: list[tuple[Candidate, Fault]] = []
        for solution, verdict in judged:
            path = self._rule.read(problem, solution, verdict)
            if path is None:
                continue
            read = read_path(path.text, problem.problem)
            candidate = Candidate(solution, verdict, path.text, self._tokenizer.count(path.text), read)
            if path.quote is not None:
                quoting.append((candidate, path.quote))
            elif path.fault is not None:
                degenerate.append((candidate, path.fault))
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
        mode = self._recipe.paths.text
        paths = tuple(_path(think_id, one, mode) for think_id, one in zip(think_ids, ordered, strict=False))
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
            diversity=diversity(chosen),
            wrong_paths=sum(candidate.is_wrong for candidate in chosen),
        )


def _path(think_id: int, candidate: Candidate, mode: TextMode) -> Path:
    thought, _ = path_parts(candidate.solution, mode)
    return Path(
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
        thought_chars=len(thought),
    )


def _pass_rate(judged: Sequence[Judged]) -> float:
    return sum(verdict.verdict == "correct" for _, verdict in judged) / len(judged)


def _tell(judged: Sequence[Judged]) -> str:
    verdicts = Counter(verdict.verdict for _, verdict in judged)
    return ", ".join(f"{number} {kind}" for kind, number in verdicts.most_common()) or "no solution"
