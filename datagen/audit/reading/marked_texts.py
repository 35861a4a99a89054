"""The form of ParaThinker as plain text: control tokens by name, in `text` or in `prompt` and `completion`.

Whoever tokenises such a text takes every name of a token for the token, so that what stands in a path is as much
structure as what stands around it. An EOS may be missing: trainers add it.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.reading.form import OPENINGS, PAD, read_form
from datagen.audit.reading.marks import Frame, TextMarks, is_end, problem_span
from datagen.audit.reading.rows import ID, AuditedFormat, as_text, count_tokens, row_id
from datagen.formats.tokenizer import ExampleTokenizer

_KNOWN_COLUMNS = (ID, "problem", "answer", "source", "licence")


class MarkedTextReader:
    """Reads rows whose text holds the control tokens by name.

    Args:
        columns: of the text, in the order in which they make it.
        tokenizer: counts tokens and tells its own structure; None counts none.
    """

    format: AuditedFormat = "parathinker_text"

    def __init__(self, columns: tuple[str, ...], tokenizer: ExampleTokenizer | None) -> None:
        self.columns: tuple[str, ...] = (*_KNOWN_COLUMNS, *columns)
        self._text_columns = columns
        self._tokenizer = tokenizer
        self._frame = None if tokenizer is None else Frame.of(tokenizer)
        self._marks = TextMarks(tokenizer)

    def examples(self, batch: pa.RecordBatch, split: str, first_row: int) -> Iterator[AuditedExample]:
        """The examples of a batch."""
        for number, values in enumerate(batch.to_pylist(), start=first_row):
            text = "".join(values[column] or "" for column in self._text_columns)
            yield self._example(text, values, split, row_id(values, split, number))

    def _example(self, text: str, values: dict[str, Any], split: str, name: str) -> AuditedExample:
        marks = self._marks.in_text(text)
        form = read_form(marks, len(text), lambda begin, end: text[begin:end])
        begin, end = problem_span(text[: form.prompt_end], self._frame)
        in_problem = [mark.token for mark in marks if begin <= mark.begin < end and mark.token != PAD]
        broken = list(form.broken)
        if form.summary and form.summary.is_closed and not is_end(rest := text[form.summary.end :]):
            broken.append(f"after the summary stands {rest.strip()[:40]!r}")
        return AuditedExample(
            id=name,
            split=split,
            problem=values.get("problem") or text[begin:end],
            paths=tuple(
                AuditedPath(OPENINGS[part.token], text[part.text_begin : part.text_end], part.is_closed)
                for part in form.paths
            ),
            summary=None if form.summary is None else text[form.summary.text_begin : form.summary.text_end],
            answer=as_text(values.get("answer")),
            source=as_text(values.get("source")) or "",
            licence=as_text(values.get("licence")) or "",
            n_tokens=count_tokens(text, self._tokenizer),
            structure=(*(f"{token} in the problem" for token in dict.fromkeys(in_problem)), *form.structure),
            broken=tuple(broken),
        )
