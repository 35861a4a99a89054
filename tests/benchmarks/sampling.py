"""Completions a second with plan, journal and verdicts, beside a plain gather over the same client."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from openai import AsyncOpenAI, DefaultAioHttpClient

from datagen.journal import Journal
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.recipe_teachers import DemoTeacher
from datagen.sampling.sampler import Rung, Sampler
from datagen.tables import Problem
from datagen.teachers.demo_process import running_demo
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.prompting import load_prompt
from datagen.texts import problem_id
from datagen.verify.pair import Pair
from datagen.verify.verdicts import Verdicts
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

_LATENCY_MS, _IN_FLIGHT, _PROBLEMS = 50, 128, 300


def measure() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, running_demo(_LATENCY_MS, Path(folder) / "demo.log") as url:
        teacher = DemoTeacher(name="demo", kind="demo", base_url=url, concurrency=_IN_FLIGHT)
        asked, ours, ours_cpu = asyncio.run(_sampler(teacher, Path(folder)))
        plain, plain_cpu = asyncio.run(_plain(teacher, asked))
    what = f"{asked:,} completions, {_LATENCY_MS} ms mean latency, {_IN_FLIGHT} in flight"
    yield f"| {what} | a second | client CPU s per 1,000 |"
    yield "|---|---|---|"
    yield f"| sampler: plan, journal, verdicts | {asked / ours:,.0f} | {ours_cpu / asked * 1000:.2f} |"
    yield f"| plain gather, keeps nothing | {asked / plain:,.0f} | {plain_cpu / asked * 1000:.2f} |"
    yield f"| ratio | {plain / ours:.2f} | {ours_cpu / plain_cpu:.2f} |"


def _problems() -> Iterator[Problem]:
    for number in range(_PROBLEMS):
        text = f"Solve for $x$: ${number + 3}x - 4 = {number + 1}x + {2 * number + 20}$"
        pid = problem_id(text)
        yield Problem(pid, pid, text, str(number + 12), "bench", pid, "0", "Apache-2.0")


async def _sampler(teacher: DemoTeacher, folder: Path) -> tuple[int, float, float]:
    source = {"kind": "table", "name": "bench", "path": "unused"}
    recipe = Recipe.model_validate({"name": "bench", "sources": [source], "teachers": [teacher.model_dump()]})
    client = OpenAIClient(teacher, teacher.base_urls, 60)
    rung = Rung(teacher, load_prompt("solve", teacher.model), client)
    progress = Progress()
    with (
        Journal(folder / "completions.jsonl") as journal,
        Journal(folder / "verdicts.jsonl") as verdicts,
        Verifier(Limits(5, 1024), 1) as verifier,
    ):
        verifier.compare(Pair.of("\\sqrt{8}", "2\\sqrt{2}")).result()  # start the workers before the clock
        sampler = Sampler(recipe, {"demo": rung}, journal, None, Verdicts(verifier, verdicts), progress)
        started, cpu = time.perf_counter(), time.process_time()
        await sampler.run((problem, ()) for problem in _problems())
        took = time.perf_counter() - started, time.process_time() - cpu
    await client.close()
    return progress.completions, *took


async def _plain(teacher: DemoTeacher, number: int) -> tuple[float, float]:
    prompt = load_prompt("solve", teacher.model)
    asked = [prompt.messages(problem.problem)[0].content for problem in _problems()]
    slots = asyncio.Semaphore(teacher.concurrency)
    async with AsyncOpenAI(base_url=teacher.base_url, api_key="none", http_client=DefaultAioHttpClient()) as client:

        async def ask(text: str, seed: int) -> None:
            async with slots:
                await client.chat.completions.create(
                    model=teacher.model,
                    messages=[{"role": "user", "content": text}],
                    temperature=0.8,
                    seed=seed,
                )

        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(ask(asked[i % len(asked)], i) for i in range(number)))
        return time.perf_counter() - started, time.process_time() - cpu
