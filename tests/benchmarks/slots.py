"""How many of a teacher's slots are in use while a run goes on, with latencies that have a long tail.

The real sampler, journal and verifier ask a teacher that thinks for a lognormal time. Problems have the rates of the
real outcomes, so that waves, barriers and blocks are those of a real run.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import asynccontextmanager
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

_PROBLEMS, _SLOTS, _MEDIAN_S, _SIGMA = 4_000, 64, 0.05, 1.5
_PARTS, _UNTIL = 20, 0.95
_WORDS = 40


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: take one of so many problems only.
    """
    teacher = run_in_virtual_time(_run(_PROBLEMS // share))
    shares = teacher.shares(_PARTS)
    until = round(_UNTIL * _PARTS)
    yield (
        f"{_PROBLEMS // share:,} problems, {teacher.answered:,} completions, {_SLOTS} slots, latency lognormal with a "
        f"median of {1000 * _MEDIAN_S:.0f} ms and sigma {_SIGMA}, four paths wanted of at most 16 attempts."
    )
    yield ""
    yield "| twentieth of the run | " + " | ".join(str(part + 1) for part in range(_PARTS)) + " |"
    yield "|---" * (_PARTS + 1) + "|"
    yield "| slots in use, % | " + " | ".join(f"{100 * share:.0f}" for share in shares) + " |"
    yield ""
    yield (
        f"Until the last {1 - _UNTIL:.0%} of the run: {sum(shares[:until]) / until:.1%} in the mean, "
        f"{min(shares[:until]):.1%} in the worst twentieth."
    )


@dataclass
class _Teacher:
    """Answers after a while, as many at a time as it has slots; counts how many are in use.

    Attributes:
        rates: of right answers, by problem.
        answered: so far.
        changes: when the number of slots in use changed, and to how many.
    """

    rates: Mapping[str, float]
    answered: int = 0
    changes: list[tuple[float, int]] = field(default_factory=list)
    _in_use: int = 0
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SLOTS))
    _words: tuple[str, ...] = tuple(f"w{number}" for number in range(997))

    async def ask(self, request: Request) -> Completion:
        """Think, then answer; each answer tells another way."""
        async with self._slots:
            draw = random.Random(f"{request.messages[-1].content} {request.seed}")
            self._changed(1)
            try:
                await asyncio.sleep(_MEDIAN_S * draw.lognormvariate(0, _SIGMA))
            finally:
                self._changed(-1)
        self.answered += 1
        number = next(word for word in request.messages[-1].content.split() if word.isdigit())
        answer = int(number) + (draw.random() >= self.rates[number])
        thought = " ".join(draw.choices(self._words, k=_WORDS))
        return Completion(thought, f"So \\boxed{{{answer}}}.", "stop", 100, 1000)

    def shares(self, parts: int) -> list[float]:
        """Of each part of the time from the first request to the last answer, the share of slots in use."""
        begin, end = self.changes[0][0], self.changes[-1][0]
        used = [0.0] * parts
        width = (end - begin) / parts
        for (since, in_use), (until, _) in pairwise(self.changes):
            for part in range(int((since - begin) / width), min(int((until - begin) / width) + 1, parts)):
                within = min(until, begin + (part + 1) * width) - max(since, begin + part * width)
                used[part] += in_use * max(within, 0.0)
        return [one / width / _SLOTS for one in used]

    def end(self, error: Exception) -> None:
        raise error

    def traffic(self) -> Traffic:
        return Traffic(self._in_use, 0, {})

    async def close(self) -> None:
        """It has no connections."""

    def _changed(self, by: int) -> None:
        self._in_use += by
        self.changes.append((asyncio.get_running_loop().time(), self._in_use))


def _recipe() -> Recipe:
    teacher = {"name": "t", "kind": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1", "concurrency": _SLOTS}
    sampling = {"target_correct": 4, "max_attempts": 16}
    return Recipe.model_validate(
        {"name": "slots", "sources": [{"kind": "limo"}], "teachers": [teacher], "sampling": sampling}
    )


def _problems(count: int) -> list[Problem]:
    return [
        Problem(f"row{number}", f"id{number}", f"Which number is {number} ?", str(number), "s", str(number), "r", "MIT")
        for number in range(count)
    ]


async def _run(count: int) -> _Teacher:
    rates = random.Random(0).choices(recorded_rates(), k=count)
    teacher = _Teacher({str(number): float(rate) for number, rate in enumerate(rates)})
    async with _sampler(teacher) as sampler:
        await sampler.run(_problems(count))
    return teacher


@asynccontextmanager
async def _sampler(teacher: _Teacher):
    recipe = _recipe()
    ready = {"t": ReadyTeacher(recipe.paid_teachers[0], load_prompt("solve", "m"), teacher)}
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(Path(folder) / "completions.jsonl") as journal,
        Journal(Path(folder) / "verdicts.jsonl") as kept,
        Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier,
    ):
        paths, verdicts = PathRule(recipe.paths.text), Verdicts(verifier, kept)
        yield Sampler(recipe, paths, lambda problem: (), ready, journal, None, verdicts, Progress())
