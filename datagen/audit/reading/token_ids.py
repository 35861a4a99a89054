"""The format `parathinker`: token ids, segment numbers and labels, as the published trainer reads them.

Every point of what the trainer does with an example is looked at (PARATHINKER.md); ids are looked up by name, so that
any tokenizer's will do. Texts come back by decoding what stands between the control tokens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.reading.form import OPENINGS, PAD, Form, Mark, any_path, read_form
from datagen.audit.reading.labels import Ids, wrong_labels, wrong_segments
from datagen.audit.reading.marks import Frame, lacking, problem_span, strays
from datagen.audit.reading.rows import ID, AuditedFormat, row_id
from datagen.formats.rendering import SUMMARY_PREFIX
from datagen.formats.tokenizer import ExampleTokenizer

INPUT_IDS, ATTENTION_MASK, LABELS = "input_ids", "attention_mask", "labels"
_LISTS = (INPUT_IDS, ATTENTION_MASK, LABELS)
_UNKNOWN = -1


class TokenIdReader:
    """Reads rows of token ids.

    Args:
        tokenizer: the one that made the ids.
    """

    format: AuditedFormat = "parathinker"
    columns: tuple[str, ...] = (ID, INPUT_IDS, ATTENTION_MASK, LABELS)

    def __init__(self, tokenizer: ExampleTokenizer) -> None:
        self._tokenizer = tokenizer
        self._frame = Frame.of(tokenizer)
        self._forced_ids = tokenizer.encode_text(SUMMARY_PREFIX)
        self._structure = np.fromiter(tokenizer.names, dtype=np.int64)
        self._highest_id = tokenizer.highest_id

    def examples(self, batch: pa.RecordBatch, split: str, first_row: int) -> Iterator[AuditedExample]:
        """The examples of a batch."""
        own_ids = batch.column(ID).to_pylist() if ID in batch.schema.names else [None] * batch.num_rows
        for row, own_id in enumerate(own_ids):
            name = row_id({ID: own_id}, split, first_row + row)
            yield self._example(name, split, _Row(*(_values(batch, column, row) for column in _LISTS)))

    def fits(self, batch: pa.RecordBatch, row: int) -> bool:
        """Whether the tokenizer can have made a row: it knows all its ids, and a path opens and closes."""
        ids = _values(batch, INPUT_IDS, row)
        tokens = [mark.token for mark in self._marks(ids)]
        return bool(np.all(ids <= self._highest_id)) and any_path(tokens)

    def _marks(self, ids: Ids) -> list[Mark]:
        names = self._tokenizer.names
        places = np.flatnonzero(np.isin(ids, self._structure)).tolist()
        return [Mark(names[int(ids[place])], place, place + 1) for place in places]

    def _example(self, name: str, split: str, row: "_Row") -> AuditedExample:
        ids = row.ids[: row.end]
        if row.count_outside(self._highest_id):  # decoding takes no negative ids, and passes over unknown ones
            ids = np.where((ids < 0) | (ids > self._highest_id), self._highest_id + 1, ids)

        def text_of(begin: int, end: int) -> str:
            return self._text(ids, begin, end)

        form = read_form(self._marks(ids), len(ids), text_of)
        prompt = text_of(0, form.prompt_end).replace(PAD, "")
        in_problem = dict.fromkeys(strays(form.prompt_marks, self._frame))
        return AuditedExample(
            id=name,
            split=split,
            problem=prompt[slice(*problem_span(prompt, self._frame))],
            paths=tuple(
                AuditedPath(OPENINGS[part.token], text_of(part.text_begin, part.text_end), part.is_closed)
                for part in form.paths
            ),
            summary=None if form.summary is None else text_of(form.summary.text_begin, form.summary.text_end),
            n_tokens=len(row.ids),
            structure=(*(f"{token} in the problem" for token in in_problem), *form.structure),
            broken=tuple(self._broken(row, form, prompt)),
        )

    def _broken(self, row: "_Row", form: Form, prompt: str) -> Iterator[str]:
        if outside := row.count_outside(self._highest_id):
            yield f"{outside} ids are none of the tokenizer's"
        yield from (f"the prompt lacks {text}" for text in lacking(prompt, self._frame))
        yield from form.broken
        yield from self._wrong_end(row.ids[: row.end], form)
        yield from wrong_segments(row.mask, form, len(row.ids))
        yield from wrong_labels(row.labels, row.ids, form, row.end, self._forced_ids)

    def _wrong_end(self, ids: Ids, form: Form) -> Iterator[str]:
        if form.summary is None or not form.summary.is_closed:
            return
        end = ids[form.summary.end :].tolist()
        if end != [self._tokenizer.id_of(self._tokenizer.eos_token)]:
            told = repr(self._text(ids, form.summary.end, form.summary.end + 8)) if end else "nothing"
            yield f"after the summary stands {told}, not {self._tokenizer.eos_token}"

    def _text(self, ids: Ids, begin: int, end: int) -> str:
        if begin == end:
            return ""
        if begin == 0:
            return self._tokenizer.decode(ids[:end].tolist())
        # some decoders take a blank from what stands first, so a token of structure stands there
        before = self._tokenizer.decode(ids[begin - 1 : begin].tolist())
        return self._tokenizer.decode(ids[begin - 1 : end].tolist()).removeprefix(before)


@dataclass(frozen=True, slots=True)
class _Row:
    """The three columns of an example; padding, which the mask ends with, begins at `end`."""

    ids: Ids
    mask: Ids
    labels: Ids

    @property
    def end(self) -> int:
        seen = np.flatnonzero(self.mask)
        return int(seen[-1]) + 1 if len(seen) and len(self.mask) == len(self.ids) else len(self.ids)

    def count_outside(self, highest_id: int) -> int:
        """Ids that stand for nothing."""
        return int(np.count_nonzero((self.ids < 0) | (self.ids > highest_id)))


def _values(batch: pa.RecordBatch, column: str, row: int) -> Ids:
    """One row of a column of lists of integers; a null in it is no id of any tokenizer."""
    values: Any = batch.column(column)[row].values
    if values is None:
        return np.empty(0, dtype=np.int64)
    if values.null_count:
        values = values.fill_null(_UNKNOWN)
    found: Ids = values.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return found
