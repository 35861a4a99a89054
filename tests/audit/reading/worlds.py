"""Small datasets, written by the formats' own writers, and what an audit should see of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.audit.example import AuditedExample
from datagen.audit.reading import open_dataset
from datagen.formats import FORMATS
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.tables import Example, Split
from tests.examples import drawn_example

TEXTS = ((2, "Six times {n} is {m}.\n\nSo \\boxed{{{m}}}."), (5, "It is {n} plus 5 × {n}: {m}. 🙂"), (1, " {m}"))
"""Number and text of an example's paths, for any n and m = 6 n."""


def example(
    tokenizer: ExampleTokenizer,
    number: int,
    split: Split = "train",
    texts: Sequence[tuple[int, str]] | None = None,
    problem: str | None = None,
    summary: str | None = None,
) -> Example:
    texts = texts or [(id_, text.format(n=number, m=6 * number)) for id_, text in TEXTS]
    return drawn_example(tokenizer, number, texts, split=split, problem=problem, summary=summary)


def dataset_folder(folder: Path, tokenizer: ExampleTokenizer) -> Path:
    """A dataset of ours in every format: two shards of train, one of test, and the tokenizer."""
    shards: Mapping[str, Iterable[Example]] = {
        "train-00000-of-00002": [example(tokenizer, number) for number in range(1, 4)],
        "train-00001-of-00002": [example(tokenizer, number) for number in range(4, 6)],
        "test-00000-of-00001": [example(tokenizer, 6, "test")],
    }
    for one in FORMATS.values():
        (folder / one.folder).mkdir(parents=True)
        for name, examples in shards.items():
            with pq.ParquetWriter(folder / one.folder / f"{name}.parquet", one.schema) as writer:
                writer.write_batch(one.rows(list(examples), tokenizer))
    (folder / "README.md").write_text("# A dataset\n")
    tokenizer.save(folder / "tokenizer")
    return folder


def write_parquet(path: Path, rows: list[dict[str, object]], schema: pa.Schema | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def audited(where: Path | str, tokenizer: str | None = None) -> list[AuditedExample]:
    return list(open_dataset(str(where), tokenizer))


def texts_of(seen: AuditedExample) -> tuple[str, list[tuple[int, str]], str | None]:
    """Problem, paths and summary."""
    return seen.problem, [(path.number, path.text) for path in seen.paths], seen.summary
