"""What assembling takes: the readable format beside a bare pyarrow writer, the tokenised one a core, and memory.

Examples have four paths of 15 KB, cut out of the solutions of Open-R1. Ours reads them from their table and writes them
as the stage does, to the closed files. The bare writer is given the same rows in memory and writes one file with the
same codec, in row groups of as many rows. Bytes are those of the values in Arrow's form, before encoding. Text is what
the tokenizer reads, prompt and completion; `tokenizers` alone encodes the completions and nothing else. Peak memory
is the kernel's word on a process of its own.
"""

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from datagen.assemble import write_format
from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.formats.tokenizer_files import BUNDLED
from datagen.shards import ROW_GROUP_BYTES, row_bytes
from datagen.tables import EXAMPLES
from datagen.workspace import Workspace
from tests.benchmarks.contestants import peak_mib
from tests.examples import example

_OUTPUTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "sources" / "open_r1" / "train-00000-of-00001.parquet"
_PATHS, _CHARACTERS, _DISTINCT, _PAIRS, _SHARD_ROWS, _TEST_EVERY = 4, 15_000, 500, 9, 1_000, 50
_MOST_TOKENISED = 4_000


@dataclass(frozen=True)
class _Took:
    """Seconds of the clock, and of processors."""

    wall_s: float
    cpu_s: float


def measure(examples: int = 2_000, share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        examples: memory is measured for so many, and for a quarter; tokenised ones are at most 4,000.
        share: time an Nth of the examples only.
    """
    tokenizer = load_tokenizer("bundled")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "run")
        _write_examples(workspace, tokenizer, _DISTINCT // share)
        yield from _speed(workspace, tokenizer, Path(folder))
        yield ""
        yield from _memory(workspace, examples)


def _write_examples(workspace: Workspace, tokenizer: ExampleTokenizer, number: int) -> None:
    rows = pq.read_table(_OUTPUTS, columns=["generations"]).column("generations").to_pylist()
    outputs = [text for texts in rows for text in texts or () if text]
    pool = "\n\n".join(text for text in outputs if tokenizer.forbidden_in(text) is None)
    draw = random.Random(7)
    begins = [draw.randrange(len(pool) - _CHARACTERS) for _ in range(number * _PATHS)]
    texts = [pool[begin : begin + _CHARACTERS].strip() for begin in begins]
    with workspace.writing(EXAMPLES, "select") as write:
        for row in range(number):
            split = "train" if row % _TEST_EVERY else "test"
            write(example(tokenizer, row, texts[row * _PATHS : (row + 1) * _PATHS], split=split))


def _speed(workspace: Workspace, tokenizer: ExampleTokenizer, folder: Path) -> Iterator[str]:
    rows = pa.Table.from_batches(list(workspace.read_batches(EXAMPLES))).combine_chunks()
    size = sum(int(row_bytes(batch).sum()) for batch in rows.to_batches())
    text = sum(len(value.encode()) for name in ("prompt", "completion") for value in rows.column(name).to_pylist())
    rows_of_a_group = max(1, ROW_GROUP_BYTES * len(rows) // size)

    def bare(place: Path) -> None:
        with pq.ParquetWriter(place, rows.schema, compression="zstd", compression_level=3) as writer:
            for begin in range(0, len(rows), rows_of_a_group):
                writer.write_table(rows.slice(begin, rows_of_a_group))

    def ours(place: Path) -> None:
        write_format(workspace, FORMATS["text"], place, _SHARD_ROWS, tokenizer)

    pairs = [(_timed(bare, folder / "bare"), _timed(ours, folder / "ours")) for _ in range(_PAIRS)]
    yield (
        f"{len(rows):,} examples, {size / 1e6:,.0f} MB of values, {text / 1e6:,.0f} MB of text; the writers in turn, "
        f"medians of {_PAIRS} pairs."
    )
    yield ""
    yield "| format text | MB a second | ratio | lowest, highest | MB a CPU second | ratio |"
    yield "|---|---|---|---|---|---|"
    of_bare = [[one.wall_s, one.cpu_s] for one, _ in pairs]
    of_ours = [[one.wall_s, one.cpu_s] for _, one in pairs]
    for who, took in (("bare pyarrow writer, rows in memory", of_bare), ("ours, from the table", of_ours)):
        wall, cpu = (statistics.median(one[place] for one in took) for place in (0, 1))
        ratios = [sorted(b[place] / t[place] for b, t in zip(of_bare, took, strict=True)) for place in (0, 1)]
        yield (
            f"| {who} | {size / 1e6 / wall:,.0f} | {statistics.median(ratios[0]):.2f} "
            f"| {ratios[0][0]:.2f}, {ratios[0][-1]:.2f} | {size / 1e6 / cpu:,.0f} "
            f"| {statistics.median(ratios[1]):.2f} |"
        )
    yield ""
    yield "| format parathinker | MB of text a CPU second | a second |"
    yield "|---|---|---|"
    completions = rows.column("completion").to_pylist()
    bundled = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))

    def alone(place: Path) -> None:
        for completion in completions:
            bundled.encode(completion, add_special_tokens=False).ids  # noqa: B018
        place.touch()

    took = _timed(alone, folder / "alone")
    yield f"| tokenizers alone, nothing written | {text / 1e6 / took.cpu_s:.1f} | {text / 1e6 / took.wall_s:.1f} |"
    for what in ("ours, its first time", "ours, again"):

        def tokenised(place: Path) -> None:
            write_format(workspace, FORMATS["parathinker"], place, _SHARD_ROWS, tokenizer)

        took = _timed(tokenised, folder / "tokenised")
        yield f"| {what} | {text / 1e6 / took.cpu_s:.1f} | {text / 1e6 / took.wall_s:.1f} |"


def _timed(write: Callable[[Path], None], place: Path) -> _Took:
    wall, cpu = time.perf_counter(), time.process_time()
    write(place)
    took = _Took(time.perf_counter() - wall, time.process_time() - cpu)
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    return took


def _memory(workspace: Workspace, examples: int) -> Iterator[str]:
    """Of a process that writes so many examples; the distinct ones over and over, far behind any codec's window."""
    yield "| format | examples | peak MiB | seconds | on disk, MB |"
    yield "|---|---|---|---|---|"
    rows = pa.Table.from_batches(list(workspace.read_batches(EXAMPLES)))
    for name, most in (("text", examples), ("parathinker", min(examples, _MOST_TOKENISED))):
        for number in (most // 4, most):
            with tempfile.TemporaryDirectory() as folder:
                place = Workspace(Path(folder)).part(EXAMPLES, "select")
                place.parent.mkdir()
                with pq.ParquetWriter(place, EXAMPLES.schema, compression="zstd") as writer:
                    for begin in range(0, number, len(rows)):
                        writer.write_table(rows.slice(0, min(len(rows), number - begin)), row_group_size=200)
                took = _child(name, folder)
            yield f"| {name} | {number:,} | {took['peak_mib']:,} | {took['seconds']:,} | {took['mb']:,} |"


def _child(name: str, folder: str) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.benchmarks.assembling", name, folder]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    took: dict[str, int] = json.loads(said.splitlines()[-1])
    return took


def _assemble(name: str, folder: Path) -> dict[str, int]:
    place, started = folder / "written", time.perf_counter()
    write_format(Workspace(folder), FORMATS[name], place, _SHARD_ROWS, load_tokenizer("bundled"))
    seconds = time.perf_counter() - started
    size = sum(file.stat().st_size for file in place.iterdir())
    shutil.rmtree(place)
    return {"peak_mib": peak_mib(), "seconds": round(seconds), "mb": size // 10**6}


if __name__ == "__main__":
    print(json.dumps(_assemble(sys.argv[1], Path(sys.argv[2]))))
