"""A terminal with a live block at its bottom and lines above it.

One thread writes to the terminal, and nobody else: what is logged, printed or warned elsewhere in the process comes to
it as whole lines. So nothing tears the block, nobody waits for a terminal that is held up, and a signal's handler may
print in the middle of anything. The cursor is never hidden, and stands in an empty line under the block: a run that is
killed leaves a terminal that can be used.
"""

import contextlib
import io
import logging
import re
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self, TextIO, cast

from rich.console import Console, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from datagen.progress.block import block
from datagen.progress.counts import View

_DRAW_EVERY_S = 0.5
_MOVES_THE_CURSOR = {code: None for code in (*range(32), *range(127, 160)) if chr(code) != "\t"}
_LINE_END = re.compile(r"\r\n|\r|\n")


def is_capable(stream: TextIO) -> bool:
    """Whether a live block can be shown there: a terminal that can move its cursor (`TERM` is not `dumb`)."""
    return _console(stream).is_interactive


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, markup=False, emoji=False)


class Terminal:
    """A terminal that is this process's own while its block lasts; standard output and error lead to it meanwhile.

    Args:
        stream: leads there.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = _console(stream)
        self._said: SimpleQueue[str | View | None] = SimpleQueue()
        self._view: View | None = None
        self._live: Live | None = None
        self._drawn: list[int] = []
        self._thread = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._redirections = contextlib.ExitStack()

    def say(self, line: str) -> None:
        """Show a line; returns at once, and may be called from a signal's handler."""
        self._said.put(line)

    def show(self, view: View | None) -> None:
        """Show a stage's progress from now on; None takes it away."""
        self._view = view

    def leave(self, view: View) -> None:
        """Leave a stage's progress behind, among the lines."""
        self._said.put(view)

    def __enter__(self) -> Self:
        self._thread.start()
        if self._stream is not sys.stderr or sys.stdout.isatty():  # else standard output is for another reader
            self._lead_here(contextlib.redirect_stdout, sys.stdout)
        if sys.stderr.isatty():
            self._lead_here(contextlib.redirect_stderr, sys.stderr)
        return self

    def _lead_here(self, redirect: Callable[[TextIO], AbstractContextManager[TextIO]], stream: TextIO) -> None:
        lines = _Lines(self, stream)
        self._redirections.callback(lines.end)
        self._redirections.enter_context(redirect(cast(TextIO, lines)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._redirections.close()
        self._view = None
        self._said.put(None)
        self._thread.join()

    # From here on everything runs in the terminal's thread.

    def _write_all(self) -> None:
        more = True
        while more:
            said, more = self._waiting()
            with contextlib.suppress(OSError):  # a terminal that was closed ends no run
                self._write(said)

    def _waiting(self) -> tuple[list[str | View], bool]:
        """What came in since, after at most the time of one picture; and whether more may come."""
        said: list[str | View] = []
        with contextlib.suppress(Empty):
            one = self._said.get(timeout=_DRAW_EVERY_S)
            while one is not None:
                said.append(one)
                one = self._said.get_nowait()
            return said, False
        return said, True

    def _write(self, said: list[str | View]) -> None:
        view = self._view
        with self._console:  # all of it in one go
            if view is not None:
                self._draw(view)
            for one in said:
                for line in self._picture(one) if isinstance(one, View) else [Text(_still(one))]:
                    self._console.print(line, soft_wrap=True)
            if view is None and self._live is not None:
                self._live.stop()
                self._live = None

    def _draw(self, view: View) -> None:
        if self._live is None:
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
            )
            self._live.start()
            self._console.show_cursor(True)
            self._drawn = []
        self._make_up_for_wrapped_lines()
        picture = [*self._picture(view), Text("")]
        self._drawn = [line.cell_len for line in picture]
        self._live.update(Group(*picture), refresh=True)

    def _picture(self, view: View) -> list[Text]:
        return block(view, self._console.width, ascii_only=self._console.options.ascii_only)

    def _make_up_for_wrapped_lines(self) -> None:
        """Go up to where the block begins now: a terminal that was made narrower has wrapped its lines."""
        width = self._console.width
        if max(self._drawn, default=0) > width:
            wrapped = sum((length - 1) // width for length in self._drawn if length)
            up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
            self._console.control(Control((ControlType.ERASE_IN_LINE, 2), *up * wrapped))


def _still(line: str) -> str:
    """A line without what would move the cursor."""
    return line.translate(_MOVES_THE_CURSOR)


class TerminalHandler(logging.Handler):
    """Brings what is logged to the terminal."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        self._terminal.say(self.format(record))


class _Lines(io.TextIOBase):
    """A stream whose whole lines go to the terminal; it says that it is none, so that nobody else moves the cursor."""

    def __init__(self, terminal: Terminal, stream: TextIO) -> None:
        self._terminal = terminal
        self._stream = stream
        self._begun = ""
        self._lock = threading.RLock()  # a signal's handler may print in the middle of a print

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            *whole, self._begun = _LINE_END.split(self._begun + text)
        for line in whole:
            self._terminal.say(line)
        return len(text)

    def end(self) -> None:
        """Let go of a line that was begun and never ended."""
        if self._begun:
            self.write("\n")
