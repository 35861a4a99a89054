"""A run of a flow from the command line: its own API server if need be, its logs in files, signals in the main thread.

The flow runs in a thread of its own, so that the main thread is free for signals: the first asks the run to stop and
lets what is in flight arrive, the second leaves at once. Everything that arrived is kept either way.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from datagen.stopping import STOP
from datagen.workspace import Workspace
from flows.server import prefect_api

_STOPPED = 3
_LOOK_EVERY_S = 0.2


def run_build(workspace: Workspace, parameters: Mapping[str, Any]) -> str:
    """Run the flow `build_dataset` and return the run's folder; its failure is raised here.

    Args:
        workspace: the run's folder, for state and logs.
        parameters: of the flow.
    """
    with _signals_stop_the_run(), prefect_api(workspace.folder / ".prefect", workspace.logs):

        def call() -> str:
            from flows.build import build_dataset  # after the API's address is known

            _log_to_file("prefect", workspace)
            folder: str = build_dataset(**parameters)
            return folder

        return _in_thread(call)


def _log_to_file(name: str, workspace: Workspace) -> None:
    """Prefect's own lines go to a file: what concerns a user is said once, in plain words."""
    handler = logging.FileHandler(workspace.logs / f"{name}.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for logger in (name, f"{name}.flow_runs", f"{name}.task_runs"):
        logging.getLogger(logger).handlers = [handler]
        logging.getLogger(logger).propagate = False


def _in_thread(call: Callable[[], str]) -> str:
    results: list[str] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, name="flow", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_EVERY_S)
    if failures:
        raise failures[0]
    return results[0]


@contextlib.contextmanager
def _signals_stop_the_run() -> Iterator[None]:
    def on_signal(number: int, frame: FrameType | None) -> None:
        if STOP.is_set():
            os._exit(_STOPPED)
        STOP.set()
        print("stopping: what is in flight may still arrive; once more to leave at once", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
