"""How a run ends where Prefect ends it by a signal: in time, with everything kept, and with its state told.

A worker of Prefect ends a flow run by a signal, which Prefect turns into an exception in the main thread, wherever that
is at the moment. So nothing of a stage may be there: a stage has a thread. It is told to stop by the event that it
looks at anyway; what is in flight has a second to arrive, and what the run has started ends with it.
"""

import contextlib
import contextvars
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import TypeVar

from prefect.client.orchestration import get_client
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled

from datagen.errors import StoppedError
from datagen.stopping import LEAVE, STOP

_LOGGER = logging.getLogger("datagen")
_Outcome = TypeVar("_Outcome")
_LOOK_EVERY_S = 0.2
_PATIENCE_S, _END_S = 1.0, 5.0
"""How long what is in flight may take to arrive, and what was started to end: a run that is cancelled is gone within
ten seconds."""
_TELL_S = 2.0


@contextlib.contextmanager
def ends_when_told() -> Iterator[None]:
    """Tell Prefect that a run which is being cancelled is cancelled, as soon as the block, or flow, has ended.

    Prefect's worker would do so some seconds later: it looks every three seconds whether the process has ended, and
    then starts another one for hooks, of which there are none.
    """
    try:
        yield
    except TerminationSignal:
        _tell_that_it_is_over()
        raise


def attended(work: Callable[[], _Outcome]) -> _Outcome:
    """Do a stage's work, and stop it when Prefect ends this process.

    From the command line it is done here and now: the flow has a thread of its own, and signals go to the main one.

    Args:
        work: raises StoppedError some time after `STOP` was set.

    Raises:
        TerminationSignal: of Prefect; by then the work has stopped. Where it does not, this process ends here.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    outcome: Future[_Outcome] = Future()
    here = contextvars.copy_context()  # Prefect tells by it whose lines and artifacts these are
    thread = threading.Thread(target=here.run, args=(_fulfil, outcome, work), name="stage", daemon=True)
    try:  # not by `Thread.join`: before Python 3.13 a join that a signal interrupts takes the thread for ended
        thread.start()
        while not outcome.done():
            wait((outcome,), _LOOK_EVERY_S)
    except (TerminationSignal, KeyboardInterrupt):
        STOP.set()
        _LOGGER.info("told to stop: what is in flight may still arrive")
        wait((outcome,), _PATIENCE_S)
        LEAVE.set()
        wait((outcome,), _END_S)
        if not outcome.done():
            _LOGGER.warning("the stage did not stop within %.0f s; left as it is, what arrived is kept", _END_S)
            _tell_that_it_is_over()
            os._exit(StoppedError.exit_status)  # who unlocked the folder now would let another run meet this one
        raise
    return outcome.result()


def _fulfil(outcome: Future[_Outcome], work: Callable[[], _Outcome]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:
        outcome.set_exception(error)


def _tell_that_it_is_over() -> None:
    """Where the run was cancelled: any other end Prefect tells by itself."""
    with (
        contextlib.suppress(Exception),  # the worker tells it, too
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client(sync_client=True, httpx_settings={"timeout": _TELL_S}) as client,
    ):
        state = client.read_flow_run(flow_run.id).state
        if state is not None and state.is_cancelling():
            client.set_flow_run_state(flow_run.id, Cancelled(message="Cancelled; everything that arrived is kept."))
