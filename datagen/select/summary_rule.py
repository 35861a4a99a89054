"""Which summary that a teacher wrote stands in its example; the template stands for the others.

It is whole, closes with an answer that the verifier found right, speaks of paths and of none that its reader does not
have, holds nothing that would be read as structure, quotes no benchmark problem, is not degenerate, and fits the
example's token budget beside all its paths: none of them is given up for a summary.
"""

from dataclasses import replace
from typing import Literal, get_args

from datagen.degenerate import fault_of
from datagen.formats.rendering import render_text, tokens_of_frame
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.path_rule import PathRule
from datagen.select.citations import cited_numbers, cited_places, speaks_of_paths
from datagen.tables import Example, Solution, Verdict
from datagen.verify.closing import closing_text
from datagen.verify.extract import last_box

SUMMARY_VERSION = "1"
"""Goes up when the same summary stands or falls otherwise."""

SummaryFault = Literal[
    "refused",  # the endpoint does not take the question: problem and paths are too long for it
    "cut_off",  # it reached the limit, was filtered, or nobody knows how it ended
    "no_answer",  # it closes with no box
    "wrong_answer",  # not verified against the answer of the example, in the box that it closes with
    "no_synthesis",  # it speaks of no path: it solves the problem once more
    "unknown_path",  # it names a path that the example does not have
    "structure",  # a control token, a thought tag, or the frame of the question
    "quotes_benchmark",
    "degenerate",  # it has a fault that a path must not have either
    "over_budget",
]
SUMMARY_FAULTS: tuple[SummaryFault, ...] = get_args(SummaryFault)
"""In the order in which they are looked for."""


class SummaryRule:
    """Says which summary stands.

    Args:
        tokenizer: the recipe's tokenizer.
        paths: knows the benchmark problems that no text may quote.
        most_tokens: of a whole example.
    """

    def __init__(self, tokenizer: ExampleTokenizer, paths: PathRule, most_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._paths = paths
        self._most_tokens = most_tokens

    def read(self, example: Example, summary: Solution, verdict: Verdict, mark: str) -> Example | SummaryFault:
        """The example with a summary that stands, or why that does not.

        Args:
            example: with its paths.
            summary: what the teacher wrote, without its thought.
            verdict: on the summary, against the answer of the example.
            mark: stood in the question, and nowhere else.
        """
        fault = self._fault(example, summary, verdict, mark)
        if fault is not None:
            return fault
        frame = tokens_of_frame(example.problem, summary.content, len(example.paths), self._tokenizer)
        n_tokens = frame + sum(path.tokens for path in example.paths)
        if n_tokens > self._most_tokens:
            return "over_budget"
        texts = [(path.think_id, path.text) for path in example.paths]
        _, completion = render_text(example.problem, texts, summary.content, self._tokenizer)
        written = replace(example, summary=summary.content, summary_by=summary.model)
        return replace(written, completion=completion, n_tokens=n_tokens)

    def _fault(self, example: Example, summary: Solution, verdict: Verdict, mark: str) -> SummaryFault | None:
        """Why a summary does not stand, whatever its length."""
        if summary.finish_reason != "stop":
            return "cut_off"
        if last_box(summary.content) is None:
            return "no_answer"
        if closing_text(summary, verdict, "solution") is None:
            return "wrong_answer"
        if not speaks_of_paths(summary.content):
            return "no_synthesis"
        if names_unknown_path(summary.content, example):
            return "unknown_path"
        if mark in summary.content or self._tokenizer.forbidden_in(summary.content) is not None:
            return "structure"
        if self._paths.quote(example.problem, summary.content) is not None:
            return "quotes_benchmark"
        if fault_of(example.problem, "", summary.content) is not None:
            return "degenerate"
        return None


def names_unknown_path(summary: str, example: Example) -> bool:
    """Whether a summary names a path that its example does not have; what the problem itself names is none."""
    numbers = {path.think_id for path in example.paths}
    places = numbers | set(range(1, len(example.paths) + 1))
    unknown = cited_numbers(summary) - numbers - cited_numbers(example.problem)
    return bool(unknown or cited_places(summary) - places - cited_places(example.problem))
