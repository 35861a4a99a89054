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
import threading
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self, TextIO

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
        stream: standard output.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = _console(stream)
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._view: View | None = None
        self._live: Live | None = None
        self._drawn: list[int] = []
        self._drawn_width = 0
        self._thread = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._redirections = contextlib.ExitStack()

    def say(self, line: str) -> None:
        """Show a line; returns at once, and may be called from a signal's handler."""
        self._lines.put(line)

    def show(self, view: View | None) -> None:
        """Show a stage's progress from now on; None takes it away."""
        self._view = view

    def __enter__(self) -> Self:
        import sys

        self._thread.start()
        self._redirections.enter_context(contextlib.redirect_stdout(_Lines(self, sys.stdout)))
        if sys.stderr.isatty():
            self._redirections.enter_context(contextlib.redirect_stderr(_Lines(self, sys.stderr)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._redirections.close()
        self._view = None
        self._lines.put(None)
        self._thread.join()

    # From here on everything runs in the terminal's thread.

    def _write_all(self) -> None:
        more = True
        while more:
            lines, more = self._waiting()
            with contextlib.suppress(OSError):  # a terminal that was closed ends no run
                self._write(lines)

    def _waiting(self) -> tuple[list[str], bool]:
        """The lines that came in since, after at most the time of one picture; and whether more may come."""
        lines: list[str] = []
        with contextlib.suppress(Empty):
            line = self._lines.get(timeout=_DRAW_EVERY_S)
            while line is not None:
                lines.append(line)
                line = self._lines.get_nowait()
            return lines, False
        return lines, True

    def _write(self, lines: list[str]) -> None:
        view = self._view
        with self._console:  # all of it in one go
            if view is not None:
                self._draw(view)
            for line in lines:
                self._console.print(Text(line.translate(_MOVES_THE_CURSOR)), soft_wrap=True)
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
        width = self._console.width
        self._make_up_for_wrapped_lines(width)
        picture = [*block(view, width, ascii_only=self._console.options.ascii_only), Text("")]
        self._drawn, self._drawn_width = [line.cell_len for line in picture], width
        self._live.update(Group(*picture), refresh=True)

    def _make_up_for_wrapped_lines(self, width: int) -> None:
        """Go up to where the block begins now: a terminal that was made narrower has wrapped its lines."""
        if width < self._drawn_width:
            wrapped = sum((length - 1) // width for length in self._drawn if length)
            up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
            self._console.control(Control((ControlType.ERASE_IN_LINE, 2), *up * wrapped))


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
