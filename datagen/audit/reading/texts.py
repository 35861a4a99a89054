"""The format `text`: our own readable dataset, a column for everything that is known of an example.

The columns are what people read and `completion` is what a trainer takes, so both are held together: where they say the
same, the form is that of the columns; where not, the training text is taken apart and the difference told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args

import pyarrow as pa

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.reading.form import END_OF_SUMMARY, OPENINGS, SUMMARY, read_form
from datagen.audit.reading.marks import TextMarks, is_end
from datagen.audit.reading.rows import ID, AuditedFormat, count_tokens, row_id
from datagen.formats.rendering import MOST_PATHS, user_text
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.solutions import finish_reason
from datagen.tables import VerdictKind

_VERDICTS: dict[str, VerdictKind] = {kind: kind for kind in get_args(VerdictKind)}


class TextReader:
    """Reads rows of the table `examples`.

    Args:
        tokenizer: counts the tokens; None takes the column `n_tokens`.
    """

    format: AuditedFormat = "text"
    columns: tuple[str, ...] = (
        ID,
        *("problem", "answer", "source", "licence", "paths", "summary", "prompt", "completion", "n_tokens", "split"),
    )

    def __init__(self, tokenizer: ExampleTokenizer | None) -> None:
        self._tokenizer = tokenizer
        self._marks = TextMarks(tokenizer)

    def examples(self, batch: pa.RecordBatch, split: str, first_row: int) -> Iterator[AuditedExample]:
        """The examples of a batch."""
        for number, values in enumerate(batch.to_pylist(), start=first_row):
            yield self._example({name: value for name, value in values.items() if value is not None}, split, number)

    def _example(self, values: dict[str, Any], split: str, number: int) -> AuditedExample:
        problem, summary = values.get("problem", ""), values.get("summary", "")
        paths = [_path(path) for path in values.get("paths", ())]
        text = values.get("prompt", "") + values.get("completion", "")
        structure = [
            *self._marks.inside("the problem", problem),
            *(line for path in paths for line in self._marks.inside(f"path {path.number}", path.text)),
            *self._marks.inside("the summary", summary),
        ]
        broken: list[str] = []
        is_same = _is_rendering(values.get("completion", ""), paths, summary)
        if structure or not (is_same and _is_sound(values.get("prompt", ""), problem, paths)):
            form = read_form(self._marks.in_text(text), len(text), lambda begin, end: text[begin:end])
            broken += form.broken
            if user_text(problem) not in values.get("prompt", ""):
                broken.append("the prompt is not that of the problem and the instruction")
            if not is_same:
                broken.append("the completion is not that of the paths and the summary")
                closed = {OPENINGS[part.token] for part in form.paths if part.is_closed}
                paths = [replace(path, is_closed=path.number in closed) for path in paths]
        return AuditedExample(
            id=row_id(values, split, number),
            split=values.get("split") or split,
            problem=problem,
            paths=tuple(paths),
            summary=summary or None,
            answer=values.get("answer"),
            source=values.get("source", ""),
            licence=values.get("licence", ""),
            n_tokens=count_tokens(text, self._tokenizer) if self._tokenizer else values.get("n_tokens"),
            structure=tuple(structure),
            broken=tuple(broken),
        )


def _path(values: dict[str, Any]) -> AuditedPath:
    said = values.get("finish_reason")
    return AuditedPath(
        number=values.get("think_id") or 0,
        text=values.get("text") or "",
        finish_reason=finish_reason(said) if said else None,
        answer=values.get("answer"),
        verdict=_VERDICTS.get(values.get("verdict") or ""),
        writer=values.get("model") or "",
    )


def _is_rendering(completion: str, paths: Sequence[AuditedPath], summary: str) -> bool:
    """Whether a training text says what the columns say."""
    expected = "".join(f"<think{path.number}>{path.text}</think{path.number}>" for path in paths)
    expected += f"{SUMMARY}{summary}{END_OF_SUMMARY}"
    return completion.startswith(expected) and is_end(completion[len(expected) :])


def _is_sound(prompt: str, problem: str, paths: Sequence[AuditedPath]) -> bool:
    """Whether a rendering of texts without structure in them is one that a trainer takes."""
    numbers = {path.number for path in paths}
    return (
        0 < len(numbers) == len(paths)
        and numbers <= set(range(1, MOST_PATHS + 1))
        and prompt.count(SUMMARY) == prompt.count(END_OF_SUMMARY) == 1
        and user_text(problem) in prompt
    )
