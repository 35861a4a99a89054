"""What reads the rows of one format, and how a row is named."""

from collections.abc import Iterator
from typing import Any, Literal, Protocol

import pyarrow as pa

from datagen.audit.example import AuditedExample
from datagen.formats.tokenizer import ExampleTokenizer

AuditedFormat = Literal["text", "parathinker", "parathinker_text", "parallel_r1"]
ID = "id"


class RowReader(Protocol):
    """Makes examples of the rows of one format."""

    @property
    def format(self) -> AuditedFormat:
        """The format."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that it reads, where they are there."""

    def examples(self, batch: pa.RecordBatch, split: str, first_row: int) -> Iterator[AuditedExample]:
        """The examples of a batch.

        Args:
            batch: rows with `columns`.
            split: that they stand in.
            first_row: the number of its first row in its split, from 0.
        """


def row_id(values: dict[str, Any], split: str, number: int) -> str:
    """The row's own id, or `train row 17`."""
    own = values.get(ID)
    return f"{split} row {number}" if own is None or own == "" else str(own)


def as_text(value: object) -> str | None:
    """A cell that should hold text, whatever type somebody gave it; None for none."""
    return None if value is None else str(value)


def count_tokens(text: str, tokenizer: ExampleTokenizer | None) -> int | None:
    """What a trainer gets who tokenises a whole text, names of tokens and all.

    None without a tokenizer, and where its vocabulary can't write the text.
    """
    if tokenizer is None:
        return None
    try:
        return len(tokenizer.encode(tokenizer.pieces(text)))
    except ValueError:
        return None
