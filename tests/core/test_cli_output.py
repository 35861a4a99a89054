"""Standard output that takes nothing: a reader that has gone, a closed stream, a full disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "datagen"]
BUILD = ["build", "quickstart", "--until", "pull", "--output"]


def datagen(*arguments: object, shell: str = "", stdout: int | None = None) -> tuple[int, str]:
    """Exit status and standard error, with what a shell does to the streams."""
    command = ["sh", "-c", f'exec "$@" {shell}', "sh", *COMMAND, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120)
    return done.returncode, done.stderr


def into_a_pipe_that_nobody_reads(*arguments: object) -> tuple[int, str]:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return datagen(*arguments, stdout=writing)
    finally:
        os.close(writing)


def test_a_reader_that_has_gone_fails_no_command_and_no_build(tmp_path: Path) -> None:
    assert into_a_pipe_that_nobody_reads("recipes") == (0, "")
    assert into_a_pipe_that_nobody_reads(*BUILD, tmp_path / "run") == (0, "")


def test_a_build_with_closed_streams_tells_its_log_alone(tmp_path: Path) -> None:
    assert datagen(*BUILD, tmp_path / "run", shell="<&- >&-") == (0, "")
    assert "pull open_r1: read 20" in (tmp_path / "run" / "logs" / "run.log").read_text()


@pytest.mark.parametrize("arguments", [["recipes"], ["estimate", "quickstart"]])
def test_a_full_disk_is_no_fault_of_datagen(arguments: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    status, said = datagen(*arguments, shell="> /dev/full")
    assert status == 1
    assert said == ("datagen: standard output can't be written: No space left on device; is the disk full?\n")
