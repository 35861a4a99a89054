"""Where lines and progress go when standard output is no terminal, and when nobody set up a display."""

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from datagen.progress import Progress, displayed, watching
from datagen.progress.display import seconds_between_lines
from datagen.teachers.base import Traffic

LOGGER = logging.getLogger("datagen")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = LOGGER.level, logging.raiseExceptions
    yield
    LOGGER.setLevel(before[0])
    logging.raiseExceptions = before[1]


def busy() -> Progress:
    return Progress(total=10, done=3, traffic=lambda: Traffic(2, 1, {"timeout": 4}))


def messages(log: Path) -> list[str]:
    return [line.split(" ", 2)[2] for line in log.read_text().splitlines()]


def test_lines_go_to_standard_output_and_with_the_time_to_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with displayed(tmp_path / "run.log"):
        LOGGER.info("one")
        logging.getLogger("datagen.verify.memo").warning("two")
    LOGGER.info("after")
    assert capsys.readouterr().out == "one\ntwo\n"
    assert messages(tmp_path / "run.log") == ["one", "two"]
    assert (LOGGER.handlers, LOGGER.propagate) == ([], True)


def test_a_stage_that_fails_leaves_how_it_stood(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with displayed(tmp_path / "run.log"), pytest.raises(RuntimeError, match="broken"), watching(busy()):
        raise RuntimeError("broken")
    shown = capsys.readouterr().out
    assert shown.startswith("sample: problems 3 of 10, completions 0, ")
    assert "in flight 2, waiting 1, faults 4 (timeout: 4), " in shown
    assert shown.splitlines() == messages(tmp_path / "run.log")


def test_a_stage_that_takes_no_time_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with displayed(tmp_path / "run.log"), watching(busy()):
        pass
    assert capsys.readouterr().out == ""


def test_a_scheduled_flow_tells_its_logger(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "datagen"), pytest.raises(RuntimeError), watching(busy()):
        raise RuntimeError
    assert caplog.messages[0].startswith("sample: problems 3 of 10, ")


def test_a_reader_that_went_away_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def isatty(self) -> bool:
            return False

        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

        def flush(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stdout", Gone())
    with displayed(tmp_path / "run.log"), contextlib.suppress(RuntimeError), watching(busy()):
        LOGGER.info("one")
        raise RuntimeError
    assert messages(tmp_path / "run.log")[0] == "one"
    assert len(messages(tmp_path / "run.log")) == 2


def test_lines_come_more_rarely_the_longer_it_takes() -> None:
    assert [seconds_between_lines(elapsed) for elapsed in (0, 30, 100, 200, 3600)] == [5, 5, 10, 20, 30]
