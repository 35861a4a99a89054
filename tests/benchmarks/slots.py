"""How many of a teacher's slots are in use while a run goes on, with latencies that have a long tail.

The real sampler, journal and verifier ask a teacher that thinks for a lognormal time. Problems have the rates of the
real outcomes, so that waves, barriers and blocks are those of a real run.
"""

import asyncio
import heapq
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from datagen.journal import Journal
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.sampling.asking import ReadyTeacher
from datagen.sampling.sampler import Sampler
from datagen.tables import Problem
from datagen.teachers.base import Completion, Request, Traffic
from datagen.teachers.prompting import load_prompt
from datagen.verify.verdicts import Verdicts
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.benchmarks.replaying import recorded_rates
from tests.benchmarks.virtual_time import run_in_virtual_time

_PROBLEMS, _SLOTS, _MEDIAN_S, _SIGMA = 12_000, 64, 20.0, 1.5
_PARTS, _UNTIL = 20, 0.95
_WORDS = 40


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: take one of so many problems only.
    """
    rates = random.Random(0).choices(recorded_rates().tolist(), k=_PROBLEMS // share)
    teacher = run_in_virtual_time(sampled(rates, _SLOTS))
    until = round(_UNTIL * _PARTS)
    ways = {"a run": teacher.changes, "the same requests, no barriers": without_barriers(teacher.latencies, _SLOTS)}
    shares = {way: _shares(changes) for way, changes in ways.items()}
    yield (
        f"{_PROBLEMS // share:,} problems, {len(teacher.latencies):,} completions, {_SLOTS} slots; latency lognormal, "
        f"a median of {_MEDIAN_S:g} s and sigma {_SIGMA:g}, four paths wanted of at most 16 attempts; in virtual time."
    )
    yield ""
    yield "| slots in use, %, by twentieth of the run | " + " | ".join(str(part + 1) for part in range(_PARTS)) + " |"
    yield "|---" * (_PARTS + 1) + "|"
    for way, parts in shares.items():
        yield f"| {way} | " + " | ".join(f"{100 * part:.0f}" for part in parts) + " |"
    yield ""
    for way, parts in shares.items():
        hours = (ways[way][-1][0] - ways[way][0][0]) / 3600
        yield (
            f"{way}: {hours:.2f} hours; until the last {1 - _UNTIL:.0%}, {sum(parts[:until]) / until:.1%} of the slots "
            f"are in use in the mean, {min(parts[:until]):.1%} in the worst twentieth.  "
        )


def without_barriers(latencies: Sequence[float], slots: int) -> list[tuple[float, int]]:
    """The same when each request is sent as soon as a slot is free: what the tail of latencies alone costs."""
    free = [0.0] * slots
    changes = [(0.0, 0)]
    for latency in latencies:
        begin = heapq.heappop(free)
        heapq.heappush(free, begin + latency)
        changes += [(begin, 1), (begin + latency, -1)]
    in_use, counted = 0, []
    for moment, by in sorted(changes):
        in_use += by
        counted.append((moment, in_use))
    return counted


def _shares(changes: Sequence[tuple[float, int]]) -> list[float]:
    """Of each part of the time from the first request to the last answer, the share of slots in use."""
    begin, width = changes[0][0], (changes[-1][0] - changes[0][0]) / _PARTS
    used = [0.0] * _PARTS
    for (since, in_use), (until, _) in pairwise(changes):
        for part in range(int((since - begin) / width), min(int((until - begin) / width) + 1, _PARTS)):
            within = min(until, begin + (part + 1) * width) - max(since, begin + part * width)
            used[part] += in_use * max(within, 0.0)
    return [one / width / _SLOTS for one in used]


@dataclass
class Thinker:
    """Answers after a while, as many at a time as it has slots; counts how many are in use.

    Attributes:
        rates: of right answers, by problem.
        slots: how many it answers at a time.
        luck: other latencies.
        latencies: of all requests, in the order in which they were sent.
        changes: when the number of slots in use changed, and to how many.
    """

    rates: Mapping[str, float]
    slots: int
    luck: int = 0
    latencies: list[float] = field(default_factory=list)
    changes: list[tuple[float, int]] = field(default_factory=list)
    _in_use: int = 0
    _free: asyncio.Semaphore = field(init=False)
    _words: tuple[str, ...] = tuple(f"w{number}" for number in range(997))

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.slots)

    async def ask(self, request: Request) -> Completion:
        """Think, then answer; each answer tells another way."""
        async with self._free:
            asked = f"{request.messages[-1].content} {request.seed}"
            self._changed(1)
            self.latencies.append(_MEDIAN_S * random.Random(f"{asked} {self.luck}").lognormvariate(0, _SIGMA))
            await asyncio.sleep(self.latencies[-1])
            self._changed(-1)
        draw = random.Random(asked)
        number = next(word for word in request.messages[-1].content.split() if word.isdigit())
        answer = int(number) + (draw.random() >= self.rates[number])
        thought = " ".join(draw.choices(self._words, k=_WORDS))
        return Completion(thought, f"So \\boxed{{{answer}}}.", "stop", 100, 1000)

    def end(self, error: Exception) -> None:
        raise error

    def traffic(self) -> Traffic:
        return Traffic(self._in_use, 0, {})

    async def close(self) -> None:
        """It has no connections."""

    def _changed(self, by: int) -> None:
        self._in_use += by
        self.changes.append((asyncio.get_running_loop().time(), self._in_use))


def _recipe(slots: int) -> Recipe:
    teacher = {"name": "t", "kind": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1", "concurrency": slots}
    sampling = {"target_correct": 4, "max_attempts": 16}
    return Recipe.model_validate(
        {"name": "slots", "sources": [{"kind": "limo"}], "teachers": [teacher], "sampling": sampling}
    )


def _problems(count: int) -> list[Problem]:
    return [
        Problem(f"row{number}", f"id{number}", f"Which number is {number} ?", str(number), "s", str(number), "r", "MIT")
        for number in range(count)
    ]


async def sampled(
    rates: Sequence[float], slots: int, folder: Path | None = None, luck: int = 0, teacher: Thinker | None = None
) -> Thinker:
    """Sample problems to the end.

    Args:
        rates: of right answers, of each problem.
        slots: of the teacher.
        folder: where completions are kept, and found; None forgets them.
        luck: other latencies.
        teacher: another one than a thinker of these rates.

    Returns:
        The teacher, who knows what it was asked and when.
    """
    teacher = teacher or Thinker({str(number): rate for number, rate in enumerate(rates)}, slots, luck)
    recipe = _recipe(slots)
    ready = {"t": ReadyTeacher(recipe.paid_teachers[0], load_prompt("solve", "m"), teacher)}
    with (
        tempfile.TemporaryDirectory() as forgotten,
        Journal((folder or Path(forgotten)) / "completions.jsonl") as journal,
        Journal(Path(forgotten) / "verdicts.jsonl") as kept,
        Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier,
    ):
        paths, verdicts = PathRule(recipe.paths.text), Verdicts(verifier, kept)
        sampler = Sampler(recipe, paths, lambda problem: (), ready, journal, None, verdicts, Progress())
        await sampler.run(_problems(len(rates)))
    return teacher
