"""A simulated vLLM engine: continuous batching in a KV cache that may be too small, and its readings.

As vLLM's scheduler does: who waits is let in while there are blocks for its prompt; who runs takes another block now
and then; when there is none, the request that came last is thrown out and does its work again later.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from datagen.teachers.vllm.readings import Reading

STEP_TOKENS = 16
"""Tokens of each request that one step of the simulation generates: a block of KV cache."""

READ_EVERY_S = 0.5


@dataclass(slots=True, eq=False)
class Job:
    """A request: the blocks of its prompt, of its whole answer, and of what it generated so far."""

    prompt: int
    answer: int
    done: int = 0


@dataclass
class Engine:
    """An engine and the client in front of it.

    Attributes:
        blocks: of the KV cache.
        most_running: requests at a time, as `--max-num-seqs`.
        step_s, request_s: how long a step takes, and how much longer for each request in it.
        block_s: how long it takes to read a block of prompt, or of what was thrown away.
    """

    blocks: int
    most_running: int
    job: Callable[[random.Random], tuple[int, int]]
    step_s: float = 0.16
    request_s: float = 0.0016
    block_s: float = 0.0016
    seed: int = 0

    def __post_init__(self) -> None:
        self.running: list[Job] = []
        self.waiting: deque[Job] = deque()
        self.free = self.blocks
        self.preemptions = self.generated = self.finished = 0
        self._chance = random.Random(self.seed)

    @property
    def in_flight(self) -> int:
        return len(self.running) + len(self.waiting)

    def fill(self, room: int) -> None:
        """Send requests until so many are in flight."""
        while self.in_flight < room:
            self.waiting.append(Job(*self.job(self._chance)))

    def reading(self) -> Reading:
        used = 1 - self.free / self.blocks
        return Reading(
            len(self.running), len(self.waiting), used, self.preemptions, self.generated * STEP_TOKENS, self.finished
        )

    def step(self) -> float:
        """Generate a block of each request that runs; the seconds that it took."""
        self._decode()
        read = 0
        while self.waiting and len(self.running) < self.most_running and self._needs(self.waiting[0]) <= self.free:
            job = self.waiting.popleft()
            self.free -= self._needs(job)
            read += self._needs(job)
            self.running.append(job)
        return self.step_s + self.request_s * len(self.running) + self.block_s * read

    def _decode(self) -> None:
        place = 0
        while place < len(self.running):
            if not self.free:
                self._throw_out()
                continue
            job = self.running[place]
            self.free -= 1
            job.done += 1
            self.generated += 1
            place += 1
        for job in [job for job in self.running if job.done >= job.answer]:
            self.free += self._needs(job)
            self.finished += 1
        self.running = [job for job in self.running if job.done < job.answer]

    def _throw_out(self) -> None:
        job = self.running.pop()
        self.free += self._needs(job)
        self.preemptions += 1
        self.waiting.appendleft(job)

    def _needs(self, job: Job) -> int:
        return job.prompt + job.done


@dataclass(frozen=True)
class Result:
    """What an engine did in a while, after it had settled.

    Attributes:
        rate: blocks of answers a second.
        preemptions: for each request that was answered.
        rooms: after each reading.
    """

    rate: float
    preemptions: float
    rooms: list[int]


def run(engine: Engine, room: Callable[[Reading, int], int], first: int, seconds: float, settled_s: float) -> Result:
    """Keep an engine as full as it is told after each reading, and look at it once it has settled."""
    now, next_s, most, rooms = 0.0, READ_EVERY_S, first, []
    before: tuple[float, int, int] | None = None
    generated = 0
    while now < seconds:
        engine.fill(most)
        now += engine.step()
        said = engine.reading()
        engine.fill(most)
        if now >= next_s:
            next_s = now + READ_EVERY_S
            most = room(said, engine.in_flight)
            rooms.append(most)
        if before is None and now >= settled_s:
            before, generated = (now, engine.finished, engine.preemptions), engine.generated
    assert before is not None
    since, finished, preemptions = before
    answered = engine.finished - finished
    return Result((engine.generated - generated) / (now - since), (engine.preemptions - preemptions) / answered, rooms)
