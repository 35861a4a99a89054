"""The memo: what one run found out the next one knows, and nothing that is wrong with its file costs a verdict."""

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from datagen.verify.memo import CACHE_VARIABLE, Memo
from datagen.verify.pair import Judgement, Pair
from datagen.verify.question import Question
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

ROOT = Path(__file__).parents[2]
LIMITS = Limits(cpu_s=5, memory_mb=1024)
PAIR = Pair("x+1", "1+x")
CORRECT = Judgement("correct", "math-verify")
LATE = Judgement("timeout", "cpu-limit")


def keep(folder: Path, pair: Pair = PAIR, judgement: Judgement = CORRECT, limits: Limits = LIMITS) -> None:
    with closing(Memo(folder, limits)) as memo:
        memo.put(pair, judgement)


def kept(folder: Path, pair: Pair = PAIR, limits: Limits = LIMITS) -> Judgement | None:
    with closing(Memo(folder, limits)) as memo:
        return memo.get(pair)


def file_of(folder: Path) -> Path:
    (file,) = folder.glob("judgements-*.sqlite3")
    return file


def test_what_one_run_found_out_the_next_one_knows(tmp_path: Path) -> None:
    keep(tmp_path / "new" / "folder")
    assert kept(tmp_path / "new" / "folder") == CORRECT


def test_a_judgement_is_known_at_once_before_it_is_written(tmp_path: Path) -> None:
    with closing(Memo(tmp_path, LIMITS)) as memo:
        memo.put(PAIR, CORRECT)
        assert memo.get(PAIR) == CORRECT


@pytest.mark.parametrize(
    "other",
    [
        Pair("x+1", "x+1+0"),
        Pair("1+x", "x+1"),
        Pair("x+1", "1+x", Question(decimals=2)),
        Pair("x+1", "1+x", Question(options=("1", "x+1"))),
        Pair("x+11", "+x"),
    ],
)
def test_another_pair_or_question_is_another_judgement(tmp_path: Path, other: Pair) -> None:
    keep(tmp_path)
    assert kept(tmp_path, other) is None


@pytest.mark.parametrize("judgement", [CORRECT, LATE])
def test_other_limits_may_come_to_another_verdict(tmp_path: Path, judgement: Judgement) -> None:
    keep(tmp_path, judgement=judgement)
    assert kept(tmp_path, limits=Limits(cpu_s=10, memory_mb=1024)) is None
    assert kept(tmp_path, limits=Limits(cpu_s=5, memory_mb=2048)) is None
    assert kept(tmp_path) == judgement


@pytest.mark.parametrize("method", ["wall-clock", "memory-or-crash", "error"])
def test_what_may_be_the_machines_fault_is_not_kept_for_the_next_run(tmp_path: Path, method: str) -> None:
    busy = Judgement("timeout", method)
    with closing(Memo(tmp_path, LIMITS)) as memo:
        memo.put(PAIR, busy)
        assert memo.get(PAIR) == busy, "but this run does not try the pair again"
    assert kept(tmp_path) is None


def test_answers_that_are_no_proper_text_are_kept_too(tmp_path: Path) -> None:
    odd = Pair("\ud800\0", "\u202e" * 10_000)
    keep(tmp_path, odd)
    assert kept(tmp_path, odd) == CORRECT


def test_another_version_of_the_verifier_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    monkeypatch.setattr("datagen.verify.memo.VERIFIER_VERSION", "next:math-verify-1")
    assert kept(tmp_path) is None
    assert len(list(tmp_path.glob("judgements-*.sqlite3"))) == 2


def test_files_of_old_versions_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        monkeypatch.setattr("datagen.verify.memo.VERIFIER_VERSION", f"{number}:x")
        keep(tmp_path)
        os.utime(file_of_version(tmp_path, number), (number, number))
    assert sorted(file.name[11] for file in tmp_path.glob("judgements-*.sqlite3")) == ["3", "4", "5"]


def file_of_version(folder: Path, number: int) -> Path:
    return folder / f"judgements-{number}-x.sqlite3"


def test_the_oldest_judgements_make_room(tmp_path: Path) -> None:
    pairs = [Pair(str(number), "x") for number in range(30)]
    for start in range(0, 30, 10):
        with closing(Memo(tmp_path, LIMITS, most_rows=20)) as memo:
            for pair in pairs[start : start + 10]:
                memo.put(pair, CORRECT)
    with closing(Memo(tmp_path, LIMITS)) as memo:
        assert [memo.get(pair) for pair in pairs] == [None] * 10 + [CORRECT] * 20


def test_a_verdict_is_the_same_without_a_memo_with_a_cold_and_with_a_warm_one(tmp_path: Path) -> None:
    pairs = [Pair("(x+1)^2", "x^2+2x+1"), Pair("(x+1)^2", "x^2+2x"), Pair("5", "9^{9^{9^{9^{9}}}}+1")]
    limits = Limits(cpu_s=1, memory_mb=1024)
    with Verifier(limits, 1) as verifier:
        without = [verifier.compare(pair).result(60) for pair in pairs]
    with Verifier(limits, 1, Memo(tmp_path, limits)) as verifier:
        cold = [verifier.compare(pair).result(60) for pair in pairs]
    with Verifier(limits, 1, Memo(tmp_path, limits)) as verifier:
        warm = [verifier.compare(pair).result(60) for pair in pairs]
    assert without == cold == warm


def test_what_is_known_is_told_at_once(tmp_path: Path) -> None:
    told = Judgement("wrong", "as kept")
    keep(tmp_path, judgement=told)
    with Verifier(LIMITS, 1, Memo(tmp_path, LIMITS)) as verifier:
        assert verifier.compare(PAIR).result(0) == told


def not_a_database(file: Path) -> None:
    file.write_bytes(b"no database at all " * 1000)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def another_table(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE judgements")
        connection.execute("CREATE TABLE others (key)")
        connection.commit()


def broken_pages(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize("damage", [not_a_database, empty, another_table, broken_pages])
def test_a_damaged_file_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    keep(tmp_path)
    damage(file_of(tmp_path))
    assert kept(tmp_path) is None
    assert len(caplog.records) == 1
    keep(tmp_path)
    assert kept(tmp_path) == CORRECT
    assert len(caplog.records) == 1


def test_a_judgement_that_was_damaged_is_given_anew(tmp_path: Path) -> None:
    keep(tmp_path)
    with closing(sqlite3.connect(file_of(tmp_path))) as connection:
        connection.execute("UPDATE judgements SET verdict = 'perhaps'")
        connection.commit()
    assert kept(tmp_path) is None


def test_a_folder_that_cannot_be_made_costs_the_memo_only_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with closing(Memo(tmp_path / "file" / "cache", LIMITS)) as memo:
        memo.put(PAIR, CORRECT)
        assert memo.get(PAIR) == CORRECT, "what this run found out is known"
    assert kept(tmp_path / "file" / "cache") is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2, "one for each of the two"
    assert f"set {CACHE_VARIABLE}=off" in caplog.text


def test_a_file_that_cannot_be_written_costs_the_memo_only_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(tmp_path)
    other = Pair("5", "five")
    with closing(Memo(tmp_path, LIMITS)) as memo:
        with closing(sqlite3.connect(file_of(tmp_path))) as connection:  # as a full disk would, at any page
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON judgements BEGIN SELECT RAISE(FAIL, 'full'); END")
            connection.commit()
        memo.put(other, CORRECT)
        assert memo.get(PAIR) == CORRECT
    assert len(caplog.records) == 1
    assert kept(tmp_path, other) is None


def test_a_file_that_another_process_holds_makes_nobody_wait_for_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagen.verify.memo._LAST_WRITE_WAIT_S", 0.2)
    keep(tmp_path)
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with closing(Memo(tmp_path, LIMITS)) as memo:
            memo.put(Pair("5", "five"), CORRECT)
            assert memo.get(PAIR) == CORRECT, "reading goes on"
        holder.execute("ROLLBACK")
    assert kept(tmp_path) == CORRECT


def test_many_threads_may_use_it(tmp_path: Path) -> None:
    pairs = [Pair(str(number), "x") for number in range(400)]
    with closing(Memo(tmp_path, LIMITS)) as memo, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda pair: (memo.put(pair, CORRECT), memo.get(pair)), pairs))
    with closing(Memo(tmp_path, LIMITS)) as memo:
        assert [memo.get(pair) for pair in pairs] == [CORRECT] * 400


def test_many_processes_may_start_it_at_once(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom datagen.verify.memo import Memo\n"
        "from datagen.verify.pair import Judgement, Pair\nfrom datagen.verify.workers import Limits\n"
        "sys.stdin.read()\n"
        "memo = Memo(Path(sys.argv[1]), Limits(5, 1024))\n"
        "for number in range(50): memo.put(Pair(sys.argv[2], str(number)), Judgement('correct', 'x'))\n"
        "memo.close()\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        for number in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    assert [process.communicate(timeout=60)[1] for process in started] == [b""] * 4
    with closing(Memo(tmp_path, LIMITS)) as memo:
        known = [memo.get(Pair(str(process), str(number))) for process in range(4) for number in range(50)]
    assert known == [Judgement("correct", "x")] * 200


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "there"))
    with closing(Memo.of_this_machine(LIMITS)) as memo:
        memo.put(PAIR, CORRECT)
    assert kept(tmp_path / "there") == CORRECT


def test_without_the_variable_it_lies_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with closing(Memo.of_this_machine(LIMITS)) as memo:
        memo.put(PAIR, CORRECT)
    assert kept(tmp_path / "datagen") == CORRECT


def test_off_keeps_nothing_after_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "off")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with closing(Memo.of_this_machine(LIMITS)) as memo:
        memo.put(PAIR, CORRECT)
        assert memo.get(PAIR) == CORRECT
    assert list(tmp_path.iterdir()) == []


FORKS = """
import os, signal, sys, threading
from contextlib import closing
from pathlib import Path
from datagen.verify.memo import Memo
from datagen.verify.pair import Judgement, Pair
from datagen.verify.workers import Limits

def ask(pair):
    with closing(Memo(Path(sys.argv[1]), Limits(5, 1024))) as memo:
        memo.put(pair, Judgement("correct", "math-verify"))

def ask_without_end():
    number = 0
    while not done.is_set():
        ask(Pair("parent", str(number := number + 1)))

done = threading.Event()
asking = threading.Thread(target=ask_without_end)
asking.start()
ends = []
for number in range(40):
    if (child := os.fork()) == 0:
        signal.alarm(60)
        ask(Pair("child", str(number)))
        os._exit(0)
    ends.append(os.waitpid(child, 0)[1])
done.set()
asking.join()
print(*ends)
"""


def test_a_child_that_is_forked_while_the_memo_is_written_can_use_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS, str(tmp_path)], capture_output=True, text=True, timeout=300, check=True
    )
    assert (done.stdout.split(), done.stderr) == (["0"] * 40, "")
    with closing(Memo(tmp_path, LIMITS)) as memo:
        assert [memo.get(Pair("child", str(number))) for number in range(40)] == [CORRECT] * 40
