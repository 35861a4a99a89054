"""What a user sees of a run: in a terminal, in a file, through a pipe, and when nobody reads it."""

import contextlib
import fcntl
import json
import os
import re
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.runs import user_environment, wait_until
from tests.progress.emulator import Emulator

WIDTH = 100
STOPPED = "datagen: stopped by a signal; everything that arrived is kept, start again to go on"


class Terminal:
    """A real terminal with a `datagen` command in it."""

    def __init__(self, *arguments: str, cwd: Path, **environment: str) -> None:
        self._master, slave = os.openpty()
        termios.tcsetwinsize(slave, (30, WIDTH))
        self.settings = termios.tcgetattr(slave)
        self._received = b""
        plain = {name: value for name, value in user_environment().items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "datagen", *arguments],
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=plain | {"TERM": "xterm-256color"} | environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._slave = slave
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def received(self) -> str:
        return self._received.decode(errors="ignore")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait(self) -> int:
        status = self.process.wait(120)
        self.settings_left = termios.tcgetattr(self._slave)
        self.end()
        return status

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._slave >= 0:
            os.close(self._slave)  # the last one to hold it: the reader comes to the end
            self._slave = -1
            self._reader.join()
            os.close(self._master)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 65536):
                self._received += piece


@contextlib.contextmanager
def in_terminal(*arguments: str, cwd: Path, **environment: str) -> Iterator[Terminal]:
    terminal = Terminal(*arguments, cwd=cwd, **environment)
    try:
        yield terminal
    finally:
        terminal.end()


@pytest.fixture
def arguments(teacher):
    """A build that asks the counting teacher."""
    settings = [f"teachers.demo.base_url={teacher.url}", "teachers.demo.concurrency=16"]
    words = [word for one in settings for word in ("--set", one)]
    return ["build", "quickstart", "--output", "run", "--until", "sample", "--limit", "4", *words]


def wait_for_the_block(terminal, teacher):
    """The run is held in the middle of sampling, and has been drawn like that."""
    wait_until(lambda: teacher.is_holding, "the run samples")
    so_far = terminal.received.count(" in flight")
    wait_until(lambda: terminal.received.count(" in flight") >= so_far + 2, "the block is drawn")


def logged(run: Path) -> list[tuple[str, bool]]:
    """The lines of the run's log without their time, and whether each tells of progress."""
    lines = [line.split(" ", 2)[2] for line in (run / "logs" / "run.log").read_text().splitlines()]
    return [(line, "time left" in line) for line in lines]


def test_in_a_terminal_every_line_stands_whole_above_a_block_that_goes_when_it_is_done(
    arguments, teacher, tmp_path, prefect
):
    teacher.hold_after(20)
    with in_terminal(*arguments, cwd=tmp_path, **prefect) as terminal:
        wait_for_the_block(terminal, teacher)
        so_far = Emulator(WIDTH).feed(terminal.received[: terminal.received.rindex("\x1b[2K")])
        teacher.release()
        assert terminal.wait() == 0, terminal.received
    assert re.search(r"\d+ in flight", terminal.received)
    assert so_far.cursor_is_hidden is False
    emulator = Emulator(WIDTH).feed(terminal.received)
    assert not emulator.cursor_is_hidden
    lines = [line for line, is_progress in logged(tmp_path / "run") if not is_progress]
    shown = [line for line in emulator.shown if line in lines]
    assert shown == lines
    rest = [line for line in emulator.shown if line not in lines]
    assert rest[-1].startswith("done: ")
    assert sum("in flight" in line for line in rest) <= 1, "the last picture, and no other"
    assert terminal.settings_left == terminal.settings


def test_ctrl_c_in_a_terminal_ends_the_run_and_leaves_the_terminal_as_it_was(arguments, teacher, tmp_path, prefect):
    teacher.hold_after(20)
    with in_terminal(*arguments, cwd=tmp_path, **prefect) as terminal:
        wait_for_the_block(terminal, teacher)
        terminal.type("\x03")
        wait_until(lambda: "stopping: " in terminal.received, "the run has heard it")
        teacher.release()
        assert terminal.wait() == 3, terminal.received
    emulator = Emulator(WIDTH).feed(terminal.received.replace("^C", ""))
    assert not emulator.cursor_is_hidden
    assert terminal.settings_left == terminal.settings
    shown = emulator.shown
    assert "stopping: what is in flight may still arrive; once more to leave at once" in shown
    assert shown[-1] == STOPPED
    assert sum("0 in flight" in line for line in shown) == 1, "how sampling stood when it was stopped"
    assert "Traceback" not in terminal.received
    last, is_progress = logged(tmp_path / "run")[-1]
    assert is_progress
    assert "in flight 0," in last


@pytest.mark.full
def test_a_second_ctrl_c_leaves_at_once_and_the_cursor_where_a_prompt_belongs(arguments, teacher, tmp_path, prefect):
    teacher.hold_after(20)
    with in_terminal(*arguments, cwd=tmp_path, **prefect) as terminal:
        wait_for_the_block(terminal, teacher)
        terminal.type("\x03")
        wait_until(lambda: "stopping: " in terminal.received, "the run has heard it")
        terminal.type("\x03")
        assert terminal.wait() == 3, terminal.received
    emulator = Emulator(WIDTH).feed(terminal.received.replace("^C", ""))
    assert not emulator.cursor_is_hidden
    assert emulator.cursor_is_below_everything
    assert terminal.settings_left == terminal.settings


def test_a_full_pipe_holds_no_work_up_and_gets_lines_without_escape_codes(arguments, teacher, tmp_path, prefect):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * 65536)
    os.set_blocking(writing, True)
    environment = user_environment() | {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"} | prefect
    command = [sys.executable, "-m", "datagen", *arguments]
    with subprocess.Popen(command, cwd=tmp_path, stdout=writing, env=environment, start_new_session=True) as process:
        try:
            os.close(writing)
            record = tmp_path / "run" / "run.json"
            wait_until(
                lambda: record.exists() and "verify" in json.loads(record.read_text()).get("stages", {}),
                "the work is done although nobody reads",
            )
            with os.fdopen(reading, "rb") as pipe:
                said = pipe.read().lstrip(b".").decode()
            assert process.wait(60) == 0
        finally:
            process.kill()
    *lines, last = said.splitlines()
    assert lines == [line for line, _ in logged(tmp_path / "run")]
    assert last.startswith("done: ")
    assert "\x1b" not in said + (tmp_path / "run" / "logs" / "run.log").read_text()
