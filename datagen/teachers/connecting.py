"""A teacher made ready to be asked: the one place where servers of the run are started and clients are made."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from datagen.errors import StoppedError, UsageError
from datagen.recipe import Recipe
from datagen.recipe_teachers import DemoTeacher, OpenAITeacher, PaidTeacher, VLLMTeacher, asks_in_batches
from datagen.stopping import LEAVE, STOP, STOPPED_BY_SIGNAL
from datagen.teachers.base import Budget, TeacherClient
from datagen.teachers.batch import BatchClient, Keeping
from datagen.teachers.demo_process import running_demo
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.replies import CountTokens
from datagen.teachers.vllm.client import LocalClient
from datagen.teachers.vllm.interpreter import examine
from datagen.teachers.vllm.placing import Places

_LOOK_EVERY_S = 0.1
_MOST_SILENT_S = 20.0
"""How long a run that was told to stop waits for the next answer to what is in flight and paid for."""


@contextlib.asynccontextmanager
async def connected(
    teacher: PaidTeacher,
    timeout_s: float,
    logs: Path,
    budget: Budget | None = None,
    count_tokens: CountTokens | None = None,
    keeping: Keeping | None = None,
) -> AsyncIterator[TeacherClient]:
    """The client of a teacher; servers that have to be started for it end with the block.

    The demo teacher's server starts here, vLLM's workers with the first request.

    When the run is told to stop, the client sends nothing more, and what is in flight may arrive as long as some does,
    and until `LEAVE` is set.

    Args:
        teacher: its settings.
        timeout_s: seconds until a request without an answer is given up.
        logs: the folder for what a started server says.
        budget: is asked before each request; None allows all.
        count_tokens: counts a text's tokens where the endpoint does not; None leaves them unknown.
        keeping: where batches outlive the run; None where they can't, and a teacher asked in batches is refused.

    Raises:
        UsageError: its key is not set.
        DatagenError: its server did not start.
    """
    with contextlib.ExitStack() as servers:
        urls = teacher.base_urls
        if isinstance(teacher, DemoTeacher) and not urls:
            urls = (servers.enter_context(running_demo(teacher.latency_ms, logs / "demo-teacher.log")),)
        client = _client(teacher, urls, timeout_s, logs, budget, count_tokens, keeping)
        watcher = asyncio.create_task(_end_when_stopped(client))
        try:
            yield client
        finally:
            watcher.cancel()
            await client.close()


def refuse_unstartable(recipe: Recipe) -> None:
    """Refuse a recipe whose teachers can't be asked from here, before the hours that come before the first request.

    Raises:
        UsageError: nobody says where a teacher is.
        DatagenError: an interpreter has no vLLM, or there are too few GPUs.
    """
    places = Places()
    for teacher in recipe.paid_teachers:
        if isinstance(teacher, OpenAITeacher) and not teacher.base_urls:
            raise _nowhere(teacher)
        if isinstance(teacher, VLLMTeacher) and not teacher.base_urls:
            places.take(teacher, examine(teacher.python))


def _client(
    teacher: PaidTeacher,
    urls: tuple[str, ...],
    timeout_s: float,
    logs: Path,
    budget: Budget | None,
    count_tokens: CountTokens | None,
    keeping: Keeping | None,
) -> TeacherClient:
    if isinstance(teacher, VLLMTeacher) and not urls:
        return LocalClient(teacher, timeout_s, logs, budget, count_tokens)
    if not asks_in_batches(teacher):
        client = OpenAIClient(teacher, urls, timeout_s, budget, count_tokens)
        if not urls:
            client.end(_nowhere(teacher))
        return client
    if keeping is None:
        raise UsageError(f"teacher {teacher.name}: kind openai_batch can't be asked here; use kind openai")
    return BatchClient(teacher, timeout_s, keeping, budget, count_tokens)


def _nowhere(teacher: PaidTeacher) -> UsageError:
    return UsageError(
        f"teacher {teacher.name}: nobody says where {teacher.model} is; set teachers.{teacher.name}.base_url, and "
        f"teachers.{teacher.name}.api_key_env, the variable that holds the key"
    )


async def _end_when_stopped(client: TeacherClient) -> None:
    while not STOP.is_set():
        await asyncio.sleep(_LOOK_EVERY_S)
    client.end(StoppedError(STOPPED_BY_SIGNAL))
    in_flight, silent_s = client.traffic().in_flight, 0.0
    while silent_s < _MOST_SILENT_S and not LEAVE.is_set():
        await asyncio.sleep(_LOOK_EVERY_S)
        silent_s = silent_s + _LOOK_EVERY_S if client.traffic().in_flight == in_flight else 0.0
        in_flight = client.traffic().in_flight
    await client.close()
