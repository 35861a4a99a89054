"""The small process between a run and what it starts: it ends the child and all its kin when the run is gone.

None of them makes a session of its own: Linux shares the cores out by session first, and a child that polls, as a vLLM
without a GPU does, would take whole slices from the run.

Started by path, with nothing but the standard library and without site packages: so it is up in milliseconds, and the
environment it is given can be the child's own. The run holds the write end of its standard input; when the run ends,
however it ends, the pipe closes. On Linux orphans of the child come to this process, whatever session they made for
themselves, and end too; elsewhere the child's process group does.

Should this process be killed itself, a shell that waits for that ends the child's group: a shell, because who kills
every Python of a machine means this process and the run, and what those leave behind may hold a GPU.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

SIGNALLED = 128
"""Of a child that a signal ended, the exit status is this and the signal's number, as in shells."""
_GRACE_S = 4.0
_GRACE_OF_KIN_S = 2.0
_GRACE_OF_TRACKERS_S = 1.0
"""Python's resource trackers remove the shared memory of processes that were killed, and end when all of them have.
Killed with the others, they leave up to 400 MB of a vLLM server in /dev/shm for good."""
_POLL_S = 0.05
_PR_SET_CHILD_SUBREAPER = 36
_GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"'


def supervise(command: Sequence[str]) -> int:
    """Run a command until it ends or standard input closes; then end everything that it started.

    Returns:
        The command's exit status; 128 and the signal's number when a signal ended it.
    """
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_default_signals)
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "sh", str(child.pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    threading.Thread(target=_end_with_the_run, args=(child.pid,), daemon=True).start()
    status = _reap_until(child.pid)
    guard.kill()
    _end_kin(child.pid)
    return status


def _default_signals() -> None:
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_DFL)


def _end_with_the_run(child: int) -> None:
    """Ask the group to end when the run is gone, and make the child when it does not."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    _signal_group(child, signal.SIGTERM)
    time.sleep(_GRACE_S)  # this process goes on as soon as the child ends
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def _reap_until(child: int) -> int:
    """Wait for the child, and meanwhile for every orphan that came to this process."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else SIGNALLED - code


def _end_kin(group: int) -> None:
    """End what the child left behind: first asked, then killed; the orphans of those that die come here."""
    began = time.monotonic()
    told: dict[int, signal.Signals] = {}
    while kin := _kin(group):
        waited_s = time.monotonic() - began
        how = signal.SIGTERM if waited_s < _GRACE_OF_KIN_S else signal.SIGKILL
        for pid, is_tracker in kin.items():
            is_spared = is_tracker and waited_s < _GRACE_OF_KIN_S + _GRACE_OF_TRACKERS_S
            if not is_spared and told.get(pid) != how:
                told[pid] = how
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
        time.sleep(_POLL_S)


def _kin(group: int) -> dict[int, bool]:
    """What lives in the child's group, or came here as an orphan, and whether it is a resource tracker.

    Without /proc it is the group as a whole, written as `kill` takes it.
    """
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, *parents = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
            parent, its_group = map(int, parents)
            if state != "Z" and (parent == os.getpid() or its_group == group):
                found[int(process.name)] = b"resource_tracker" in (process / "cmdline").read_bytes()
    if not Path("/proc").exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, 0)
            found[-group] = False
    return found


def _signal_group(group: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, how)


if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:]))
