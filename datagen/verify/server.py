"""The server that workers are forked from: started before the first worker is needed, and never a forked child's.

A process made by `os.fork` inherits what multiprocessing knows of its parent's server and children, but can't use it:
it must start a server of its own.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from multiprocessing import current_process, forkserver, get_context, process, resource_tracker
from types import ModuleType

_HASH_SEED = "PYTHONHASHSEED"
_PRELOAD = ["datagen.verify.preload"]
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
_main_lock = threading.Lock()


def start() -> None:
    """Start the server unless it runs; returns at once, while the server loads what workers need.

    multiprocessing forbids children to the daemonic processes of a pool, since they would outlive it when it is ended
    hard. Workers don't: they end when their pipe closes. So the ban is lifted for the process that calls this.
    """
    vars(current_process())["_config"].pop("daemon", None)
    get_context("forkserver").set_forkserver_preload(_PRELOAD)
    resource_tracker.ensure_running()  # here already: its start lifts the mask that follows
    # while it loads, it would die of a Ctrl-C that is meant for this process; later it ignores them by itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    seed = os.environ.get(_HASH_SEED)
    os.environ[_HASH_SEED] = "0"  # the order of sets is the same in every run
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop(_HASH_SEED)
        if seed is not None:
            os.environ[_HASH_SEED] = seed
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """Keep multiprocessing from running the caller's script again in a worker that starts: it has nothing for it."""
    with _main_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _forget_parents() -> None:
    vars(process)["_children"].clear()
    state = vars(forkserver._forkserver)
    state["_lock"] = threading.Lock()  # a thread that is not here may have held it
    alive = state.get("_forkserver_alive_fd")
    if alive is not None:
        with contextlib.suppress(OSError):
            os.close(alive)  # the parent's server ends with the parent
    state.update(_forkserver_address=None, _forkserver_alive_fd=None, _forkserver_pid=None)


os.register_at_fork(after_in_child=_forget_parents)
