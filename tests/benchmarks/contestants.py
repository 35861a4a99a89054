"""Who asks a server for many completions: ours, and what people write without us. Each runs in a process of its own.

`compete` starts one and says what it took. CPU seconds are the asking process's own; those of its children (verifier
workers) stand apart. Start-up is not counted. Peak memory is what the kernel says of the asking process alone.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.benchmarks.recordings import World

IN_FLIGHT = 256
MODEL = "recorded"


@dataclass(frozen=True)
class Job:
    """What a contestant is to do: ask `url` for all completions of a world, and keep them in `folder`."""

    url: str
    folder: str
    file: str
    recorded: int
    problems: int
    attempts: int
    timeout_s: float

    @classmethod
    def of(cls, world: World, url: str, folder: Path, timeout_s: float) -> "Job":
        folder.mkdir()
        return cls(url, str(folder), str(world.file), world.recorded, world.problems, world.attempts, timeout_s)

    @property
    def world(self) -> World:
        return World(Path(self.file), self.recorded, self.problems, self.attempts)


@dataclass(frozen=True)
class Took:
    """What it took.

    Attributes:
        arrived: completions that arrived.
        kept: those that are on disk; None for who keeps nothing.
        failure: why it gave up; empty when it did not.
    """

    arrived: int
    kept: int | None
    truncated: int
    seconds: float
    cpu_s: float
    children_cpu_s: float
    peak_mib: int
    failure: str = ""

    @property
    def rate(self) -> float:
        return self.arrived / self.seconds

    @property
    def cpu_per_1000(self) -> float:
        return self.cpu_s / max(self.arrived, 1) * 1000

    @property
    def children_cpu_per_1000(self) -> float:
        return self.children_cpu_s / max(self.arrived, 1) * 1000


def start(who: str, job: Job) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.benchmarks.contestants", who, json.dumps(asdict(job))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def result(process: "subprocess.Popen[str]") -> Took:
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a contestant ended with status {process.returncode}")
    return Took(**json.loads(said.splitlines()[-1]))


def compete(who: str, job: Job) -> Took:
    """Run a contestant to its end."""
    return result(start(who, job))


class _Clock:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._started, self._cpu, self._children = time.perf_counter(), time.process_time(), _children_cpu_s()

    def stop(self, arrived: int, kept: int | None = None, truncated: int = 0, failure: str = "") -> Took:
        seconds, cpu_s = time.perf_counter() - self._started, time.process_time() - self._cpu
        return Took(arrived, kept, truncated, seconds, cpu_s, _children_cpu_s() - self._children, peak_mib(), failure)


async def _sampler(job: Job) -> Took:
    """Ours, as a run uses it: plan, journal, verdicts."""
    from datagen.errors import DatagenError
    from datagen.journal import Journal
    from datagen.path_rule import PathRule
    from datagen.progress import Progress
    from datagen.recipe import Recipe
    from datagen.sampling.asking import ReadyTeacher
    from datagen.sampling.sampler import Sampler
    from datagen.teachers.openai_api import OpenAIClient
    from datagen.teachers.prompting import load_prompt
    from datagen.verify.pair import Pair
    from datagen.verify.verdicts import Verdicts
    from datagen.verify.verifier import Verifier
    from datagen.verify.workers import Limits

    recipe = Recipe.model_validate(_recipe(job))
    teacher = recipe.paid_teachers[0]
    client = OpenAIClient(teacher, teacher.base_urls, job.timeout_s)
    ready = ReadyTeacher(teacher, load_prompt("solve", teacher.model), client)
    progress, failure, folder = Progress(), "", Path(job.folder)
    with (
        Journal(folder / "completions.jsonl") as journal,
        Journal(folder / "verdicts.jsonl") as kept,
        Verifier(Limits(5, 1024), 1) as verifier,
    ):
        verifier.compare(Pair.of("\\sqrt{8}", "2\\sqrt{2}")).result()  # start the workers before the clock
        verdicts = Verdicts(verifier, kept)
        paths = PathRule(recipe.paths.text)
        sampler = Sampler(recipe, paths, lambda problem: (), {"bench": ready}, journal, None, verdicts, progress)
        clock = _Clock()
        try:
            await sampler.run(job.world.problem(number) for number in range(job.problems))
        except DatagenError as error:
            failure = str(error)
        took = clock.stop(progress.completions, len(journal), progress.verdicts["truncated"], failure)
    await client.close()
    return took


async def _engine(job: Job) -> Took:
    """Ours without plan and verdicts: the client, and the journal that keeps each completion as it arrives."""
    from datagen.journal import Journal
    from datagen.recipe import Recipe
    from datagen.solutions import request_key
    from datagen.spending.paying import record_of, seed_of
    from datagen.teachers.base import Request
    from datagen.teachers.openai_api import OpenAIClient
    from datagen.teachers.prompting import load_prompt

    recipe = Recipe.model_validate(_recipe(job))
    teacher, sampling = recipe.paid_teachers[0], recipe.sampling
    prompt = load_prompt("solve", teacher.model)
    client = OpenAIClient(teacher, teacher.base_urls, job.timeout_s)
    parameters = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
    with Journal(Path(job.folder) / "completions.jsonl") as journal:

        async def ask(number: int, attempt: int) -> None:
            problem = job.world.problem(number).problem
            messages = prompt.messages(problem)
            key = request_key(teacher.model, [asdict(message) for message in messages], parameters, attempt)
            seed = seed_of(teacher, recipe.seed, messages, attempt)
            request = Request(messages, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)
            completion = await client.ask(request)
            journal.append(key, record_of(teacher, request, attempt, prompt, problem, completion))

        room, clock = asyncio.Semaphore(2 * IN_FLIGHT), _Clock()

        async def ask_in_turn(number: int, attempt: int) -> None:
            try:
                await ask(number, attempt)
            finally:
                room.release()

        async with asyncio.TaskGroup() as group:
            for number, attempt in _wanted(job):
                await room.acquire()
                group.create_task(ask_in_turn(number, attempt))
        took = clock.stop(len(journal), len(journal))
    await client.close()
    return took


async def _gather(job: Job) -> Took:
    """A plain gather over the openai package; keeps nothing."""
    from openai import AsyncOpenAI

    return await _over_openai(job, AsyncOpenAI(base_url=job.url, api_key="none"))


async def _gather_aiohttp(job: Job) -> Took:
    """The same over the package's aiohttp transport."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    return await _over_openai(job, AsyncOpenAI(base_url=job.url, api_key="none", http_client=DefaultAioHttpClient()))


async def _over_openai(job: Job, client: "object") -> Took:
    from openai import AsyncOpenAI, OpenAIError

    assert isinstance(client, AsyncOpenAI)
    arrived = failed = 0
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def ask(number: int, attempt: int) -> None:
        nonlocal arrived, failed
        body = _body(job, number, attempt)
        async with slots:
            try:
                await client.chat.completions.create(**body, timeout=job.timeout_s)  # type: ignore[call-overload]
                arrived += 1
            except (OpenAIError, ValueError):
                failed += 1

    clock = _Clock()
    await _all(job, ask)
    took = clock.stop(arrived, failure=f"{failed} lost" if failed else "")
    await client.close()
    return took


async def _bare(job: Job) -> Took:
    """A bare aiohttp loop with retries after any fault: the limit of what can be had; keeps nothing."""
    import aiohttp
    import orjson

    arrived = 0
    slots = asyncio.Semaphore(IN_FLIGHT)
    timeout = aiohttp.ClientTimeout(total=job.timeout_s)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT), timeout=timeout) as session:

        async def ask(number: int, attempt: int) -> None:
            nonlocal arrived
            data = orjson.dumps(_body(job, number, attempt))
            headers = {"Content-Type": "application/json"}
            async with slots:
                while True:
                    try:
                        async with session.post(f"{job.url}/chat/completions", data=data, headers=headers) as reply:
                            if reply.status == 200 and orjson.loads(await reply.read())["choices"]:
                                break
                    except (aiohttp.ClientError, TimeoutError, ValueError):
                        pass
                    await asyncio.sleep(0.5)
            arrived += 1

        clock = _Clock()
        await _all(job, ask)
        return clock.stop(arrived)


async def _all(job: Job, ask: Callable[[int, int], Awaitable[None]]) -> None:
    await asyncio.gather(*(ask(number, attempt) for number, attempt in _wanted(job)))


def _wanted(job: Job) -> Iterator[tuple[int, int]]:
    return ((number, attempt) for number in range(job.problems) for attempt in range(job.attempts))


def _body(job: Job, number: int, attempt: int) -> dict[str, object]:
    ask = "\n\nPlease reason step by step, and put your final answer within \\boxed{}."
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": job.world.problem(number).problem + ask}],
        "temperature": 0.8,
        "top_p": 0.95,
        "max_tokens": 16384,
        "seed": attempt,
    }


def _recipe(job: Job) -> dict[str, object]:
    teacher = {"name": "bench", "kind": "openai", "model": MODEL, "base_url": job.url, "concurrency": IN_FLIGHT}
    every = dict.fromkeys(("target_correct", "max_attempts", "give_up_after"), job.attempts)
    return {
        "name": "bench",
        "sources": [{"kind": "table", "name": "bench", "path": "unused"}],
        "teachers": [teacher],
        "sampling": {**every, "timeout_s": job.timeout_s},
    }


def _children_cpu_s() -> float:
    times = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(one.user + one.system for one in times)


def peak_mib() -> int:
    """The kernel's own figure; `getrusage` would count the memory of who started this process too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


BARE, PLAIN, PLAIN_AIOHTTP = (
    "bare aiohttp loop",
    "gather over AsyncOpenAI",
    "gather over AsyncOpenAI, aiohttp transport",
)
ENGINE, SAMPLER = "ours: client and journal", "ours: plan, journal, verdicts"
CONTESTANTS = {BARE: _bare, PLAIN: _gather, PLAIN_AIOHTTP: _gather_aiohttp, ENGINE: _engine, SAMPLER: _sampler}

if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(CONTESTANTS[sys.argv[1]](Job(**json.loads(sys.argv[2])))))))
