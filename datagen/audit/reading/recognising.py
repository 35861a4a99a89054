"""Which format a dataset is in, told by its columns: a closed list, and what is said of any other.

The names of columns are a guess that the first rows confirm: a dataset of problems and plain outputs is refused, and so
are token ids without a control token of the given tokenizer, rather than audited to nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pyarrow as pa

from datagen.audit.reading.form import OPENINGS
from datagen.audit.reading.marked_texts import MarkedTextReader
from datagen.audit.reading.parallel_r1 import BLOCK, ParallelR1Reader, shared_instruction
from datagen.audit.reading.rows import RowReader
from datagen.audit.reading.texts import TextReader
from datagen.audit.reading.token_ids import ATTENTION_MASK, INPUT_IDS, LABELS, TokenIdReader
from datagen.errors import UsageError
from datagen.formats.tokenizer import ExampleTokenizer
from datagen.tables import EXAMPLES

KNOWN = (
    "text (problem, paths, summary, completion, …), parathinker (input_ids, attention_mask, labels), "
    "ParaThinker's form as plain text (text, or prompt and completion), parallel_r1 (problem, output)"
)
_WITHOUT_PARALLEL_PATHS = {
    "messages": "conversations (messages) hold one path a row",
    "conversations": "conversations hold one path a row",
    "reward_model": "the format rl holds no paths",
}
_TEXT_COLUMNS = (("text",), ("prompt", "completion"))


def choose_reader(
    where: str, first: pa.RecordBatch, given: ExampleTokenizer | None, beside: Callable[[], ExampleTokenizer | None]
) -> RowReader:
    """Find the reader of a dataset.

    Args:
        where: what the user called it, for messages.
        first: its first rows, with all columns.
        given: the tokenizer that the user named.
        beside: loads the one that lies beside the dataset, if any.

    Raises:
        UsageError: no known format has such columns or such rows, a column is missing or of another type, or token ids
            lack their tokenizer.
    """
    names = set(first.schema.names)
    if {"problem", "paths"} <= names:
        _require_own_columns(where, first.schema)
        return TextReader(given)
    if INPUT_IDS in names:
        return _token_ids(where, first, given or beside())
    for column, reason in _WITHOUT_PARALLEL_PATHS.items():
        if column in names:
            raise UsageError(
                f"{where}: {reason}, so there are no parallel paths to audit; "
                "of a dataset of datagen audit its folder, or data/ in it"
            )
    if {"problem", "output"} <= names:
        _require_types(where, first.schema, {"problem": _is_text, "output": _is_text}, "text")
        if not _any_holds(first, ("output",), (BLOCK,)):
            raise UsageError(f"{where}: problem and output, but no {BLOCK} in its first {first.num_rows} outputs")
        return ParallelR1Reader(given, shared_instruction([text or "" for text in first["problem"].to_pylist()]))
    for columns in _TEXT_COLUMNS:
        if names.issuperset(columns):
            _require_types(where, first.schema, dict.fromkeys(columns, _is_text), "text")
            if not _any_holds(first, columns, tuple(OPENINGS)):
                told = " and ".join(columns)
                raise UsageError(f"{where}: {told}, but no <think1> in its first {first.num_rows} rows; known: {KNOWN}")
            return MarkedTextReader(columns, given)
    raise UsageError(
        f"{where}: no format that an audit knows has the columns {_listed(first.schema.names)}; known: {KNOWN}"
    )


def _token_ids(where: str, first: pa.RecordBatch, tokenizer: ExampleTokenizer | None) -> RowReader:
    columns = (INPUT_IDS, ATTENTION_MASK, LABELS)
    if missing := [column for column in columns if column not in first.schema.names]:
        raise UsageError(
            f"{where}: {INPUT_IDS} without {_listed(missing)}; parathinker has {', '.join(columns)}, "
            f"there are {_listed(first.schema.names)}"
        )
    _require_types(where, first.schema, dict.fromkeys(columns, _is_list_of_integers), "lists of integers")
    if tokenizer is None:
        raise UsageError(
            f"{where}: token ids say nothing without the tokenizer that made them; "
            "give --tokenizer: a Hub id, a folder, or `bundled`"
        )
    reader = TokenIdReader(tokenizer)
    if not any(reader.fits(first, row) for row in range(first.num_rows)):
        raise UsageError(
            f"{where}: with this tokenizer the first {first.num_rows} rows hold no path, or ids that it lacks; "
            "give the one that made them as --tokenizer"
        )
    return reader


def _require_own_columns(where: str, schema: pa.Schema) -> None:
    _require_types(where, schema, {"paths": _is_list_of_structs}, "a list of structs")
    wanted = [field.name for field in EXAMPLES.schema]
    missing = [name for name in wanted if name not in schema.names]
    there = {field.name for field in schema.field("paths").type.value_type}
    missing += [
        f"paths.{field.name}" for field in EXAMPLES.schema.field("paths").type.value_type if field.name not in there
    ]
    if missing:
        raise UsageError(
            f"{where}: written by another version of datagen: no column {_listed(missing)}; "
            "build it again with this version, or audit it with the version that wrote it"
        )
    texts = [column for column in TextReader.columns if EXAMPLES.schema.field(column).type == pa.string()]
    _require_types(where, schema, dict.fromkeys(texts, _is_text), "text")


def _require_types(
    where: str, schema: pa.Schema, columns: Mapping[str, Callable[[pa.DataType], bool]], expected: str
) -> None:
    for column, fits in columns.items():
        found = schema.field(column).type
        if not fits(found):
            raise UsageError(f"{where}: column {column} holds {found}, where {expected} was expected")


def _is_text(found: pa.DataType) -> bool:
    return bool(pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found))


def _is_list(found: pa.DataType) -> bool:
    return bool(pa.types.is_list(found) or pa.types.is_large_list(found) or pa.types.is_fixed_size_list(found))


def _is_list_of_integers(found: pa.DataType) -> bool:
    return _is_list(found) and bool(pa.types.is_integer(found.value_type))


def _is_list_of_structs(found: pa.DataType) -> bool:
    return _is_list(found) and bool(pa.types.is_struct(found.value_type))


def _any_holds(first: pa.RecordBatch, columns: Sequence[str], tokens: Sequence[str]) -> bool:
    texts = (text for column in columns for text in first[column].to_pylist() if text)
    return any(token in text for text in texts for token in tokens)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
