"""What a terminal shows after a stream of bytes: as much of one as a live block needs, and no escape code more."""

import re

_PIECES = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)|(.)", re.DOTALL)


class Emulator:
    """Lines that scroll without end; a line that is too long goes on in the next one.

    Attributes:
        cursor_is_hidden: whether it was hidden and not shown again.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.cursor_is_hidden = False
        self._lines: list[str] = [""]
        self._continues: set[int] = set()
        self._row = self._column = 0

    def feed(self, text: str) -> "Emulator":
        for private, numbers, command, move, written, other in _PIECES.findall(text):
            if written:
                for character in written:
                    self._write(character)
            elif move == "\r":
                self._column = 0
            elif move == "\n":  # which a terminal makes of it, unless told otherwise
                self._down()
                self._column = 0
            elif command:
                self._control(private, numbers, command)
            else:
                raise AssertionError(f"an escape code that a live block has no use for: {other!r}")
        return self

    def resize(self, width: int) -> None:
        """Wrap every line anew, as terminals do; the cursor must stand in an empty line."""
        assert not self._lines[self._row]
        below = len(self._lines) - self._row
        lines, self._lines, self._continues = self._whole(), [], set()
        for line in lines:
            pieces = [line[start : start + width] for start in range(0, len(line), width)] or [""]
            self._continues |= set(range(len(self._lines) + 1, len(self._lines) + len(pieces)))
            self._lines += pieces
        self.width, self._row = width, len(self._lines) - below

    @property
    def shown(self) -> list[str]:
        """The lines as they were written, wrapped ones whole, without blanks and empty lines at their ends."""
        whole = self._whole()
        while whole and not whole[-1]:
            whole.pop()
        return whole

    @property
    def cursor(self) -> tuple[int, int]:
        """The row from the top of everything, and the column."""
        return self._row, self._column

    @property
    def cursor_is_below_everything(self) -> bool:
        """Whether it stands where the next prompt of a shell belongs."""
        last = max((row for row, line in enumerate(self._lines) if line.strip()), default=-1)
        return self.cursor == (last + 1, 0)

    def _whole(self) -> list[str]:
        whole: list[str] = []
        for number, line in enumerate(self._lines):
            if number in self._continues:
                whole[-1] += line
            else:
                whole.append(line)
        return [line.rstrip() for line in whole]

    def _write(self, character: str) -> None:
        if self._column == self.width:
            self._down()
            self._column = 0
            self._continues.add(self._row)
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append("")

    def _control(self, private: str, numbers: str, command: str) -> None:
        if private:
            assert (numbers, command) in (("25", "h"), ("25", "l"))
            self.cursor_is_hidden = command == "l"
        elif command == "A":
            self._row -= int(numbers or 1)
            assert self._row >= 0
        elif command == "K":
            assert numbers == "2"
            self._lines[self._row] = ""
            self._continues.discard(self._row)
        else:
            assert command == "m", f"an escape code that a live block has no use for: {command}"
