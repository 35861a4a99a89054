"""The small process between a run and what it starts: it ends the child and all its kin when the run is gone.

Started by path, with nothing but the standard library and without site packages: so it is up in milliseconds, and the
environment it is given can be the child's own. The run holds the write end of its standard input; when the run ends,
however it ends, the pipe closes. On Linux orphans of the child come to this process, whatever session they made for
themselves, and end too; elsewhere the child's process group does.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

SIGNALLED = 128
"""Of a child that a signal ended, the exit status is this and the signal's number, as in shells."""
_GRACE_S = 5.0
_POLL_S = 0.05
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def supervise(command: Sequence[str]) -> int:
    """Run a command until it ends or standard input closes; then end everything that it started.

    The command's output goes where standard error goes; standard output says its process group, in one line.

    Returns:
        The command's exit status, 128 and the signal's number when a signal ended it.
    """
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_IGN)
    control = _process_control()
    control(_PR_SET_CHILD_SUBREAPER, 1)
    supervisor = os.getpid()

    def before_the_command() -> None:
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            signal.signal(interrupt, signal.SIG_DFL)
        control(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it was killed before the line above
            os._exit(1)

    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True, preexec_fn=before_the_command
    )
    print(child.pid, flush=True)
    threading.Thread(target=_end_with_the_run, args=(child.pid,), daemon=True).start()
    status = _reap_until(child.pid)
    _end_all_kin(child.pid)
    return status


def _process_control() -> Callable[[int, int], object]:
    if not sys.platform.startswith("linux"):
        return lambda option, value: None
    prctl: Callable[[int, int], object] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


def _end_with_the_run(group: int) -> None:
    """Ask the group to end when the run is gone, and make it when it does not."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    _signal_group(group, signal.SIGTERM)
    time.sleep(_GRACE_S)  # this process ends as soon as the child does
    _signal_group(group, signal.SIGKILL)


def _reap_until(child: int) -> int:
    """Wait for the child, and meanwhile for every orphan that came to this process."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else SIGNALLED - code


def _end_all_kin(group: int) -> None:
    """Kill what the child left behind: the orphans of those that die come here, until there are none."""
    time.sleep(_POLL_S)  # those that were asked to end in the same moment may do so
    _signal_group(group, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            for pid in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)


def _signal_group(group: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, how)


def _children() -> list[int]:
    """This process's own children; none where there is no /proc."""
    own = str(os.getpid())
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if parent == own:
                found.append(int(stat.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]))
