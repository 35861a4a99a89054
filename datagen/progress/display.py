"""Where progress is shown: as a live block in a terminal, as plain lines elsewhere; and always in the run's log.

Stages say lines through the logger `datagen`; what they are doing is looked at twice a second by a thread of its own.
Every few seconds that becomes a line of the logger `datagen.progress`, which a live block makes superfluous on the
screen but not in the log. Whoever logs hands its line over and goes on: only one thread writes to standard output, so
that a reader who has stopped reading (Ctrl-S, a full pipe) holds up no work.
"""

import contextlib
import contextvars
import logging
import sys
import threading
from collections.abc import Iterator
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol, TextIO, cast

from datagen.progress.counts import Progress, View
from datagen.progress.pace import Watcher
from datagen.progress.wording import plain_line

_LOGGER = logging.getLogger("datagen")
_LINES = logging.getLogger("datagen.progress")
_LOOK_EVERY_S = 0.5
_FIRST_LINE_S, _RAREST_LINE_S = 5.0, 30.0
_SHARE_BETWEEN_LINES = 0.1
"""Lines come the more rarely the longer a stage takes: after a tenth of its time."""


class Display(Protocol):
    """Shows how a stage stands; never waits for a reader."""

    def show(self, view: View | None) -> None:
        """Show this from now on; None takes it away."""
        ...

    def leave(self, view: View) -> None:
        """Leave this behind for good: it is how the stage ended."""
        ...


class _NoScreen:
    """What a run without a terminal has: there are the lines of the logger, and nothing else."""

    def show(self, view: View | None) -> None:
        """Let be."""

    def leave(self, view: View) -> None:
        """Let be."""


_display: Display = _NoScreen()


@contextlib.contextmanager
def displayed(log: Path, stream: TextIO | None = None) -> Iterator[None]:
    """Show what a run says and does, and keep it with the time in a log, while the block lasts.

    Args:
        log: the file; lines are added to it.
        stream: where it is shown; standard output when None.
    """
    kept = logging.FileHandler(log)
    kept.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    stream = stream or sys.stdout
    with contextlib.ExitStack() as stack:
        stack.callback(kept.close)
        shown = stack.enter_context(_live(stream) if _can_be_live(stream) else _plain(stream))
        stack.callback(_hand_over, _LOGGER.handlers, _LOGGER.propagate)
        _hand_over([shown, kept], propagate=False)
        _LOGGER.setLevel(logging.INFO)
        logging.raiseExceptions = False  # a reader that went away, as in `| head`, ends no run
        yield


@contextlib.contextmanager
def shown_on(display: Display) -> Iterator[None]:
    """Show stages there while the block lasts, unless a terminal shows them already.

    Args:
        display: is asked twice a second.
    """
    global _display
    if not isinstance(_display, _NoScreen):
        yield
        return
    _display = display
    try:
        yield
    finally:
        _display = _NoScreen()


def _hand_over(handlers: list[logging.Handler], propagate: bool) -> None:
    _LOGGER.handlers, _LOGGER.propagate = handlers, propagate


@contextlib.contextmanager
def _plain(stream: TextIO) -> Iterator[logging.Handler]:
    """A line for every line."""
    lines: SimpleQueue[Any] = SimpleQueue()
    out = logging.StreamHandler(cast(Any, stream))
    out.setFormatter(logging.Formatter("%(message)s"))
    writer = QueueListener(lines, out)
    writer.start()
    try:
        yield QueueHandler(lines)
    finally:
        writer.stop()


@contextlib.contextmanager
def _live(stream: TextIO) -> Iterator[logging.Handler]:
    """A live block, and above it every line but those that say the same as the block."""
    global _display
    from datagen.progress.terminal import Terminal, TerminalHandler

    with Terminal(stream) as terminal:
        handler = TerminalHandler(terminal)
        handler.addFilter(lambda record: record.name != _LINES.name)
        _display = terminal
        try:
            yield handler
        finally:
            _display = _NoScreen()


def _can_be_live(stream: TextIO) -> bool:
    if not stream.isatty():
        return False
    from datagen.progress.terminal import is_capable

    return is_capable(stream)


@contextlib.contextmanager
def watching(progress: Progress) -> Iterator[None]:
    """Show a stage's progress while the block lasts, and how it ended when it failed or took its time.

    Args:
        progress: what the stage keeps up to date.
    """
    watcher = Watcher(progress)
    ended = threading.Event()
    here = contextvars.copy_context()  # Prefect tells by it whose lines these are
    thread = threading.Thread(
        target=here.run, args=(_look_again_and_again, watcher, ended), name="progress", daemon=True
    )
    thread.start()
    finished = False
    try:
        yield
        finished = True
    finally:
        ended.set()
        thread.join()
        last = watcher.look()
        _display.show(last)  # for a screen that is slower than the stage
        _display.show(None)
        if not finished or last.elapsed_s >= _FIRST_LINE_S:
            _display.leave(last)
            _LINES.info(plain_line(last))


def _look_again_and_again(watcher: Watcher, ended: threading.Event) -> None:
    next_line_s = _FIRST_LINE_S
    while not ended.wait(_LOOK_EVERY_S):
        view = watcher.look()
        _display.show(view)
        if view.elapsed_s >= next_line_s:
            _LINES.info(plain_line(view))
            next_line_s = view.elapsed_s + seconds_between_lines(view.elapsed_s)


def seconds_between_lines(elapsed_s: float) -> float:
    """How long after a plain line the next one comes, by how long the stage has been at work."""
    return min(_RAREST_LINE_S, max(_FIRST_LINE_S, elapsed_s * _SHARE_BETWEEN_LINES))
