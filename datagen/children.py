"""Processes that a run starts and that never outlive it, not even when the run is killed with -9.

Each child runs under a small supervisor (`supervisor.py`) in a process group of its own. The supervisor holds the read
end of a pipe from the run; when the run ends, however it ends, the pipe closes and the supervisor ends the child and
all that the child started.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from datagen import supervisor
from datagen.errors import DatagenError

_POLL_S = 0.05
_TAIL_BYTES = 65_536


class Child:
    """A process that ends with this one; started at once.

    Attributes:
        log: where its output goes.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        is_continued: bool = False,
    ) -> None:
        """Start it.

        Args:
            command: program and arguments.
            log: where its output goes.
            environment: its environment; this process's own when None.
            is_continued: whether the log goes on; else it is written anew.
        """
        self.log = log
        with log.open("ab" if is_continued else "wb") as output:
            self._begin = output.tell()
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", supervisor.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(environment) if environment is not None else None,
                process_group=0,
            )

    @property
    def ending(self) -> str | None:
        """How it ended, as `status 1` or `signal 9`; None while it runs or something that it started does."""
        code = self._supervisor.poll()
        if code is None:
            return None
        self.end()
        number = -code if code < 0 else code - supervisor.SIGNALLED
        return f"signal {number}" if number > 0 else f"status {code}"

    def said(self, most: int = _TAIL_BYTES) -> str:
        """The last of what it said since its start, `most` bytes at most."""
        with self.log.open("rb") as said:
            said.seek(max(self._begin, os.fstat(said.fileno()).st_size - most))
            return said.read().decode(errors="replace")

    @property
    def last_line(self) -> str:
        """What it said last."""
        last = next((line for line in reversed(self.said().splitlines()) if line.strip()), "it said nothing")
        return last.strip()[:300]

    def end(self) -> None:
        """Ask it to end, without waiting; what it started is killed when it ended, or after some seconds."""
        assert self._supervisor.stdin is not None
        self._supervisor.stdin.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it and all that it started are gone.

        Args:
            timeout_s: seconds to wait at most; None waits on.

        Returns:
            Whether they are.
        """
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(timeout_s)
        return self.ending is not None


@contextlib.contextmanager
def running(
    what: str,
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[str], str | None],
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run a command for as long as the block lasts.

    Args:
        what: its name for messages.
        command: program and arguments.
        log: where its output goes; written anew.
        ready: given the last of its output, returns what the block needs to know, or None while it is not ready.
        timeout_s: seconds until it must be ready.
        environment: its environment; this process's own when None.

    Yields:
        What `ready` returned.

    Raises:
        DatagenError: it ended, or was not ready in time; the message shows its last line.
    """
    child = Child(command, log=log, environment=environment)
    try:
        yield _wait_until_ready(what, child, ready, timeout_s)
    finally:
        child.end()
        child.wait()


def _wait_until_ready(what: str, child: Child, ready: Callable[[str], str | None], timeout_s: float) -> str:
    deadline = time.monotonic() + timeout_s
    while True:
        ended = child.ending is not None
        found = ready(child.said())
        if found is not None and not ended:
            return found
        if ended:
            raise DatagenError(f"{what} ended at its start: {child.last_line} (all of it: {child.log})")
        if time.monotonic() > deadline:
            raise DatagenError(
                f"{what} was not ready within {timeout_s:.0f} s: {child.last_line} (all of it: {child.log})"
            )
        time.sleep(_POLL_S)
