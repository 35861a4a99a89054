"""The format `messages`: a conversation for trainers that apply the tokenizer's chat template themselves.

The answer opens with `<think>` and has no EOS: the template adds the turn's frame, and where it adds nothing else the
rendered conversation is the same text as prompt + completion.
"""

from collections.abc import Sequence

import pyarrow as pa

from datagen.formats.rendering import user_text
from datagen.formats.tokenizer import THOUGHT, ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example

_MESSAGE = pa.struct([pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)])
_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("messages", pa.list_(_MESSAGE), nullable=False),
        pa.field("suspect_gold", pa.string(), nullable=False),
        pa.field("wrong_paths", pa.int32(), nullable=False),
    ]
)


class MessagesFormat:
    """A user's and an assistant's message."""

    name: FormatName = "messages"
    folder: str = "messages"
    schema: pa.Schema = _SCHEMA
    features_note = (
        "The same examples as conversations: the user gives problem and instruction, the assistant answers with "
        "`<think>`, the parallel paths and the summary, in control tokens and without EOS; id, "
        "suspect_gold and wrong_paths as in text."
    )
    trainer_columns: tuple[str, ...] = ("id", "messages", "suspect_gold", "wrong_paths")

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """The examples as conversations."""
        conversations = [
            [
                {"role": "user", "content": user_text(example.problem)},
                {"role": "assistant", "content": THOUGHT + example.completion.removesuffix(tokenizer.eos_token)},
            ]
            for example in examples
        ]
        columns = {
            "id": [example.id for example in examples],
            "messages": conversations,
            "suspect_gold": [example.suspect_gold for example in examples],
            "wrong_paths": [example.wrong_paths for example in examples],
        }
        return pa.RecordBatch.from_pydict(columns, schema=_SCHEMA)
