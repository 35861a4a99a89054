"""The format `messages`: one correct path a row, as a conversation for trainers that apply a chat template.

A thought stands in `<think>` within the assistant's content. That is the one form that TRL, Axolotl and LLaMA-Factory
all take: a template that knows no thoughts shows it as it stands, one that does takes it apart there, and a key of its
own would be dropped without a word by most (docs/formats.md). No text holds these tags: they stand where we put them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from datagen.formats.base import MESSAGE
from datagen.formats.chat_template import render_conversation
from datagen.formats.tokenizer import END_OF_THOUGHT, THOUGHT, ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example, Path

_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("id", "solution_id", "model")),
        pa.field("messages", pa.list_(MESSAGE), nullable=False),
        pa.field("suspect_gold", pa.string(), nullable=False),
    ]
)


class MessagesFormat:
    """A user's and an assistant's message for each correct path; a wrong one is nothing to imitate."""

    name: FormatName = "messages"
    folder: str = "messages"
    schema: pa.Schema = _SCHEMA
    features_note = (
        "One row for each correct path, none for a wrong one: the user gives the problem, the assistant answers with "
        "`<think>`, the thought, `</think>` and what follows it, or with that alone where the solution has no thought; "
        "id and suspect_gold as in text, solution_id and model of the path."
    )
    trainer_columns: tuple[str, ...] = tuple(_SCHEMA.names)

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """The correct paths of the examples, in their order."""
        return pa.RecordBatch.from_pylist([row for example in examples for row in _rows(example)], schema=_SCHEMA)

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """Whether the tokenizer's own chat template loses the thoughts."""
        if tokenizer.chat_template is None:
            return ("The tokenizer has no chat template: give the trainer one that keeps `<think>` … `</think>`.",)
        thought, content = "DATAGENTHOUGHT", "DATAGENCONTENT"
        shown = render_conversation(
            tokenizer.chat_template,
            [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer_text(thought, content)}],
            bos_token=tokenizer.bos_token,
            eos_token=tokenizer.eos_token,
        )
        if shown is None:
            return ("The tokenizer's chat template fails on these messages: give the trainer another one.",)
        if thought not in shown or content not in shown:
            return (
                "The tokenizer's chat template drops the thoughts of these messages, as DeepSeek-R1's does: whoever "
                "applies it trains on the answers alone. With TRL set assistant_only_loss, which brings a template "
                "that keeps them; elsewhere give one.",
            )
        return ()


def answer_text(thought: str, content: str) -> str:
    """What the assistant says: the thought in its tags, a blank line, what follows it."""
    return f"{THOUGHT}\n{thought}\n{END_OF_THOUGHT}\n\n{content}" if thought else content


def _rows(example: Example) -> Iterator[dict[str, Any]]:
    for path in example.paths:
        if path.verdict == "correct":
            messages = [
                {"role": "user", "content": example.problem},
                {"role": "assistant", "content": answer_text(*_thought_and_content(path, example.answer))},
            ]
            yield {
                "id": example.id,
                "solution_id": path.solution_id,
                "model": path.model,
                "messages": messages,
                "suspect_gold": example.suspect_gold,
            }


def _thought_and_content(path: Path, answer: str) -> tuple[str, str]:
    r"""A path taken apart; one that is a thought alone (`paths.text: reasoning`) is closed with its answer."""
    thought, content = path.text[: path.thought_chars], path.text[path.thought_chars :].removeprefix("\n\n")
    return thought, content or f"The final answer is \\boxed{{{answer}}}"
