"""The assemble stage: examples become the dataset's folder, in every format, with its card.

The folder's name holds the hash of its contents, and `dataset` is a link to it: a rebuilt dataset is a new folder
beside the old one, and a reader never meets half of one. Equal examples give equal bytes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.compute as pc

from datagen.atomic import atomic_folder, replace_link
from datagen.errors import DatagenError
from datagen.formats import FORMATS
from datagen.formats.base import Format
from datagen.formats.tokenizer import ExampleTokenizer, load_tokenizer
from datagen.funnel import funnel
from datagen.publish.card.papers import paper_settings, write_papers
from datagen.publish.content import content_name, files_of, read_files
from datagen.recipe import FormatName, Recipe
from datagen.shards import Shards
from datagen.stage import Run, Stage
from datagen.stopping import refuse_when_stopped
from datagen.tables import EXAMPLES, Split
from datagen.workspace import Workspace

_AT_ONCE = 20


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
        with atomic_folder(lambda written: folder / content_name(read_files(written)), folder) as temporary:
            for name in formats_of(recipe):
                one = FORMATS[name]
                write_format(run.workspace, one, temporary / one.folder, recipe.output.shard_rows, tokenizer)
            tokenizer.save(temporary / "tokenizer")
            audited = write_papers(run, temporary, rows, formats_of(recipe), tokenizer)
            named = content_name(read_files(temporary))
        replace_link(folder / "dataset", named)
        return {"rows": rows.total(), "splits": dict(rows)} | audited, [*files_of(folder / named), folder / "dataset"]


def write_format(
    workspace: Workspace, format_: Format, folder: Path, shard_rows: int, tokenizer: ExampleTokenizer
) -> Counter[Split]:
    """Write a run's examples in one format, streaming.

    Args:
        workspace: the run's folder.
        format_: how.
        folder: where, made here.
        shard_rows: rows of a file.
        tokenizer: the one that the examples were made with.

    Returns:
        The rows of each split.

    Raises:
        DatagenError: the table of examples is damaged, or of another tokenizer.
        StoppedError: the run was told to stop.
    """
    folder.mkdir()
    with ExitStack() as stack:
        shards = {
            split: stack.enter_context(Shards(folder, split, format_.schema, shard_rows)) for split in get_args(Split)
        }
        for batch in workspace.read_batches(EXAMPLES):
            refuse_when_stopped()
            for split, examples in _by_split(batch):
                for rows in _in_format(format_, examples, tokenizer):
                    shards[split].write(rows)
    return Counter({split: written.rows for split, written in shards.items()})


def formats_of(recipe: Recipe) -> tuple[FormatName, ...]:
    """The formats of the dataset; `text` is always there, and first."""
    return tuple(dict.fromkeys(("text", *recipe.output.formats)))


def _rows_by_split(run: Run) -> Counter[Split]:
    counted: Counter[Split] = Counter()
    for batch in run.workspace.read_batches(EXAMPLES, columns=["split"]):
        counted.update(batch.column("split").to_pylist())
    return Counter({split: counted[split] for split in ("train", "test") if counted[split]})


def _by_split(batch: pa.RecordBatch) -> Iterator[tuple[Split, pa.RecordBatch]]:
    """The rows of each split, copied: a slice would keep all of the batch until the split's row group is full."""
    splits = batch.column("split")
    for split in splits.unique().to_pylist():
        yield split, batch.filter(pc.equal(splits, split))


def _in_format(format_: Format, examples: pa.RecordBatch, tokenizer: ExampleTokenizer) -> Iterator[pa.RecordBatch]:
    """The rows of a format, a few examples at a time: as Python objects they are many times as large.

    Where the rows are the examples' own, they pass as they are.
    """
    if format_.schema.equals(EXAMPLES.schema):
        yield examples
        return
    for begin in range(0, examples.num_rows, _AT_ONCE):
        yield format_.rows(list(EXAMPLES.from_arrow(examples.slice(begin, _AT_ONCE))), tokenizer)
