"""Files and folders as sources of rows: what is read, how it is named, and what is refused."""

import bz2
import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError, UsageError
from datagen.reading import SourceRow, content_columns, count_rows, locate_path, read_rows
from datagen.reading.located import shown

ROWS = [{"problem": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(5)]


def write(path: Path, rows: list[dict[str, str]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(f'"{cell}"' for cell in row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def values(path: Path | str) -> list[dict[str, object]]:
    return [row.values for row in read_rows(locate_path(str(path)))]


@pytest.mark.parametrize("name", ["t.parquet", "t.jsonl", "t.json", "t.csv"])
def test_every_known_suffix_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    located = locate_path(str(write(tmp_path / name)))
    assert list(read_rows(located)) == [SourceRow(name, number, row) for number, row in enumerate(ROWS)]
    assert content_columns(located) == ("problem", "answer")
    assert [row.values for row in read_rows(located, columns=["answer", "absent"])] == [
        {"answer": row["answer"]} for row in ROWS
    ]
    assert count_rows(located) == (5 if name == "t.parquet" else None)


def test_packed_text_files_are_unpacked(tmp_path: Path) -> None:
    plain = write(tmp_path / "t.jsonl").read_bytes()
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "t.jsonl.bz2").write_bytes(bz2.compress(plain))
    assert values(tmp_path / "t.jsonl.gz") == values(tmp_path / "t.jsonl.bz2") == ROWS


def test_the_same_content_is_named_alike_wherever_it_lies(tmp_path: Path) -> None:
    write(tmp_path / "one" / "maths" / "b.parquet")
    write(tmp_path / "one" / "maths" / "deep" / "a.jsonl")
    shutil.copytree(tmp_path / "one", tmp_path / "another machine")
    here, there = (locate_path(str(tmp_path / place / "maths")) for place in ("one", "another machine"))
    assert (here.dataset, here.config, here.revision) == (there.dataset, there.config, there.revision)
    assert here.dataset == "maths"
    assert [file.name for file in here.files] == [file.name for file in there.files] == ["b.parquet", "deep/a.jsonl"]
    assert str(tmp_path) not in f"{here.dataset}{here.revision}{here.files[0].name}"


def test_other_content_is_another_revision(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl")
    before = locate_path(str(path)).revision
    write(path, ROWS[:-1])
    assert len(before) == 64
    assert locate_path(str(path)).revision != before


def test_a_pattern_takes_what_fits_it_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.csv"):
        write(tmp_path / "set" / name)
    located = locate_path(str(tmp_path / "set" / "*.jsonl"))
    assert [file.name for file in located.files] == ["a.jsonl", "b.jsonl"]
    assert located.dataset == "set"


def test_a_file_and_a_pattern_that_finds_only_it_say_the_same(tmp_path: Path) -> None:
    write(tmp_path / "set" / "a.jsonl")
    by_name, by_pattern = (locate_path(str(tmp_path / "set" / name)) for name in ("a.jsonl", "*.jsonl"))
    assert by_name == by_pattern


def test_a_folder_leaves_aside_what_is_no_table(tmp_path: Path) -> None:
    write(tmp_path / "data.jsonl")
    for name in ("README.md", ".hidden.jsonl", "_SUCCESS", "dataset_info.json"):
        (tmp_path / name).write_text("{}")
    assert [file.name for file in locate_path(str(tmp_path)).files] == ["data.jsonl"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.parquet", "no such file"),
        ("*.nothing", "no file fits"),
        ("empty", "the folder is empty"),
        ("words", "no table in this folder"),
        ("words/notes.txt", "unknown suffix"),
        ("words/*", "unknown suffix"),
    ],
)
def test_a_path_without_a_table_is_refused_with_the_place(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "notes.txt").write_text("no table")
    with pytest.raises(UsageError, match=said) as refusal:
        locate_path(str(tmp_path / name))
    assert str(tmp_path / name) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) <= 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.parquet", b"", "not a whole parquet file"),
        ("t.parquet", b"PAR1 but nothing more", "not a whole parquet file"),
        ("t.jsonl", b'{"a": 1}\n\n{"a": ', r"t\.jsonl:3: not a whole JSON object"),
        ("t.jsonl", b'{"a": 1}\n[1, 2]\n', r"t\.jsonl:2: a JSON array; write one object a line"),
        ("t.jsonl", b'{"a": 1}\n7\n', r"t\.jsonl:2: a JSON value that is no object"),
        ("t.jsonl", b'{"a": "\xff"}\n', r"t\.jsonl:1: not UTF-8"),
        ("t.jsonl", b'{"a": ' + b"[" * 100_000 + b"\n", r"t\.jsonl:1: not a whole JSON object"),
        ("t.json", b'[\n{"a": 1}\n]\n', r"t\.json:1: one JSON array; write one object a line"),
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b'a,b\n1,"never closed\n', "does not parse as CSV"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", "does not parse as CSV"),
        ("t.csv", b"a,b\n1,2,3\n1,2,3\n", "more fields than the header"),
        ("t.csv", b"a,b\n\xff,2\n", "does not parse as CSV"),
        ("t.jsonl.gz", gzip.compress(b'{"a": 1}\n')[:-9], "not a whole jsonl file"),
        ("t.jsonl", b"\n", "the table is empty"),
        ("t.csv", b"a,b\n", "the table is empty"),
    ],
)
def test_a_damaged_or_empty_file_is_refused_with_the_place(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as refusal:
        values(tmp_path / name)
    assert str(tmp_path / name) in str(refusal.value)


def test_a_parquet_file_cut_in_half_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UsageError, match="cut off or damaged; fetch it again"):
        values(path)


def test_a_parquet_file_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [{"problem": f"{n:09}" * 40} for n in range(4000)])
    content = bytearray(path.read_bytes())
    content[200 : len(content) // 2] = b"\xff" * (len(content) // 2 - 200)
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cut off or damaged"):
        values(path)


def test_an_empty_parquet_table_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"problem": pa.array([], pa.string())}), tmp_path / "t.parquet")
    with pytest.raises(UsageError, match="not a single row"):
        values(tmp_path / "t.parquet")


def test_an_empty_shard_beside_a_full_one_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl")
    (tmp_path / "a.jsonl").write_text("")
    assert len(values(tmp_path)) == 5


def test_a_file_that_vanished_after_it_was_located_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl")
    located = locate_path(str(path))
    path.unlink()
    with pytest.raises(UsageError, match="not there any more") as refusal:
        list(read_rows(located))
    assert str(path) in str(refusal.value)


def test_csv_cells_are_text_and_empty_ones_stay_empty(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b'\xef\xbb\xbfproblem,answer,id\n"a, ""b""\n c",007,\nNaN,null\n')
    assert values(tmp_path / "t.csv") == [
        {"problem": 'a, "b"\n c', "answer": "007", "id": ""},
        {"problem": "NaN", "answer": "null", "id": ""},
    ]


def test_a_missing_column_is_named_with_the_nearest_and_what_to_do(tmp_path: Path) -> None:
    located = locate_path(str(write(tmp_path / "t.parquet")))
    with pytest.raises(UsageError) as refusal:
        next(read_rows(located, required=["answers"], advice="name the columns"))
    message = str(refusal.value)
    assert all(word in message for word in ["t.parquet", "'answers'", "did you mean answer?", "problem, answer"])
    assert message.endswith("\nname the columns")


def test_a_column_that_only_later_json_lines_have_is_there(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"problem": "p"}\n{"problem": "q", "answer": "1"}\n')
    rows = read_rows(locate_path(str(tmp_path / "t.jsonl")), required=["answer"])
    assert [row.values.get("answer") for row in rows] == [None, "1"]


def test_rows_stream_so_that_the_first_is_there_before_the_last_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"n": 1}\n' * 1000 + "broken")
    rows = read_rows(locate_path(str(path)))
    assert [next(rows).number for _ in range(1000)] == list(range(1000))
    with pytest.raises(UsageError, match=":1001:"):
        next(rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.text()), min_size=1, max_size=5))
def test_what_is_written_as_json_lines_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("lines") / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert values(path) == rows


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[fsspec.AbstractFileSystem]:
    moto = pytest.importorskip("moto.server", reason="needs the extra dev")
    s3fs = pytest.importorskip("s3fs", reason="needs the extra s3")
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    s3fs.S3FileSystem.clear_instance_cache()
    storage = s3fs.S3FileSystem()
    storage.makedirs("house", exist_ok=True)
    yield storage
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_object_storage_is_read_like_a_folder(tmp_path: Path, bucket: fsspec.AbstractFileSystem) -> None:
    local = tmp_path / "maths"
    write(local / "a.parquet")
    write(local / "b.csv", ROWS[:2])
    for name in ("a.parquet", "b.csv"):
        bucket.put(str(local / name), f"house/maths/{name}")
    here, there = locate_path(str(local)), locate_path("s3://house/maths/")
    assert (here.dataset, here.revision) == (there.dataset, there.revision)
    assert list(read_rows(here)) == list(read_rows(there))
    assert there.files[0].uri == "s3://house/maths/a.parquet"
    with pytest.raises(UsageError, match="s3://house/nothing"):
        locate_path("s3://house/nothing")


def test_a_storage_that_breaks_off_while_reading_is_named_without_its_keys(
    tmp_path: Path, bucket: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put(str(write(tmp_path / "a.parquet")), "house/a.parquet")
    located = locate_path("s3://house/a.parquet")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the port where nobody answers
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    type(bucket).clear_instance_cache()
    with pytest.raises(DatagenError, match=r"s3://house/a\.parquet: reading broke off") as refusal:
        list(read_rows(located))
    assert "secret" not in str(refusal.value)
    assert refusal.value.exit_status == 1


def test_object_storage_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(UsageError, match=r"pip install 'datagen\[s3\]'"):
        locate_path("s3://house/maths")


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown kind of address"):
        locate_path("nosuch://house/maths")


def test_a_message_shows_no_credentials() -> None:
    assert shown("s3://key:secret@house/maths") == "s3://house/maths"
    assert shown("s3://house/a.csv?X-Amz-Signature=abc") == "s3://house/a.csv"


def test_one_huge_row_group_is_never_held_whole(tmp_path: Path) -> None:
    rows, length = 10_000, 20_000
    path = tmp_path / "t.parquet"
    batch = pa.table({"text": [f"{n} {'long ' * (length // 5)}" for n in range(rows)]})
    pq.write_table(batch, path, row_group_size=rows, compression="zstd")
    del batch
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in read_rows(locate_path(str(path)))]
    assert len(held) == rows
    assert max(held) < rows * length / 3
