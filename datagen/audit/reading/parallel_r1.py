"""The format of Parallel-R1: a solution in which blocks of parallel paths stand, each followed by a summary.

    …<Parallel><Path>{path}</Path><Path>{path}</Path></Parallel><Summary>{summary}</Summary>…Final Answer: {answer}

The paths of an example are those of all its blocks, in order: a path of an early block solves a step, not the problem.
Its summary is what follows the last block, tags taken off, with the final answer that stands there; of an output
without blocks it is all of it. What stands before and between blocks is neither.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

import pyarrow as pa

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.reading.marks import TextMarks
from datagen.audit.reading.rows import ID, AuditedFormat, as_text, count_tokens, row_id
from datagen.formats.tokenizer import PARALLEL_R1_TAGS, ExampleTokenizer

BLOCK = "<Parallel>"
_TAG = re.compile("|".join(map(re.escape, PARALLEL_R1_TAGS)))
_KNOWN_COLUMNS = (ID, "problem", "output", "answer", "source", "licence")


class ParallelR1Reader:
    """Reads rows of `problem`, `output` and `answer`.

    Args:
        tokenizer: counts the tokens of problem and output; None counts none.
        instruction: what all problems of the dataset start with.
    """

    format: AuditedFormat = "parallel_r1"
    columns: tuple[str, ...] = _KNOWN_COLUMNS

    def __init__(self, tokenizer: ExampleTokenizer | None, instruction: str = "") -> None:
        self._tokenizer = tokenizer
        self._instruction = instruction
        self._marks = TextMarks(tokenizer)

    def examples(self, batch: pa.RecordBatch, split: str, first_row: int) -> Iterator[AuditedExample]:
        """The examples of a batch."""
        for number, values in enumerate(batch.to_pylist(), start=first_row):
            yield self._example(values, split, row_id(values, split, number))

    def _example(self, values: dict[str, Any], split: str, name: str) -> AuditedExample:
        asked, output = values["problem"] or "", values["output"] or ""
        problem = bare_problem(asked, self._instruction)
        solution = read_blocks(output)
        structure = [f"{tag} in the problem" for tag in dict.fromkeys(_TAG.findall(problem))]
        structure += self._marks.inside("the problem", problem)
        structure += [line for path in solution.paths for line in self._marks.inside(f"path {path.number}", path.text)]
        structure += self._marks.inside("the summary", solution.summary or "")
        return AuditedExample(
            id=name,
            split=split,
            problem=problem,
            paths=tuple(solution.paths),
            summary=solution.summary,
            answer=as_text(values.get("answer")),
            source=as_text(values.get("source")) or "",
            licence=as_text(values.get("licence")) or "",
            n_tokens=count_tokens(f"{asked}\n{output}", self._tokenizer),
            structure=tuple(structure),
            broken=tuple(solution.broken),
        )


def shared_instruction(problems: Sequence[str]) -> str:
    """The lines that all problems start with; empty for a single problem, which shares with none."""
    if len(problems) < 2:
        return ""
    lines = zip(*(problem.splitlines(keepends=True) for problem in problems), strict=False)
    shared = takewhile(lambda same: len(set(same)) == 1 and same[0].endswith("\n"), lines)
    return "".join(same[0] for same in shared)


def bare_problem(asked: str, instruction: str = "") -> str:
    """What is asked, without the instruction before it.

    Args:
        asked: instruction and problem. An instruction that speaks of blocks ends with `Problem:`.
        instruction: any other that the dataset's problems share.
    """
    head, marked, problem = asked.partition("\nProblem:")
    if marked and BLOCK in head:
        return problem.strip()
    return asked.removeprefix(instruction).strip()


@dataclass(frozen=True, slots=True)
class Blocks:
    """An output, taken apart.

    Attributes:
        paths: of all blocks, numbered from 1.
        summary: what follows the last block, without tags; all of an output without blocks; None where nothing follows.
        broken: what is wrong with its tags.
    """

    paths: tuple[AuditedPath, ...]
    summary: str | None
    broken: tuple[str, ...]


def read_blocks(output: str) -> Blocks:
    """Take an output apart; what is badly nested is read on from the next tag that fits."""
    walk = _Walk(output)
    for tag in _TAG.finditer(output):
        walk.meet(tag[0], tag.start(), tag.end())
    walk.end()
    after = _TAG.sub("", output[walk.last_block_end :]).strip()
    return Blocks(tuple(walk.paths), after or None, tuple(dict.fromkeys(walk.broken)))


class _Walk:
    """Where in an output one is, tag by tag."""

    def __init__(self, output: str) -> None:
        self.paths: list[AuditedPath] = []
        self.broken: list[str] = []
        self.blocks = 0
        self.last_block_end = 0
        self._output = output
        self._place: Literal["outside", "block", "path", "before summary", "summary"] = "outside"
        self._begin = 0
        self._paths_before_block = 0

    def meet(self, tag: str, begin: int, end: int) -> None:
        """Go on to the next tag, which stands from `begin` to before `end`."""
        match self._place, tag:
            case "path", "</Path>":
                self._close_path(begin, is_closed=True)
                self._place = "block"
            case "path", "<Path>" | "</Parallel>":
                self._close_path(begin, is_closed=False)
                self._place = "block"
                self.meet(tag, begin, end)
            case "block", "<Path>":
                self._place, self._begin = "path", end
            case "block", "</Parallel>":
                self._close_block(end)
            case "before summary", "<Summary>":
                self._place = "summary"
            case "summary", "</Summary>":
                self._place = "outside"
            case "outside" | "block" | "before summary" | "summary", "<Parallel>":
                self._leave()
                self.blocks += 1
                self._place, self._paths_before_block = "block", len(self.paths)
            case _:
                self.broken.append(f"{tag} stands {self._where()}")

    def end(self) -> None:
        """The output is over."""
        if self._place == "path":
            self._close_path(len(self._output), is_closed=False)
            self._place = "block"
        self._leave()

    def _close_path(self, end: int, *, is_closed: bool) -> None:
        number = len(self.paths) + 1
        self.paths.append(AuditedPath(number, self._output[self._begin : end].strip(), is_closed))
        if not is_closed:
            self.broken.append(f"path {number} does not close")

    def _close_block(self, end: int) -> None:
        self._place, self.last_block_end = "before summary", end
        if len(self.paths) == self._paths_before_block:
            self.broken.append(f"block {self.blocks} holds no path")

    def _leave(self) -> None:
        match self._place:
            case "block":
                self.broken.append(f"block {self.blocks} does not close")
                self.last_block_end = len(self._output)
            case "before summary":
                self.broken.append(f"block {self.blocks} has no <Summary>")
            case "summary":
                self.broken.append(f"the <Summary> of block {self.blocks} does not close")

    def _where(self) -> str:
        match self._place:
            case "path":
                return f"in path {len(self.paths) + 1}"
            case "block":
                return f"in block {self.blocks}, outside its paths"
            case "summary":
                return f"in the summary of block {self.blocks}"
        return "outside a block"
