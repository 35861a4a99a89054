"""Processes that a run starts and that never outlive it, not even when the run is killed with -9.

Each child runs under a small supervisor in a session of its own. The supervisor holds the read end of a pipe from the
run; when the run ends, however it ends, the pipe closes and the supervisor ends the child's whole process group.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from datagen.errors import DatagenError

_GRACE_S = 5.0
_POLL_S = 0.05


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
        ready: given the output so far, returns what the block needs to know, or None while it is not ready.
        timeout_s: seconds until it must be ready.
        environment: its environment; this process's own when None.

    Yields:
        What `ready` returned.

    Raises:
        DatagenError: it ended, or was not ready in time; the message shows its last line.
    """
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "datagen.children", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
        )
    try:
        yield _wait_until_ready(what, supervisor, log, ready, timeout_s)
    finally:
        assert supervisor.stdin is not None
        supervisor.stdin.close()
        supervisor.wait()


def _wait_until_ready(
    what: str,
    supervisor: "subprocess.Popen[bytes]",
    log: Path,
    ready: Callable[[str], str | None],
    timeout_s: float,
) -> str:
    deadline = time.monotonic() + timeout_s
    while True:
        ended = supervisor.poll() is not None
        said = log.read_text(errors="replace")
        found = ready(said)
        if found is not None and not ended:
            return found
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
        if ended:
            raise DatagenError(f"{what} ended at its start: {last[:300]} (all of it: {log})")
        if time.monotonic() > deadline:
            raise DatagenError(f"{what} was not ready within {timeout_s:.0f} s: {last[:300]} (all of it: {log})")
        time.sleep(_POLL_S)


def supervise(command: Sequence[str]) -> int:
    """Run a command until it ends or standard input closes; then end its process group.

    Returns:
        The command's exit status; 0 when it was ended here.
    """
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_default_signals)

    def leave_with_child() -> None:
        status = child.wait()
        with contextlib.suppress(ProcessLookupError):  # what the child started must not outlive it
            os.killpg(child.pid, signal.SIGKILL)
        os._exit(status)

    threading.Thread(target=leave_with_child, daemon=True).start()
    while os.read(sys.stdin.fileno(), 1):
        pass
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
            if how is signal.SIGTERM:
                time.sleep(_POLL_S)
    return 0


def _default_signals() -> None:
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]))
