"""What makes a solution a path. Plan and selection both go by it, so that what was asked for is what is taken.

A path is correct and whole; what the student reads of it closes with the answer that was verified, holds nothing that
would be read as structure, quotes no benchmark problem word for word, and has no fault that a student would learn.
Where a recipe admits wrong paths, all of this holds for them but that they are correct.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from datagen.degenerate import DEGENERATE_VERSION, Fault, fault_of
from datagen.endings import ENDINGS_VERSION
from datagen.formats.tokenizer import CONTROL_TOKENS, PARALLEL_R1_TAGS
from datagen.screen.benchmarks import benchmark_revisions, load_benchmarks
from datagen.screen.contamination import Hit
from datagen.screen.quotes import QUOTES_VERSION, Quotes
from datagen.solutions import TextMode, path_parts
from datagen.stage import Run
from datagen.tables import Problem, Solution, Verdict, VerdictKind
from datagen.thoughts import CLOSE, OPEN
from datagen.verify.closing import CORRECT, closing_text

ForbiddenIn = Callable[[str], str | None]
_STRUCTURE = re.compile("|".join(map(re.escape, (*CONTROL_TOKENS, *PARALLEL_R1_TAGS, OPEN, CLOSE))))


@dataclass(frozen=True, slots=True)
class PathText:
    """What the student would read of a solution.

    Attributes:
        text: as it is rendered.
        quote: the benchmark problem that it quotes; such a text is no path.
        fault: why it is degenerate; such a text is no path either.
    """

    text: str
    quote: Hit | None
    fault: Fault | None

    @property
    def is_path(self) -> bool:
        """Whether nothing speaks against it."""
        return self.quote is None and self.fault is None


def structure_in(text: str) -> str | None:
    """The first control token, thought tag or tag of Parallel-R1 in a text, whatever the tokenizer; None for none."""
    found = _STRUCTURE.search(text)
    return found.group() if found else None


class PathRule:
    """Says what of a solution is a path.

    Args:
        mode: what of a solution the student reads.
        quotes: the benchmark problems that none may quote; None when nothing is kept out.
        forbidden_in: the first piece of a text that would be read as structure, or None.
        verdicts: what may have been said of it.
    """

    def __init__(
        self,
        mode: TextMode,
        quotes: Quotes | None = None,
        forbidden_in: ForbiddenIn = structure_in,
        verdicts: frozenset[VerdictKind] = CORRECT,
    ) -> None:
        self._mode = mode
        self._quotes = quotes
        self._forbidden_in = forbidden_in
        self._verdicts = verdicts

    def read(self, problem: Problem, solution: Solution, verdict: Verdict) -> PathText | None:
        """The text of a solution that is a path, or would be one but for what it quotes or its fault; else None."""
        text = closing_text(solution, verdict, self._mode, self._verdicts)
        if text is None or self._forbidden_in(text) is not None:
            return None
        fault = fault_of(problem.problem, *path_parts(solution, self._mode))
        return PathText(text, self.quote(problem.problem, text), fault)

    def quote(self, problem: str, text: str) -> Hit | None:
        """The benchmark problem that a text about a problem quotes; None when it quotes none."""
        return self._quotes.find(text, problem) if self._quotes else None


def path_rule_of(
    run: Run, forbidden_in: ForbiddenIn = structure_in, verdicts: frozenset[VerdictKind] = CORRECT
) -> PathRule:
    """A run's rule; the benchmarks are read.

    Raises:
        UsageError: a benchmark can't be read whole.
    """
    benchmarks = load_benchmarks(run.recipe.screen, run.inputs)
    return PathRule(run.recipe.paths.text, Quotes(benchmarks) if benchmarks else None, forbidden_in, verdicts)


def path_settings(run: Run) -> list[object]:
    """What the rule depends on: the mode, the benchmarks' contents, and how quotes, faults and cuts are found."""
    revisions = benchmark_revisions(run.recipe.screen, run.inputs)
    quotes = [QUOTES_VERSION, revisions] if revisions else None
    return [run.recipe.paths.text, quotes, DEGENERATE_VERSION, ENDINGS_VERSION]
