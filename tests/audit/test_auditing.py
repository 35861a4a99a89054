"""An audit is the same however it is made, holds little, and stops when it is told to."""

import os
import random
import signal
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from datagen.audit import processes
from datagen.audit.auditing import audit
from datagen.audit.example import AuditedExample, AuditedPath
from datagen.audit.finding import MOST_NAMED, Audit, Finding
from datagen.audit.lines import audit_json, audit_lines
from datagen.errors import DatagenError, StoppedError
from datagen.stopping import STOP
from tests.audit.plants import EXAM, plants
from tests.audit.worlds import clean_examples

CLEAN = clean_examples(12, seed=3)


def mixed() -> list[AuditedExample]:
    changed = [plant.change(one) for plant, one in zip(plants(), 5 * CLEAN, strict=False) if plant.copies is None]
    return [replace(one, id=f"row {row}") for row, one in enumerate([*CLEAN, *changed])]


def finding(made: Audit, name: str) -> Finding:
    return next(one for one in made.findings if one.name == name)


def test_any_number_of_processes_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = audit(mixed(), "made", benchmarks=[EXAM], processes=1)
    monkeypatch.setattr(processes, "_HERE", 0)
    assert audit_json(audit(mixed(), "made", benchmarks=[EXAM], processes=3)) == audit_json(alone)
    assert alone.broken_promises


def test_a_process_that_is_killed_ends_the_audit_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_HERE", 0)
    started: list[int] = []
    start = processes._Process.__init__

    def remembered(self: processes._Process, look_for: processes.LookFor) -> None:
        start(self, look_for)
        started.append(self._process.pid or 0)

    def examples() -> Iterator[AuditedExample]:
        for place, one in enumerate(20 * CLEAN):
            if place == 100:
                os.kill(started[0], signal.SIGKILL)
            yield one

    monkeypatch.setattr(processes._Process, "__init__", remembered)
    with pytest.raises(DatagenError, match="was ended; is memory short"):
        audit(examples(), "made", processes=2)
    assert not any(psutil.pid_exists(one) for one in started)


def test_an_audit_that_is_told_to_stop_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    def examples() -> Iterator[AuditedExample]:
        yield CLEAN[0]
        STOP.set()
        yield from CLEAN

    try:
        with pytest.raises(StoppedError):
            audit(examples(), "made", processes=1)
    finally:
        STOP.clear()


def test_memory_does_not_grow_with_the_dataset() -> None:
    def examples(number: int) -> Iterator[AuditedExample]:
        draw = random.Random(1)
        words = ["".join(draw.choices("abcdefghij", k=6)) for _ in range(2_000)]
        for row in range(number):
            texts = (" ".join(draw.choices(words, k=2_000)) + f" so \\boxed{{{row}}}" for _ in range(4))
            paths = tuple(AuditedPath(place, text) for place, text in enumerate(texts, start=1))
            yield AuditedExample(f"row {row}", "train", f"What is {row}?", paths, f"It is \\boxed{{{row}}}.")

    def peak(number: int) -> int:
        tracemalloc.start()
        audit(examples(number), "made", processes=1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)  # what is loaded and remembered once
    few, many = peak(5), peak(35)
    assert many - few < 30 * 4 * 14_000 / 8  # of the 1.7 MB that came on top


def test_the_first_ones_are_named_and_the_others_counted() -> None:
    without = [replace(one, id=f"row {row}", licence="") for row, one in enumerate([*CLEAN, *CLEAN])]
    found = finding(audit(without, "made", processes=1), "without_licence")
    assert found.ids == tuple(f"row {row}" for row in range(MOST_NAMED))
    assert len(found.details) == MOST_NAMED
    assert (found.count, found.of, found.share) == (24, 24, 1.0)


def test_what_cannot_be_looked_for_is_said() -> None:
    bare = [replace(one, n_tokens=None, answer=None) for one in CLEAN]
    made = audit(bare, "made", unavailable={"aime24": "out of reach", "aime25": "out of reach"}, processes=1)
    assert set(made.not_measured) == {"summary_against_reference", "benchmark_overlap", "over_token_limit"}
    assert made.not_measured["benchmark_overlap"] == "aime24, aime25: out of reach"
    assert made.tokens == {}
    assert not {found.name for found in made.findings} & set(made.not_measured)
    partly = audit(bare, "made", benchmarks=[EXAM], unavailable={"aime24": "out of reach"}, processes=1)
    assert finding(partly, "benchmark_overlap").of == len(bare)
    assert partly.not_measured["benchmark_overlap"] == "aime24: out of reach"
    assert partly.benchmarks == {"exam": EXAM.revision}


def test_figures_are_those_of_the_examples() -> None:
    lengths = [replace(one, n_tokens=100 * row, split="train") for row, one in enumerate(CLEAN, start=1)]
    made = audit(lengths, "made", processes=1)
    assert made.tokens == {"shortest": 100, "median": 600, "p90": 1000, "longest": 1200}
    assert (made.examples, made.paths) == ({"train": 12}, {3: 12})
    assert 0 < (made.diversity or 0) <= 1


def test_what_is_told_moves_no_cursor_and_fits_a_line() -> None:
    hostile = replace(
        CLEAN[0],
        id="\x1b[1A",
        split="\x07",
        broken=("\x1b[2J\x07 gone \u202e " + "x" * 5_000,),
        structure=("\r</think1> in path 1",),
    )
    lines = audit_lines(audit([hostile], "made", processes=1), "here")
    assert all(line.isprintable() and len(line) < 400 for line in lines)


def test_an_empty_dataset_breaks_no_promise_and_claims_nothing() -> None:
    made = audit([], "made", processes=1)
    assert all(found.of == 0 for found in made.findings)
    assert audit_lines(made, "here")
