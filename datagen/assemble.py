"""The assemble stage: examples become the dataset's folder, in every format, with its card.

The folder's name holds the hash of its contents, and `dataset` is a link to it: a rebuilt dataset is a new folder
beside the old one, and a reader never meets half of one. Equal examples give equal bytes.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from datagen.atomic import atomic_folder, replace_link
from datagen.errors import DatagenError
from datagen.formats import FORMATS
from datagen.formats.base import Format
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.funnel import funnel
from datagen.publish.papers import paper_settings, write_papers
from datagen.recipe import FormatName, Recipe
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import EXAMPLES, Example, Split
from datagen.workspace import PARQUET_OPTIONS

_BATCH_ROWS = 100
"""Rows of a row group: few enough for the Hub's viewer to page through long texts."""


class Assemble(Stage):
    """Writes `dataset-<hash>/` and points the link `dataset` to it."""

    stage = "assemble"
    reads = (EXAMPLES,)
    writes = ()

    def settings(self, run: Run) -> object:
        """How the dataset is written, and what is said of it."""
        return [run.recipe.output.model_dump(mode="json"), paper_settings(run)]

    def work(self, run: Run) -> tuple[dict[str, Any], list[Path]]:
        """Write shards and card."""
        recipe, folder = run.recipe, run.workspace.folder
        rows = _rows_by_split(run)
        if not rows:
            reasons: Counter[str] = Counter()
            for source in funnel(run.workspace).values():
                for (_, reason), number in source.dropped.items():
                    reasons[reason] += number
            told = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common(5))
            raise DatagenError(f"no problem became an example ({told}); see `datagen show {folder}`")
        tokenizer = load_tokenizer(recipe.paths.tokenizer)
        with atomic_folder(lambda written: folder / f"dataset-{_content_hash(written)[:12]}", folder) as temporary:
            for format_name in formats_of(recipe):
                _write_format(run, FORMATS[format_name], temporary, rows, tokenizer)
            tokenizer.save(temporary / "tokenizer")
            audited = write_papers(run, temporary, rows, formats_of(recipe), tokenizer)
            name = f"dataset-{_content_hash(temporary)[:12]}"
        replace_link(folder / "dataset", name)
        return {"rows": rows.total(), "splits": dict(rows)} | audited, [*_files(folder / name), folder / "dataset"]


def formats_of(recipe: Recipe) -> tuple[FormatName, ...]:
    """The formats of the dataset; `text` is always there, and first."""
    return tuple(dict.fromkeys(("text", *recipe.output.formats)))


def _rows_by_split(run: Run) -> Counter[Split]:
    counted: Counter[Split] = Counter()
    for batch in run.workspace.read_batches(EXAMPLES, columns=["split"]):
        counted.update(batch.column("split").to_pylist())
    return Counter({split: counted[split] for split in ("train", "test") if counted[split]})


def _write_format(run: Run, format_: Format, dataset: Path, rows: Counter[Split], tokenizer: ExampleTokenizer) -> None:
    folder = dataset / format_.folder
    folder.mkdir()
    with ExitStack() as stack:
        shards = {
            split: stack.enter_context(_Shards(folder, split, number, run.recipe.output.shard_rows, format_.schema))
            for split, number in rows.items()
        }
        waiting: dict[Split, list[Example]] = {split: [] for split in rows}
        for example in run.workspace.read(EXAMPLES):
            refuse_when_stopped()
            batch = waiting[example.split]
            batch.append(example)
            if len(batch) == shards[example.split].batch_rows:
                shards[example.split].write(format_.rows(batch, tokenizer))
                batch.clear()
        for split, batch in waiting.items():
            if batch:
                shards[split].write(format_.rows(batch, tokenizer))


class _Shards:
    """The files of one split: as many rows each as the recipe says, with their number in their names."""

    def __init__(self, folder: Path, split: str, rows: int, shard_rows: int, schema: pa.Schema) -> None:
        number = math.ceil(rows / shard_rows)
        self._paths = iter([folder / f"{split}-{i:05d}-of-{number:05d}.parquet" for i in range(number)])
        self._shard_rows = shard_rows
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None
        self._room = 0

    @property
    def batch_rows(self) -> int:
        """Rows to hand over at once."""
        return min(_BATCH_ROWS, self._shard_rows)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows, opening files as they fill."""
        while batch.num_rows:
            if not self._room:
                self._close()
                self._writer = pq.ParquetWriter(next(self._paths), self._schema, **PARQUET_OPTIONS)
                self._room = self._shard_rows
            taken = min(self._room, batch.num_rows)
            assert self._writer is not None
            self._writer.write_batch(batch.slice(0, taken))
            self._room -= taken
            batch = batch.slice(taken)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def _content_hash(folder: Path) -> str:
    total = hashlib.sha256()
    for path in _files(folder):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
