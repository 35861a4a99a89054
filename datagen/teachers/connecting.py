"""A teacher made ready to be asked: the one place where servers of the run are started and clients are made."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from datagen.errors import UsageError
from datagen.recipe_teachers import DemoTeacher, PaidTeacher, VLLMTeacher
from datagen.teachers.base import TeacherClient
from datagen.teachers.demo_process import running_demo
from datagen.teachers.openai_api import OpenAIClient


@contextlib.asynccontextmanager
async def connected(teacher: PaidTeacher, timeout_s: float, logs: Path) -> AsyncIterator[TeacherClient]:
    """The client of a teacher; a server that has to be started for it ends with the block.

    Args:
        teacher: its settings.
        timeout_s: seconds until a request without an answer is given up.
        logs: the folder for what a started server says.

    Raises:
        UsageError: its key is not set, or datagen can't start its servers.
        DatagenError: its server did not start.
    """
    with contextlib.ExitStack() as servers:
        urls = teacher.base_urls
        if isinstance(teacher, DemoTeacher) and not urls:
            urls = (servers.enter_context(running_demo(teacher.latency_ms, logs / "demo-teacher.log")),)
        if isinstance(teacher, VLLMTeacher) and not urls:
            raise UsageError(f"teacher {teacher.name}: datagen does not start vLLM yet; give its base_urls")
        client = OpenAIClient(teacher, urls, timeout_s)
        try:
            yield client
        finally:
            await client.close()
