"""The format `text`: everything that is known of an example, readable. It is always written."""

from collections.abc import Sequence

import pyarrow as pa

from datagen.formats.tokenizer import ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import EXAMPLES, Example


class TextFormat:
    """All columns of the table `examples`."""

    name: FormatName = "text"
    folder: str = "data"
    schema: pa.Schema = EXAMPLES.schema
    features_note = (
        "The readable dataset: problem, answer, provenance (source, source_id, revision, licence), every path with its "
        "own answer, verdict, teacher and model, and with how many characters of its text are thought (thought_chars), "
        "the summary and who wrote it (summary_by: a model, or template), and "
        "the training text as prompt + completion; "
        "suspect_gold (kept or adopted) where the source's answer looks wrong, with source_answer and majority_answer; "
        "pass_rate, the share of its solutions that are right, of so many solutions; diversity, how far apart its "
        "paths are (0 to 1); wrong_paths, how many of them are wrong, as their verdict says."
    )
    trainer_columns: tuple[str, ...] = tuple(EXAMPLES.schema.names)

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """The examples as they are."""
        return EXAMPLES.to_arrow(examples)

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """None: it is text."""
        return ()
