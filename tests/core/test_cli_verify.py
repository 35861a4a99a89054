"""`datagen verify` as a user meets it: lines, exit status, a reader that goes away, a signal."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "datagen", "verify"]


def rows_in(folder: Path, count: int, *, then: str = "") -> Path:
    file = folder / "rows.jsonl"
    lines = [json.dumps({"gold": f"z+{n}", "solution": f"\\boxed{{{n}+z}}", "problem": None}) for n in range(count)]
    file.write_text("\n".join(lines) + "\n" + then)
    return file


def verify(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_row_is_a_line_and_the_summary_stands_apart(tmp_path: Path) -> None:
    done = verify(rows_in(tmp_path, 3))
    assert done.returncode == 0
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:3] for line in lines] == [[str(n), "correct", f"{n}+z"] for n in range(3)]
    assert all(len(line) == 4 and line[3] for line in lines)
    assert done.stderr == "3 rows: correct 3\n"


def test_json_lines_hold_exactly_row_verdict_answer_method(tmp_path: Path) -> None:
    done = verify(rows_in(tmp_path, 3), "--json", "--workers", "1")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(row) for row in rows] == [["row", "verdict", "answer", "method"]] * 3
    assert [(row["row"], row["verdict"]) for row in rows] == [(n, "correct") for n in range(3)]


def test_wrong_answers_are_no_failure(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"gold": "5", "solution": "\\\\boxed{6}"}\n{"gold": null, "solution": null}\n')
    done = verify(file)
    assert (done.returncode, done.stderr) == (0, "2 rows: bad_gold 1, wrong 1\n")


def test_a_broken_line_ends_with_its_place_and_loses_nothing_before_it(tmp_path: Path) -> None:
    done = verify(rows_in(tmp_path, 120, then="oops\n"))
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 120
    assert len(done.stderr.splitlines()) == 1
    assert "rows.jsonl:121: not a whole JSON object" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.parquet"], "nowhere.parquet: no such file"),
        (["README.md"], "unknown suffix"),
        (["nowhere.parquet", "--workers", "0"], "--workers"),
        ([], "Missing argument"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_2(arguments: list[str], complaint: str) -> None:
    done = verify(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert complaint in done.stderr


def many_rows_in(folder: Path) -> Path:
    """More lines than a pipe holds: the command can't end while nobody reads them."""
    file = folder / "rows.jsonl"
    file.write_text('{"gold": "5", "solution": "\\\\boxed{5}"}\n' * 20_000)
    return file


def test_a_reader_that_goes_away_ends_it_in_silence(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, many_rows_in(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"0\tcorrect\t5\t")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_status_3_and_whole_lines(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, many_rows_in(tmp_path), "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline()]
        process.send_signal(number)
        lines += process.stdout.readlines()
        complaint = process.stderr.read()
    assert process.returncode == 3
    assert complaint == b"datagen: stopped by a signal; everything that arrived is kept, start again to go on\n"
    assert [json.loads(line)["row"] for line in lines] == list(range(len(lines)))
    assert lines[-1].endswith(b"\n")
    assert len(lines) < 20_000


def test_a_full_disk_is_said_in_a_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, rows_in(tmp_path, 3)], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "standard output can't be written" in done.stderr
