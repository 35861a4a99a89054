"""A trainer-ready folder out of a run's dataset: `load_from_disk(TO/train)` is what a trainer calls.

The folder appears whole or not at all: it is written beside its place and renamed.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from datagen.errors import DatagenError, UsageError
from datagen.formats import FORMATS
from datagen.formats.base import Format
from datagen.formats.llamafactory import dataset_info
from datagen.formats.tokenizer import load_tokenizer
from datagen.recipe import FormatName
from datagen.tables import Split

_PARQUET = "parquet"
_READ_AS_PARQUET: tuple[FormatName, ...] = ("messages", "rl")
"""Formats with a trainer that reads Parquet files and not what `save_to_disk` writes: LLaMA-Factory and verl."""

_CONTROL_TOKENS = """
`tokenizer/` holds the tokenizer with the control tokens of parallel thinking. A model trained on these rows needs an
embedding for each of them: resize its embeddings to the tokenizer's size first.
"""
_BESIDE: dict[FormatName, str] = {
    "text": _CONTROL_TOKENS,
    "parathinker": _CONTROL_TOKENS,
    "messages": """
For LLaMA-Factory: `--dataset_dir` is this folder, `--dataset train`, and `--eval_dataset test` where there is one
(`dataset_info.json` and `parquet/`).
""",
    "rl": """
For verl: `data.train_files` are the files in `parquet/train/`.
""",
    "parallel_r1": """
Its tags `<Parallel>`, `<Path>`, `<Summary>` and their closing forms are no tokens of `tokenizer/`: Parallel-R1 adds
them to the model's own tokenizer.
""",
}
"""What else a trainer of a format must be told."""


def export(dataset: Path, format_name: str, to: Path) -> tuple[str, ...]:
    """Write one format of a dataset as folders of `datasets.Dataset.save_to_disk`, with the tokenizer.

    Args:
        dataset: a run's `dataset/` folder: Parquet of each format, and `tokenizer/`.
        format_name: which format.
        to: the new folder, absent or empty: train/, test/ (when there are such rows), tokenizer/, README.md; for
            trainers that read no such datasets also parquet/, and LLaMA-Factory's dataset_info.json.

    Returns:
        What whoever trains on these rows must know, in sentences; they stand in the README.md too.

    Raises:
        UsageError: the dataset lacks the format or its tokenizer, another version wrote it, or the target is not
            empty.
        DatagenError: a Parquet file is damaged.
    """
    format_, files = _find(dataset, format_name)
    tokenizer_folder = dataset / "tokenizer"
    if not tokenizer_folder.is_dir():
        raise UsageError(
            f"{dataset}: it has no tokenizer/ folder, so it is no dataset of datagen; give a run's dataset/"
        )
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to}: it is there already and not empty; give another folder")

    tokenizer = load_tokenizer(str(tokenizer_folder))
    warnings = format_.warnings(tokenizer)
    with _appearing_whole(to) as folder, tempfile.TemporaryDirectory(prefix="datagen-export-") as cache:
        rows = {split: _write(parts, folder / split, format_, cache) for split, parts in files.items()}
        if format_.name in _READ_AS_PARQUET:
            _copy(files, folder / _PARQUET)
        if format_.name == "messages":
            (folder / "dataset_info.json").write_text(dataset_info(files, _PARQUET), "utf-8")
        tokenizer.save(folder / "tokenizer")
        (folder / "README.md").write_text(_readme(format_, rows, warnings), "utf-8")
    return warnings


def _find(dataset: Path, format_name: str) -> tuple[Format, dict[Split, list[Path]]]:
    available = {name: files for name, one in FORMATS.items() if (files := _files(dataset / one.folder))}
    for name, files in available.items():
        if name == format_name:
            return FORMATS[name], files
    if not available:
        raise UsageError(f"{dataset}: no dataset here; give a run's folder whose build has finished")
    raise UsageError(f"{dataset}: it has no format {format_name!r}; it has {', '.join(available)}")


def _files(folder: Path) -> dict[Split, list[Path]]:
    found: dict[Split, list[Path]] = {split: sorted(folder.glob(f"{split}-*.parquet")) for split in get_args(Split)}
    return {split: files for split, files in found.items() if files}


def _write(files: list[Path], folder: Path, format_: Format, cache: str) -> int:
    names = [str(file) for file in files]
    try:
        for file in files:
            _check_columns(file, format_)
        rows = datasets.Dataset.from_parquet(names, cache_dir=cache, columns=list(format_.trainer_columns))
    except (datasets.exceptions.DatasetGenerationError, pa.ArrowException) as error:
        raise DatagenError(
            f"{files[0].parent}: a Parquet file there can't be read; build again with --fresh"
        ) from error
    rows.save_to_disk(folder)
    return len(rows)


def _check_columns(file: Path, format_: Format) -> None:
    there = pq.read_schema(file).names
    lacking = [column for column in format_.schema.names if column not in there]
    if lacking:
        raise UsageError(
            f"{file}: another version of datagen wrote it: it lacks {', '.join(lacking)}; build again, then export"
        )


def _copy(files: Mapping[Split, Sequence[Path]], folder: Path) -> None:
    for split, parts in files.items():
        (folder / split).mkdir(parents=True)
        for part in parts:
            shutil.copyfile(part, folder / split / part.name)


@contextmanager
def _appearing_whole(to: Path) -> Iterator[Path]:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{to.name}.partial-", dir=to.parent))
    except OSError as error:
        raise UsageError(f"{to}: can't be made: {error.strerror}; give another folder") from error
    try:
        yield folder
        folder.chmod(0o755)  # mkdtemp makes it for the owner alone
        folder.replace(to)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _readme(format_: Format, rows: dict[Split, int], warnings: tuple[str, ...]) -> str:
    splits = "\n".join(f'- `load_from_disk("{split}")`: {count} rows' for split, count in rows.items())
    warned = "".join(f"\n> **Warning.** {warning}\n" for warning in warnings)
    return f"""# Format `{format_.name}`, exported by datagen
{warned}
{splits}

Columns: {", ".join(format_.trainer_columns)}. Rows stand in the order of the dataset's Parquet files.
{format_.features_note}
{_BESIDE[format_.name]}"""
