"""The format `rl`: problems with an answer that can be verified, for reinforcement learning.

One row a problem, with the columns of verl and those of open-r1 and TRL side by side. What a row is rewarded for is the
answer that the dataset's paths were verified against.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from datagen.formats.base import MESSAGE
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example

INSTRUCTION = "Let's think step by step and output the final answer within \\boxed{}."
"""As verl's own preparation of MATH words it; without a box no reward function finds the answer."""

REWARD = "lighteval/MATH"
"""What verl calls `data_source` names a reward function, not a source: this one compares the last box."""

_TEXT = pa.string()
_REWARD_MODEL = pa.struct([("style", _TEXT), ("ground_truth", _TEXT)])
_EXTRA_INFO = pa.struct([("index", _TEXT), ("split", _TEXT), ("source", _TEXT), ("solutions", pa.int32())])
_SCHEMA = pa.schema(
    [
        pa.field("id", _TEXT, nullable=False),
        pa.field("data_source", _TEXT, nullable=False),
        pa.field("prompt", pa.list_(MESSAGE), nullable=False),
        pa.field("ability", _TEXT, nullable=False),
        pa.field("reward_model", _REWARD_MODEL, nullable=False),
        pa.field("extra_info", _EXTRA_INFO, nullable=False),
        pa.field("problem", _TEXT, nullable=False),
        pa.field("solution", _TEXT, nullable=False),
        pa.field("answer", _TEXT, nullable=False),
        pa.field("pass_rate", pa.float64(), nullable=False),
        pa.field("suspect_gold", _TEXT, nullable=False),
    ]
)


class RlFormat:
    """A prompt and the answer that earns the reward."""

    name: FormatName = "rl"
    folder: str = "rl"
    schema: pa.Schema = _SCHEMA
    features_note = (
        "One row a problem for reinforcement learning: problem, answer, and pass_rate, the share of its "
        "extra_info.solutions that are right; as verl reads them (data_source, which there names the reward function "
        "and no source, prompt, ability, reward_model, extra_info) and as open-r1 and TRL do (problem or prompt, "
        "solution: the answer in its box); id and suspect_gold as in text."
    )
    trainer_columns: tuple[str, ...] = tuple(_SCHEMA.names)

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """The problems of the examples."""
        return pa.RecordBatch.from_pylist([_row(example) for example in examples], schema=_SCHEMA)

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """None: no token is in it."""
        return ()


def _row(example: Example) -> dict[str, Any]:
    return {
        "id": example.id,
        "data_source": REWARD,
        "prompt": [{"role": "user", "content": f"{example.problem} {INSTRUCTION}"}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": example.answer},
        "extra_info": {
            "index": example.id,
            "split": example.split,
            "source": example.source,
            "solutions": example.solutions,
        },
        "problem": example.problem,
        "solution": f"\\boxed{{{example.answer}}}",
        "answer": example.answer,
        "pass_rate": example.pass_rate,
        "suspect_gold": example.suspect_gold,
    }
