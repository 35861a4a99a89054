"""The live block and the lines above it never mix, whoever says what and when."""

import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.progress.block import block
from datagen.progress.counts import View
from datagen.progress.terminal import Terminal, is_capable
from tests.progress.emulator import Emulator
from tests.progress.views import view

WIDTH = 80


class Screen(io.StringIO):
    """A terminal that keeps what it is sent, write by write."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self._written = threading.Condition()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._written:
            self.writes.append(text)
            self._written.notify_all()
        return len(text)

    def wait_for(self, text: str) -> None:
        """Return when a text was written."""
        with self._written:
            assert self._written.wait_for(lambda: text in "".join(self.writes), 20)

    def shown(self, width: int = WIDTH) -> list[str]:
        return Emulator(width).feed("".join(self.writes)).shown


def set_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((width, 24)))


@pytest.fixture(autouse=True)
def _a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    set_width(monkeypatch, WIDTH)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("LINES", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def picture(shown: View, width: int = WIDTH) -> list[str]:
    return [line.plain for line in block(shown, width)]


words = st.text("abc[bold]/{}$\\:1,.αé∑━", max_size=200)  # nothing of it is a style, a link or an emoji
steps = st.lists(
    st.one_of(
        words.map(lambda text: ("say", text)),
        st.integers(0, 10**7).map(lambda number: ("show", view(completions=number))),
        st.just(("show", None)),
        st.integers(0, 10**7).map(lambda number: ("leave", view(completions=number, reused=number))),
    ),
    max_size=30,
)


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_stays_is_every_line_whole_in_order_and_nothing_of_the_block(said: Sequence[tuple[str, object]]) -> None:
    screen = Screen()
    expected: list[str] = []
    with Terminal(screen) as terminal:
        for what, value in said:
            if what == "say":
                assert isinstance(value, str)
                terminal.say(value)
                expected.append(value)
            elif what == "leave":
                assert isinstance(value, View)
                terminal.leave(value)
                expected += picture(value)
            else:
                assert value is None or isinstance(value, View)
                terminal.show(value)
    while expected and not expected[-1]:
        expected.pop()
    assert screen.shown() == expected


def test_the_block_stands_once_under_all_lines_with_the_cursor_below_it() -> None:
    screen, shown = Screen(), view()
    with Terminal(screen) as terminal:
        for number in range(50):
            terminal.say(f"line {number}")
            terminal.show(shown)
        screen.wait_for("completions")
        terminal.say("the last line")
        screen.wait_for("the last line")
        emulator = Emulator(WIDTH).feed("".join(screen.writes))
        lines = [f"line {number}" for number in range(50)] + ["the last line"]
        assert emulator.shown == lines + picture(shown)
        assert emulator.cursor == (len(lines) + len(picture(shown)), 0)
        assert not emulator.cursor_is_hidden
    assert screen.shown() == lines


def test_no_write_leaves_the_cursor_hidden_or_the_block_half_drawn() -> None:
    screen = Screen()
    with Terminal(screen) as terminal:
        terminal.show(view())
        terminal.say("a line")
        screen.wait_for("completions")
    emulator = Emulator(WIDTH)
    for text in screen.writes:
        emulator.feed(text)
        assert not emulator.cursor_is_hidden
        assert emulator.shown in (["a line"], ["a line", *picture(view())])


def test_whatever_is_printed_or_warned_or_interrupts_comes_as_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    errors = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", errors)
    before = signal.signal(signal.SIGUSR1, lambda *_: print("a signal", file=sys.stderr, flush=True))
    try:
        with Terminal(screen) as terminal:
            terminal.show(view())
            print("in ", end="")
            os.kill(os.getpid(), signal.SIGUSR1)
            print("pieces")
            sys.stderr.write(warnings.formatwarning("careful", UserWarning, "x.py", 3, line=""))
            print("\x1b[2Jno screen is cleared\x07 and no\rline\x1b[A overwritten")
            print("never ended", end="")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (sys.stdout, sys.stderr) == (screen, errors)
    assert sorted(screen.shown()) == sorted(
        [
            "a signal",
            "in pieces",
            "x.py:3: UserWarning: careful",
            "[2Jno screen is cleared and no",
            "line[A overwritten",
            "never ended",
        ]
    )
    assert errors.writes == []


def test_standard_error_that_is_no_terminal_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = io.StringIO()
    monkeypatch.setattr(sys, "stderr", elsewhere)
    with Terminal(Screen()):
        print("a complaint", file=sys.stderr)
    assert elsewhere.getvalue() == "a complaint\n"


def test_a_terminal_made_narrower_keeps_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    with Terminal(screen) as terminal:
        for number in range(9):
            terminal.say(f"line {number}")
        terminal.show(view())
        screen.wait_for("completions")
        emulator = Emulator(WIDTH).feed("".join(screen.writes))
        before = len(screen.writes)
        emulator.resize(50)
        set_width(monkeypatch, 50)
        terminal.say("narrow")
        screen.wait_for("narrow")
        lines = [*(f"line {number}" for number in range(9)), "narrow"]
        emulator.feed("".join(screen.writes[before:]))
        assert emulator.shown == lines + picture(view(), 50)


def test_a_reader_that_has_stopped_reading_holds_nobody_up() -> None:
    reading, writing = os.openpty()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    with os.fdopen(writing, "w") as stream:
        with Terminal(stream) as terminal:
            for number in range(1000):  # each of these would wait for ever
                terminal.show(view(done=number))
                terminal.say(f"line {number}")
                print(f"print {number}")
            received: list[bytes] = []
            reader = threading.Thread(target=_read, args=(reading, received))
            reader.start()  # reads on, so that the block can end
        stream.flush()
    reader.join(20)
    text = b"".join(received).decode()
    assert "line 999" in text
    assert "print 999" in text


def _read(descriptor: int, received: list[bytes]) -> None:
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        try:
            while piece := terminal.read(4096):
                received.append(piece)
        except OSError:  # how a terminal says that nobody writes any more
            return


def test_a_terminal_that_was_closed_ends_no_run() -> None:
    class Closed(Screen):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    with Terminal(Closed()) as terminal:
        terminal.show(view())
        terminal.say("nobody sees this")


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TTY_INTERACTIVE", "0")])
def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_capable(Screen())
    monkeypatch.setenv(name, value)
    assert not is_capable(Screen())


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    def colours() -> bool:
        screen = Screen()
        with Terminal(screen) as terminal:
            terminal.leave(view())
        return "\x1b[32m" in "".join(screen.writes)

    assert colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours()
