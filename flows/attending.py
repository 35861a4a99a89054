"""How a stage runs where Prefect ends it by a signal: in a thread, so that the main thread is free to hear it.

A worker of Prefect ends a flow run by a signal, which Prefect turns into an exception in the main thread, wherever that
is at the moment. So nothing of a stage may be there. A stage is told to stop by the event that it looks at anyway; what
is in flight has some seconds to arrive, and what the run has started ends with it.
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from prefect.exceptions import TerminationSignal

from datagen.stopping import LEAVE, STOP

_Outcome = TypeVar("_Outcome")
_LOOK_EVERY_S = 0.2
_PATIENCE_S, _END_S = 1.5, 4.5
"""How long what is in flight may take to arrive, and what was started to end: a run that is cancelled is gone within
ten seconds."""


def attended(work: Callable[[], _Outcome]) -> _Outcome:
    """Do a stage's work, and stop it when Prefect ends this process.

    From the command line it is done here and now: the flow has a thread of its own, and signals go to the main one.

    Args:
        work: raises StoppedError some time after `STOP` was set.

    Raises:
        TerminationSignal: of Prefect; by then the work has stopped, or has had the time for it.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    outcome: Future[_Outcome] = Future()
    here = contextvars.copy_context()  # Prefect tells by it whose lines and artifacts these are
    thread = threading.Thread(target=here.run, args=(_fulfil, outcome, work), name="stage", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK_EVERY_S)
    except (TerminationSignal, KeyboardInterrupt):
        STOP.set()
        thread.join(_PATIENCE_S)
        LEAVE.set()
        thread.join(_END_S)
        raise
    return outcome.result()


def _fulfil(outcome: Future[_Outcome], work: Callable[[], _Outcome]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:
        outcome.set_exception(error)
