"""The format `parathinker`: token ids, segment numbers and labels, as the published trainer reads them.

Every point of what the trainer does with an example is looked at (PARATHINKER.md); ids are looked up by name, so that
any tokenizer's will do. Texts come back by decoding what stands between the control tokens.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.reading.form import OPENINGS, PAD, Form, Mark, read_form
from datagen.audit.reading.labels import Ids, wrong_labels, wrong_segments
from datagen.audit.reading.marks import Frame, problem_span, strays
from datagen.audit.reading.rows import ID, AuditedFormat, row_id
from datagen.formats.rendering import SUMMARY_PREFIX
from datagen.formats.tokenizer import ExampleTokenizer

INPUT_IDS, ATTENTION_MASK, LABELS = "input_ids", "attention_mask", "labels"
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
            ids, mask, labels = (_values(batch, column, row) for column in (INPUT_IDS, ATTENTION_MASK, LABELS))
            yield self._example(name, split, ids, mask, labels)

    def holds_structure(self, batch: pa.RecordBatch, row: int) -> bool:
        """Whether a row has any path token of the tokenizer."""
        return any(mark.token in OPENINGS for mark in self._marks(_values(batch, INPUT_IDS, row)))

    def _marks(self, ids: Ids) -> list[Mark]:
        names = self._tokenizer.names
        places = np.flatnonzero(np.isin(ids, self._structure)).tolist()
        return [Mark(names[int(ids[place])], place, place + 1) for place in places]

    def _example(self, name: str, split: str, ids: Ids, mask: Ids, labels: Ids) -> AuditedExample:
        length = _without_padding(mask, len(ids))
        whole, ids = ids, ids[:length]

        def text_of(begin: int, end: int) -> str:
            return self._text(ids, begin, end)

        form = read_form(self._marks(ids), length, text_of)
        prompt = text_of(0, form.prompt_end).replace(PAD, "")
        problem = slice(*problem_span(prompt, self._frame))
        in_problem, missing = strays(form.prompt_marks, self._frame)
        broken = [*self._unknown(whole), *(f"the prompt lacks {tokens}" for tokens in missing), *form.broken]
        broken += self._wrong_end(ids, form)
        broken += wrong_segments(mask, form, len(whole))
        broken += wrong_labels(labels, whole, form, length, self._forced_ids)
        return AuditedExample(
            id=name,
            split=split,
            problem=prompt[problem],
            paths=tuple(
                AuditedPath(OPENINGS[part.token], text_of(part.text_begin, part.text_end), part.is_closed)
                for part in form.paths
            ),
            summary=None if form.summary is None else text_of(form.summary.text_begin, form.summary.text_end),
            n_tokens=len(whole),
            structure=(*(f"{token} in the problem" for token in in_problem), *form.structure),
            broken=tuple(broken),
        )

    def _text(self, ids: Ids, begin: int, end: int) -> str:
        if begin == end:
            return ""
        if begin == 0:
            return self._tokenizer.decode(ids[:end].tolist())
        # some decoders take a blank from what stands first, so a token of structure stands there
        before = self._tokenizer.decode(ids[begin - 1 : begin].tolist())
        return self._tokenizer.decode(ids[begin - 1 : end].tolist()).removeprefix(before)

    def _unknown(self, ids: Ids) -> Iterator[str]:
        outside = int(np.count_nonzero((ids < 0) | (ids > self._highest_id)))
        if outside:
            yield f"{outside} ids are none of the tokenizer's"

    def _wrong_end(self, ids: Ids, form: Form) -> Iterator[str]:
        if form.summary is None or not form.summary.is_closed:
            return
        end = ids[form.summary.end :].tolist()
        eos = self._tokenizer.id_of(self._tokenizer.eos_token)
        if end != [eos]:
            told = self._tokenizer.decode(end[:8]) if end else "nothing"
            yield f"after the summary stands {told!r}, not {self._tokenizer.eos_token}"


def _values(batch: pa.RecordBatch, column: str, row: int) -> Ids:
    """One row of a column of lists of integers; a null in it is no id of any tokenizer."""
    values: Any = batch.column(column)[row].values
    if values is None:
        return np.empty(0, dtype=np.int64)
    if values.null_count:
        values = values.fill_null(_UNKNOWN)
    found: Ids = values.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return found


def _without_padding(mask: Ids, length: int) -> int:
    """Where the zeros begin that a mask may end with."""
    if len(mask) != length:
        return length
    seen = np.flatnonzero(mask)
    return int(seen[-1]) + 1 if len(seen) else length
