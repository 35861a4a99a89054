"""A run's folder: tables are whole or absent, one run at a time works in it, and what is done is known."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.atomic import atomic_file, atomic_folder, replace_link, write_text
from datagen.errors import DatagenError, UsageError
from datagen.tables import DROPPED, PROBLEMS, Drop
from datagen.workspace import StageRecord, Workspace

OPEN = """
import os, resource, sys
from pathlib import Path
from datagen.errors import DatagenError
from datagen.tables import DROPPED, Drop
from datagen.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
"""
WRITE = """
with workspace.locked(), workspace.writing(DROPPED, "part") as write:
    for number in range(1000):
        write(Drop(str(number), "new", "s", "pull", "proof", "d" * 100))
    print("half", os.getpid(), flush=True)
    sys.stdin.read()
"""


def drop(name: str) -> Drop:
    return Drop(name, name, "s", "pull", "proof", "a detail")


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".writing-" in path.name]


def killed_while(program: str, folder: Path) -> int:
    """Run a program until it has said a line, kill it with -9, and return its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", OPEN + program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"half")
        os.kill(process.pid, signal.SIGKILL)
    return process.pid


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=450))
def test_a_table_comes_back_row_by_row_in_its_order(tmp_path: Path, names: list[str]) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing(DROPPED, "part") as write:
        for name in names:
            write(drop(name))
    assert list(workspace.read(DROPPED)) == [drop(name) for name in names]
    assert workspace.rows(DROPPED) == len(names)


def test_a_table_whose_writer_was_killed_is_the_old_one_and_the_rest_is_swept(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing(DROPPED, "part") as write:
        write(drop("old"))
    killed_while(WRITE, tmp_path)
    assert left_over(tmp_path)
    assert list(workspace.read(DROPPED)) == [drop("old")]
    with workspace.locked():
        assert left_over(tmp_path) == []
    assert list(workspace.read(DROPPED)) == [drop("old")]


def test_a_first_table_whose_writer_was_killed_is_not_there(tmp_path: Path) -> None:
    killed_while(WRITE, tmp_path)
    assert Workspace(tmp_path).parts(DROPPED) == []


def test_a_table_whose_writer_fails_is_the_old_one(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)

    def fail() -> None:
        with workspace.writing(DROPPED, "part") as write:
            write(drop("new"))
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert workspace.parts(DROPPED) == []
    assert left_over(tmp_path) == []


def test_a_full_disk_leaves_the_old_table_and_says_what_to_do(tmp_path: Path) -> None:
    program = (
        'with workspace.writing(DROPPED, "part") as write:\n'
        '    write(Drop("old", "old", "s", "pull", "proof", "a detail"))\n'
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try:\n"
        '    with workspace.writing(DROPPED, "part") as write:\n'
        "        for number in range(20_000):\n"
        '            write(Drop(os.urandom(20).hex(), "new", "s", "pull", "proof", "d"))\n'
        "except DatagenError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", OPEN + program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "part.parquet: can't be written" in done.stdout, done.stderr
    assert "make room" in done.stdout
    assert [row.row_id for row in Workspace(tmp_path).read(DROPPED)] == ["old"]
    assert left_over(tmp_path) == []


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    write_text(workspace.part(DROPPED, "part"), "no parquet")
    with pytest.raises(DatagenError, match=r"part\.parquet: can't be read"):
        list(workspace.read(DROPPED))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_table_with_one_wrong_bit_is_refused_or_the_same(tmp_path: Path, place: float, bit: int) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing(DROPPED, "part") as write:
        for number in range(5):
            write(drop(f"number {number}"))
    file = workspace.part(DROPPED, "part")
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    file.write_bytes(content)
    with contextlib.suppress(DatagenError):
        assert list(workspace.read(DROPPED)) == [drop(f"number {number}") for number in range(5)]


def test_a_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing(DROPPED, "part") as write:
        write(drop("one"))
    problems = workspace.part(PROBLEMS, "part")
    problems.parent.mkdir()
    shutil.copy(workspace.part(DROPPED, "part"), problems)
    with pytest.raises(DatagenError, match=r"its columns are not those of problems"):
        list(workspace.read(PROBLEMS))


def test_the_lock_names_its_holder_and_is_taken_over_when_that_one_is_killed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", OPEN + WRITE, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(DatagenError, match=f"process {holder.pid} on .* is at work in this folder; wait for it"):
            workspace.refuse_when_locked()
        assert left_over(tmp_path), "what the holder is writing must not be swept"
        os.kill(holder.pid, signal.SIGKILL)
    with workspace.locked():
        pass
    workspace.refuse_when_locked()


def test_a_lock_is_free_again_after_a_block_that_fails(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)

    def fail() -> None:
        with workspace.locked():
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    workspace.refuse_when_locked()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=r"can't make this folder: .*; choose another"):
            Workspace(folder)


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    proc = Path("/proc/self")
    if not proc.is_dir():
        pytest.skip("no /proc, the one folder that even root can't write into")
    with pytest.raises(UsageError, match="choose another --output"):
        Workspace(proc / "run")


def test_a_stage_stands_with_its_fingerprint_and_all_its_files(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.writing(DROPPED, "part") as write:
        write(drop("a"))
    part = workspace.part(DROPPED, "part")
    workspace.finish_stage("pull", StageRecord("print", workspace.sizes([part]), {"rows": 1}))
    again = Workspace(tmp_path)
    assert again.is_done("pull", "print")
    assert not again.is_done("pull", "other")
    assert not again.is_done("screen", "print")
    part.write_bytes(part.read_bytes()[:-1])
    assert not again.is_done("pull", "print")
    part.unlink()
    assert not again.is_done("pull", "print")


def test_a_forgotten_stage_leaves_the_others_and_takes_its_files_of_those_tables(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for name in ("pull", "screen"):
        write_text(tmp_path / "dropped" / f"{name}.parquet", "x")
        write_text(tmp_path / "other" / name, "x")
        files = [tmp_path / "dropped" / f"{name}.parquet", tmp_path / "other" / name]
        workspace.finish_stage(name, StageRecord("print", workspace.sizes(files), {}))
    workspace.forget_stage("screen", [tmp_path / "dropped" / "screen.parquet"])
    assert workspace.is_done("pull", "print")
    assert workspace.stage("screen") is None
    assert not (tmp_path / "dropped" / "screen.parquet").exists()
    assert (tmp_path / "other" / "screen").exists()


def test_starting_fresh_keeps_what_was_paid(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.completions() as journal:
        journal.append("a", {"value": 1})
    workspace.finish_stage("pull", StageRecord("print", {}, {}))
    workspace.forget_stages()
    assert not workspace.is_done("pull", "print")
    with workspace.completions() as journal:
        assert journal.get("a") == {"value": 1}


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(DatagenError, match=r"run\.json: damaged; remove it and start again"):
        Workspace(tmp_path).record()


def test_a_record_keeps_what_it_is_not_told_to_change(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.update_record(one=1)
    workspace.update_record(two="é")
    assert json.loads((tmp_path / "run.json").read_text("utf-8")) == {"one": 1, "two": "é"}


@settings(deadline=None, max_examples=30)
@given(steps=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["finish", "forget", "update"]), st.integers(0, 2))))
def test_who_remembers_the_record_gives_it_as_the_file_has_it_whoever_wrote_it_last(
    steps: list[tuple[int, str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        both = Workspace(Path(folder)), Workspace(Path(folder))
        for who, what, number in steps:
            if what == "finish":
                both[who].finish_stage(f"stage {number}", StageRecord("print", {}, {"by_paths": {number: (1, 2)}}))
            elif what == "forget":
                both[who].forget_stage(f"stage {number}", [])
            else:
                both[who].update_record(**{f"value{number}": {number: (1, 2)}})
            there = json.loads((Path(folder) / "run.json").read_text()) if (Path(folder) / "run.json").exists() else {}
            assert both[0].record() == both[1].record() == there


def test_a_folder_appears_whole_and_an_equal_one_stays(tmp_path: Path) -> None:
    final = tmp_path / "dataset-abc"
    for text in ("first", "second"):
        with atomic_folder(lambda written: final, tmp_path) as temporary:
            (temporary / "card").write_text(text)
            assert not final.exists() or text == "second"
    assert (final / "card").read_text() == "first"
    replace_link(tmp_path / "dataset", "dataset-abc")
    replace_link(tmp_path / "dataset", "dataset-abc")
    assert (tmp_path / "dataset" / "card").read_text() == "first"
    assert left_over(tmp_path) == []


def test_a_file_whose_writer_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic_file(tmp_path / "file") as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
