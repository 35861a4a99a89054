"""What a vLLM log says about why the server ended: the telling lines out of hundreds.

Each process of a server logs its own traceback behind a prefix, and those above it another one, which only says that
something happened below. The cause is what the last line of an earlier traceback says.
"""

import re

_MOST_LINES = 3
_MOST_CHARACTERS = 300
_PREFIX = re.compile(r"^(?:\([^()]* pid=\d+\) )?(?:(?P<level>[A-Z]{4,8}) \d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] )?")
_ERROR = re.compile(r"^(?:\w+\.)*(?P<name>\w*(?:Error|Exception|Exit|Interrupt))(?:: (?P<said>.+))?$")
_USAGE = re.compile(r"^\S+\.py: error: (?P<said>.+)$")
_FATAL = re.compile(r"^(?:Fatal Python error: |Segmentation fault|terminate called after )")
_DIED = re.compile(r" died unexpectedly ")
_SECOND_HAND = re.compile(
    r"see (?:root cause|stack trace)|Worker failed with error|^Executor failed|^cancelled$|"
    r"^\d+ validation errors? for ",
    re.IGNORECASE,
)
"""Says that something happened elsewhere, or that the next line tells it."""
_AFTERMATH = ("BrokenPipeError", "ConnectionResetError", "EOFError")
"""What a process says when the one that it talked to is gone."""
_NOISE = re.compile(r"nanobind|^ ?- |^See https|resource_tracker|^\s*warnings\.warn|leaked")
_PYDANTIC = re.compile(r"^  (?:Value error, |Assertion failed, )?(?P<said>\S.*?)(?: \[type=.*)?$")


def telling_lines(log: str) -> tuple[str, ...]:
    """The lines of a log that say why its server ended, the cause first.

    Args:
        log: what the server said since its start; the beginning may be missing.

    Returns:
        At most three lines of at most 300 characters; empty when it said nothing.
    """
    lines = [line for line in map(_without_prefix, log.splitlines()) if line.strip()]
    told: dict[str, str] = {}  # by what was said: an error that another one repeats is one
    for at in range(len(lines)):
        if line := _told(lines, at):
            told.setdefault(line.rpartition("Error: ")[2], line)
    if told:
        return tuple(_cut(line) for line in list(told.values())[:_MOST_LINES])
    died = [line for line in lines if _DIED.search(line)]
    errors = [line[found.start("name") :] for line in lines if (found := _error(line))]
    rest = died[:1] or errors or [line for line in lines if not _NOISE.search(line)]
    return tuple(_cut(line) for line in rest[-1:])


def _cut(line: str) -> str:
    line = line.strip()
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"


def _without_prefix(line: str) -> str:
    """A line without the process and the time; empty for what is logged below an error."""
    found = _PREFIX.match(line)
    assert found is not None
    return "" if found["level"] in ("INFO", "WARNING", "DEBUG") else line[found.end() :]


def _told(lines: list[str], at: int) -> str | None:
    line = lines[at]
    if _FATAL.match(line):
        return line
    if usage := _USAGE.match(line):
        return usage["said"]
    error = _error(line)
    if error is None:
        return None
    said = error["said"] or ""
    if error["name"] == "ValidationError" and at + 1 < len(lines) and (inner := _PYDANTIC.match(lines[at + 1])):
        return inner["said"]
    if not said or _SECOND_HAND.search(said):
        return None
    return said if error["name"] in ("Exception", "RuntimeError", "ValueError") else f"{error['name']}: {said}"


def _error(line: str) -> re.Match[str] | None:
    error = _ERROR.match(line)
    return None if error is None or error["name"] in _AFTERMATH else error
