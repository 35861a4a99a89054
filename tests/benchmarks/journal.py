"""The journal beside a plain file of lines: appends, opening, reading, and what memory they take."""

import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from datagen.journal import Journal
from datagen.tables import COMPLETIONS

_SHORT, _LONG = 2_000, 60_000
_APPENDS = {_SHORT: 40_000, _LONG: 5_000}
_SMALL = 1_000_000
_WINDOW = 400
"""Completions within which the order of the plan and the order of arrival differ."""
_RANDOM = 500


def measure(completions: int) -> Iterator[str]:
    yield "| appends a second, until on disk | 2 KB | 60 KB |"
    yield "|---|---|---|"
    for what, append in (("the journal", _journal), ("json.dumps, write and flush; no index", _plain)):
        rates = [_APPENDS[size] / _elsewhere(append, size, _APPENDS[size]) for size in (_SHORT, _LONG)]
        yield f"| {what} | {rates[0]:,.0f} | {rates[1]:,.0f} |"
    yield ""
    yield "| one journal | completions of 60 KB | small records |"
    yield "|---|---|---|"
    large, small = _stages(completions, _LONG, compact=True), _stages(_SMALL, 0, compact=False)
    for name in large:
        yield f"| {name} | {large[name]} | {small.get(name, '')} |"


def _stages(count: int, size: int, *, compact: bool) -> dict[str, str]:
    """What one journal costs, written by one process and read by another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "completions.jsonl"
        written = _elsewhere(_write, path, count, size, compact)
        return {"records": f"{count:,}"} | written | _elsewhere(_read, path, count, compact)


def _elsewhere(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a process of its own, whose memory is its own too."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(function, arguments)


def _journal(size: int, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder) / "c.jsonl", fields=COMPLETIONS) as journal:
        texts = _texts(size)
        started = time.perf_counter()
        for number in range(count):
            journal.append(_key(number), _record(number, texts))
        journal.sync()
        return time.perf_counter() - started


def _plain(size: int, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "c.jsonl").open("w") as lines:
        texts = _texts(size)
        started = time.perf_counter()
        for number in range(count):
            lines.write(json.dumps({"key": _key(number), **_record(number, texts)}) + "\n")
            lines.flush()
        return time.perf_counter() - started


def _write(path: Path, count: int, size: int, compact: bool) -> dict[str, str]:
    texts = _texts(size)
    with Journal(path, fields=COMPLETIONS if compact else None) as journal:
        started = time.perf_counter()
        for number in range(count):
            journal.append(_key(number), _record(number, texts))
        appended = time.perf_counter() - started
        journal.compact()
        compacted = time.perf_counter() - started - appended
    size_now = sum(file.stat().st_size for file in path.parent.iterdir())
    return {
        "appending, compaction beside it": f"{count / appended:,.0f} a second",
        "then compaction of the rest": f"{compacted:.1f} s",
        "on disk": f"{size_now / 1e6:,.0f} MB",
        "peak memory of the writer": _peak(),
    }


def _read(path: Path, count: int, compact: bool) -> dict[str, str]:
    before = _peak()
    started = time.perf_counter()
    with Journal(path, fields=COMPLETIONS if compact else None) as journal:
        opened = time.perf_counter() - started
        draw = random.Random(0)
        order = list(range(count))
        for first in range(0, count, _WINDOW):
            window = order[first : first + _WINDOW]
            draw.shuffle(window)
            order[first : first + _WINDOW] = window
        started = time.perf_counter()
        for number in order:
            assert journal.get(_key(number))
        planned = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(_RANDOM):
            journal.get(_key(draw.randrange(count)))
        anywhere = time.perf_counter() - started
        started = time.perf_counter()
        assert sum(1 for _ in journal.records(("model", "completion_tokens", "cost_usd"))) == count
        summed = time.perf_counter() - started
    return {
        "opening": f"{opened:.2f} s",
        "by key, about in the order of arrival": f"{count / planned:,.0f} a second",
        "by key, in no order": f"{_RANDOM / anywhere:,.0f} a second",
        "three fields of every record": f"{summed:.1f} s",
        "peak memory of the reader": f"{_peak()}; {before} before",
    }


def _texts(size: int) -> list[str]:
    draw = random.Random(0)
    letters = "abcdefghijklmnopqrstuvwxyz\\{}$=+0123456789"
    words = ["".join(draw.choices(letters, k=draw.randrange(1, 9))) for _ in range(5000)]
    return [" ".join(draw.choices(words, k=size // 5))[:size] for _ in range(64)]


def _record(number: int, texts: list[str]) -> dict[str, Any]:
    return {
        "model": "m",
        "attempt": number % 8,
        "prompt": "p" * 64,
        "problem": "q" * 16,
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 32768,
        "reasoning": texts[number % len(texts)],
        "content": f"The answer is {number}.",
        "finish_reason": "stop",
        "prompt_tokens": 100,
        "completion_tokens": 15_000,
        "usage_estimated": False,
        "cost_usd": 0.01,
    }


def _key(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
