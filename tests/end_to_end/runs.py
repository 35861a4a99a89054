"""Runs as a user starts them: a process of its own, in a folder of its own, and what it leaves behind.

Every command gets a mark in its environment, which its children inherit, so that whatever it leaves running is found
however it is named.
"""

import contextlib
import functools
import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

from datagen.formats import FORMATS
from datagen.journal import Journal
from datagen.workspace import completions_of

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
BUNDLED = ROOT / "datagen" / "recipes"
IN_EVERY_FORMAT = ("--set", f"output.formats={json.dumps(list(FORMATS))}")
"""Words of a command: whatever formats there are, each of them is written."""
_MARK = "DATAGEN_TEST_RUN"
_TIMEOUT_S = 300


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


class Command:
    """A `datagen` command at work; its output is read from files, so that no pipe fills up."""

    def __init__(self, *arguments: str, cwd: Path, **environment: str) -> None:
        self.mark = uuid.uuid4().hex
        self._out, self._err = cwd / f".{self.mark}.out", cwd / f".{self.mark}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "datagen", *arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=user_environment() | environment | {_MARK: self.mark},
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def wait(self) -> Done:
        status = self.process.wait(_TIMEOUT_S)
        return Done(status, self.out, self.err)

    def left_behind(self) -> list[str]:
        """What is still running of it, the command itself included."""
        return [shown for shown in map(self._shown, psutil.process_iter()) if shown]

    def end(self) -> None:
        """For tests that fail in the middle: leave nothing behind."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._out.unlink(missing_ok=True)
        self._err.unlink(missing_ok=True)

    def _shown(self, process: psutil.Process) -> str | None:
        try:
            if process.environ().get(_MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                return f"{process.pid} {' '.join(process.cmdline())}"
        except psutil.Error:
            return None
        return None


@contextlib.contextmanager
def running(*arguments: str, cwd: Path, **environment: str) -> Iterator[Command]:
    command = Command(*arguments, cwd=cwd, **environment)
    try:
        yield command
    finally:
        command.end()


def datagen(*arguments: str, cwd: Path, **environment: str) -> Done:
    with running(*arguments, cwd=cwd, **environment) as command:
        return command.wait()


def build(*arguments: str, cwd: Path, **environment: str) -> Done:
    """`datagen build`, which must succeed."""
    done = datagen("build", *arguments, cwd=cwd, **environment)
    assert done.status == 0, done.out + done.err
    assert done.err == ""
    return done


def user_environment() -> dict[str, str]:
    """This environment without what would make a run another one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "HF_", "PYTHON"))}
    path = {} if _is_installed() else {"PYTHONPATH": str(ROOT)}
    return kept | path | {"HF_HUB_OFFLINE": "1"}


@functools.cache
def _is_installed() -> bool:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    asked = subprocess.run([sys.executable, "-c", "import datagen"], cwd="/", env=environment, capture_output=True)
    return asked.returncode == 0


def wait_until(true: Callable[[], Any], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.002)


def hashes(folder: Path) -> dict[str, str]:
    """Every file's content by its relative path."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(run: Path, table: str) -> list[dict[str, Any]]:
    """The rows of one of a run's tables."""
    return [row for part in sorted((run / table).glob("*.parquet")) for row in pq.ParquetFile(part).read().to_pylist()]


def counts(run: Path, stage: str) -> dict[str, Any]:
    return json.loads((run / "run.json").read_text())["stages"][stage]["counts"]


def journal_lines(run: Path) -> list[bytes]:
    """The completions in the journal with their keys, in the order in which they arrived."""
    path = completions_of(run)
    if not Journal.is_at(path):
        return []
    with Journal(path, read_only=True) as journal:
        kept = zip(journal.records(("key",)), journal.records(), strict=True)
        return [json.dumps({**record, **key}, sort_keys=True).encode() for key, record in kept]
