"""The format `parathinker`: what the published ParaThinker trainer reads, tokenised.

Attention masks hold segment numbers, not ones. The trainer's collator turns every column into a tensor, so the `id`
that leads back to the readable row stays in the Parquet files and is left out of an exported folder.
"""

from collections.abc import Sequence

import pyarrow as pa

from datagen.errors import DatagenError
from datagen.formats.rendering import Rendered, render
from datagen.formats.tokenizer import CONTROL_TOKENS, ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example

_HARD_CODED = dict(zip(CONTROL_TOKENS[:17], range(151665, 151682), strict=True))
"""The ids by which the published trainer finds path tokens and `<summary>`, whatever the tokenizer."""

_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("input_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("attention_mask", pa.list_(pa.int8()), nullable=False),
        pa.field("labels", pa.list_(pa.int64()), nullable=False),
    ]
)


class ParathinkerFormat:
    """Token ids, segment numbers and labels."""

    name: FormatName = "parathinker"
    folder: str = "parathinker"
    schema: pa.Schema = _SCHEMA
    features_note = (
        "The same examples tokenised for the ParaThinker trainer: input_ids; attention_mask with segment numbers "
        "(1 prompt, i + 1 the i-th path, 10 summary); labels (-100 where nothing is trained). "
        "In Parquet also id, as in text."
    )
    trainer_columns: tuple[str, ...] = ("input_ids", "attention_mask", "labels")

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """Render the examples; DatagenError when one was rendered otherwise before."""
        rendered = [_rendered(example, tokenizer) for example in examples]
        columns = {
            "id": [example.id for example in examples],
            "input_ids": [one.input_ids for one in rendered],
            "attention_mask": [one.attention_mask for one in rendered],
            "labels": [one.labels for one in rendered],
        }
        return pa.RecordBatch.from_pydict(columns, schema=_SCHEMA)

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """Whether the control tokens have other ids than the published trainer looks for."""
        for token, id_ in _HARD_CODED.items():
            if tokenizer.id_of(token) != id_:
                return (
                    f"The published ParaThinker trainer can't be used on these rows as it is: it looks for {token} as "
                    f"token {id_} (<think1> to <think8> at 151665 + 2k, <summary> at 151681), and this tokenizer has "
                    f"it at {tokenizer.id_of(token)}. Give the trainer this tokenizer's ids.",
                )
        return ()


def _rendered(example: Example, tokenizer: ExampleTokenizer) -> Rendered:
    paths = [(path.think_id, path.text) for path in example.paths]
    rendered = render(example.problem, paths, example.summary, tokenizer)
    same = (rendered.prompt, rendered.completion, rendered.n_tokens)
    if same != (example.prompt, example.completion, example.n_tokens):
        raise DatagenError(
            f"example {example.id}: this tokenizer gives another text or another number of tokens than the example "
            "holds; build again with --fresh, so that both come from one tokenizer"
        )
    return rendered
