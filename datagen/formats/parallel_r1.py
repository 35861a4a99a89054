"""The format `parallel_r1`: paths and summary between the tags that Parallel-R1 (arXiv 2509.07980) trains on.

Its tags are names of tokens to come, not of tokens that a tokenizer has. So no text of any dataset holds one of them
(see `tokenizer.forbidden_in`), and those that stand in a row are ours.
"""

from collections.abc import Sequence

import pyarrow as pa

from datagen.formats.tokenizer import ExampleTokenizer
from datagen.recipe import FormatName
from datagen.tables import Example

INSTRUCTION = (
    "Solve the following problem step by step.\n"
    "During the reasoning process, whenever you encounter a step that may benefit from multiple perspectives or "
    "independent reasoning, insert a <Parallel> block at that point.\n\n"
    "Within each <Parallel> block:\n\n"
    "Include at least two distinct and independent reasoning paths.\n"
    "Each path must be enclosed within <Path> and </Path> tags.\n"
    "Do not include any ordering information or cross-references between paths, as they are generated simultaneously "
    "and independently.\n"
    "Close the block with </Parallel>.\n"
    "Immediately after each </Parallel>, write a concise summary of insights or conclusions drawn from all paths, "
    "enclosed in <Summary> and </Summary> tags.\n\n"
    "Repeat this process adaptively as needed throughout the reasoning.\n"
    "Do not explicitly mention that you are triggering parallel thinking—just insert the <Parallel> block naturally "
    "within the reasoning chain.\n\n"
    "End your response with a line starting with Final Answer: followed by the final result.\n\n"
    "Problem: "
)
"""What stands before every problem of the published dataset; released models were trained with it."""

_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in ("id", "problem", "output", "answer")),
        pa.field("suspect_gold", pa.string(), nullable=False),
        pa.field("wrong_paths", pa.int32(), nullable=False),
    ]
)


class ParallelR1Format:
    """Problem, output and answer."""

    name: FormatName = "parallel_r1"
    folder: str = "parallel_r1"
    schema: pa.Schema = _SCHEMA
    features_note = (
        "The same examples in the form of Parallel-R1: problem, after its instruction; output, which is one "
        "`<Parallel>` block with each path in `<Path>`, the summary in `<Summary>`, and a line `Final Answer:`; "
        "answer; id, suspect_gold and wrong_paths as in text."
    )
    trainer_columns: tuple[str, ...] = tuple(_SCHEMA.names)

    def rows(self, examples: Sequence[Example], tokenizer: ExampleTokenizer) -> pa.RecordBatch:
        """The examples between their tags."""
        columns = {
            "id": [example.id for example in examples],
            "problem": [INSTRUCTION + example.problem for example in examples],
            "output": [_output(example) for example in examples],
            "answer": [example.answer for example in examples],
            "suspect_gold": [example.suspect_gold for example in examples],
            "wrong_paths": [example.wrong_paths for example in examples],
        }
        return pa.RecordBatch.from_pydict(columns, schema=_SCHEMA)

    def warnings(self, tokenizer: ExampleTokenizer) -> tuple[str, ...]:
        """None: its tags are no tokens of this tokenizer."""
        return ()


def _output(example: Example) -> str:
    paths = "\n".join(f"<Path>\n{path.text}\n</Path>" for path in example.paths)
    block = f"<Parallel>\n{paths}\n</Parallel>\n<Summary>\n{example.summary}\n</Summary>"
    return f"{block}\n\nFinal Answer: {example.answer}"
