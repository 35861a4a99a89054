"""How a stage learns that it shall stop: signals belong to the main thread, stages look at one event."""

import threading

from datagen.errors import StoppedError

STOPPED_BY_SIGNAL = "stopped by a signal; everything that arrived is kept, start again to go on"
STOP = threading.Event()
"""Set once, by a signal; a process that was told to stop does not go on."""
LEAVE = threading.Event()
"""Set after `STOP` where the time is up: what is in flight is not waited for any more."""


def refuse_when_stopped() -> None:
    """Raise StoppedError when the run was told to stop."""
    if STOP.is_set():
        raise StoppedError(STOPPED_BY_SIGNAL)
