"""What a format is: a schema, how examples become its rows, and what a trainer must know of them.

Every format is written from the same examples; it adds nothing that they do not hold and is rendered by the same code.
"""

from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from datagen.formats.tokenizer import ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example

MESSAGE = pa.struct([pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)])
"""One turn of a conversation, as trainers read it."""


class Format(Protocol):
    """One way to write examples."""

    @property
    def name(self) -> FormatName:
        """The name in the recipe and of the dataset's configuration."""

    @property
    def folder(self) -> str:
        """Where its Parquet files lie within the dataset."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of its Parquet files."""

    @property
    def features_note(self) -> str:
        """What the columns are, in a line or two, for the card."""

    @property
    def trainer_columns(self) -> tuple[str, ...]:
        """The columns that an exported, trainer-ready folder keeps."""

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """Write examples, in their order, each as one row or more.

        Raises:
            DatagenError: an example was made with another tokenizer.
        """

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """What whoever trains on these rows with this tokenizer must know, in sentences; empty when nothing."""
