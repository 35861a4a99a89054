"""How fast an audit reads each format, from rows in memory to examples: MB of text a second of one core."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.audit.reading.marked_texts import MarkedTextReader
from datagen.audit.reading.parallel_r1 import ParallelR1Reader
from datagen.audit.reading.rows import RowReader
from datagen.audit.reading.texts import TextReader
from datagen.audit.reading.token_ids import TokenIdReader
from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.tables import Example
from tests.audit.reading.worlds import example

REAL = Path(__file__).parents[3] / "shared" / "data" / "solutions" / "skythought.parquet"
_PATHS, _CHARACTERS, _ROUNDS, _BATCH = 4, 15_000, 3, 20


def measure(examples: int = 100) -> Iterator[str]:
    """Print the figures.

    Args:
        examples: how many, each of four paths of 15,000 characters of real model outputs.
    """
    tokenizer = load_tokenizer("bundled")
    made = _examples(examples, tokenizer)
    megabytes = sum(len((one.prompt + one.completion).encode()) for one in made) / 1e6
    yield f"| {examples:,} examples, {megabytes:.1f} MB of prompt and completion | MB a second and core |"
    yield "|---|---|"
    for name, reader, batch in _readers(made, tokenizer):
        yield f"| {name} | {megabytes / _cpu_s(reader, batch):,.1f} |"


def _examples(number: int, tokenizer: ExampleTokenizer) -> list[Example]:
    outputs = pq.read_table(REAL, columns=["output"]).column("output").to_pylist()
    texts = [text for text in outputs if len(text) > 3_000 and tokenizer.forbidden_in(text) is None]
    draw = random.Random(0)
    return [
        example(tokenizer, at, texts=[(id_, (draw.choice(texts) * 20)[:_CHARACTERS]) for id_ in range(1, _PATHS + 1)])
        for at in range(1, number + 1)
    ]


def _readers(made: list[Example], tokenizer: ExampleTokenizer) -> Iterator[tuple[str, RowReader, pa.RecordBatch]]:
    text = FORMATS["text"].rows(made, tokenizer)
    yield "text", TextReader(None), text
    yield "text, its tokens counted", TextReader(tokenizer), text
    yield "parathinker", TokenIdReader(tokenizer), FORMATS["parathinker"].rows(made, tokenizer)
    plain = {"text": [one.prompt + one.completion for one in made]}
    yield "parathinker_text", MarkedTextReader(("text",), None), pa.RecordBatch.from_pydict(plain)
    blocks = {"problem": [one.problem for one in made], "output": [_blocks(one) for one in made]}
    yield "parallel_r1", ParallelR1Reader(None), pa.RecordBatch.from_pydict(blocks)


def _blocks(one: Example) -> str:
    paths = "".join(f"<Path>{path.text}</Path>" for path in one.paths)
    return f"<Parallel>{paths}</Parallel><Summary>{one.summary}</Summary>"


def _cpu_s(reader: RowReader, batch: pa.RecordBatch) -> float:
    """The best of some rounds, so that other work on the machine counts least."""
    took = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for first in range(0, batch.num_rows, _BATCH):
            assert not any(one.broken for one in reader.examples(batch.slice(first, _BATCH), "train", first))
        took.append(time.process_time() - began)
    return min(took)
