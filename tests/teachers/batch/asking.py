"""A run as a client of batches knows it: what is asked, what is kept, what the budget holds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from datagen.recipe_teachers import OpenAITeacher
from datagen.teachers.base import Completion, Message, Origin, Request
from datagen.teachers.batch import BatchClient, Keeping
from tests.teachers.batch.server import BatchServer


def teacher(base_url: str, **settings: Any) -> OpenAITeacher:
    told = {"name": "t", "kind": "openai_batch", "model": "m", "base_url": base_url, "api_key_env": "TEST_KEY"}
    return OpenAITeacher.model_validate(told | settings)


def request(number: int = 0) -> Request:
    origin = Origin(f"{number:064}", number, "prompt", f"problem {number}")
    return Request((Message("user", f"What is {number} + 2 ?"),), 0.8, 0.95, 100, 7, origin)


class Run:
    """What a client has of its run, and the ends of what the budget held.

    Attributes:
        completions: those that are kept, by key.
        said: the lines for whoever watches.
        ends: how each hold ended, by key; `held` while it did not.
        carried: keys of the holds that began with the client.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "batches"
        self.completions: dict[str, Completion] = {}
        self.said: list[str] = []
        self.ends: dict[str, str] = {}
        self.carried: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.completions

    def keep(self, asked: Request, arrived: Completion) -> None:
        self.completions[asked.origin.key] = arrived

    def at_most(self, requests: Sequence[Request]) -> tuple[float, int]:
        return 0.0, sum(one.max_tokens for one in requests)

    async def reserve(self, asked: Request) -> "Hold":
        return Hold(self, asked.origin.key)

    def carry(self, asked: Request) -> "Hold":
        self.carried.append(asked.origin.key)
        return Hold(self, asked.origin.key)

    async def ask(self, asking: BatchClient, number: int) -> Completion:
        """As the sampler does: what is kept is not asked, what arrives is kept before anything else happens."""
        if f"{number:064}" in self:
            return self.completions[f"{number:064}"]
        arrived = await asking.ask(request(number))
        self.completions[f"{number:064}"] = arrived
        return arrived

    @property
    def under_way(self) -> list[str]:
        return sorted(path.suffix for path in self.folder.glob("*")) if self.folder.exists() else []


class Hold:
    def __init__(self, run: Run, key: str) -> None:
        self._run, self._key = run, key
        run.ends[key] = "held"

    def settle(self, arrived: Completion) -> None:
        self._run.ends[self._key] = "settled"

    def release(self) -> None:
        self._run.ends[self._key] = "released"

    def lose(self, fault: str, name: str | None = None) -> None:
        assert name is not None
        assert name.endswith(self._key)
        self._run.ends[self._key] = f"lost: {fault}"


def start(
    run: Run, server: BatchServer, work: Callable[[BatchClient], Awaitable[Any]], timeout_s: float = 20, **settings: Any
) -> tuple[Any, dict[str, int]]:
    """One start of a run: what came of a work, and the faults."""

    async def started() -> tuple[Any, dict[str, int]]:
        asking = BatchClient(
            teacher(server.base_url, **settings), timeout_s, Keeping(run.folder, run, run.said.append), run
        )
        try:
            async with asyncio.timeout(30):
                got = await work(asking)
            return got, dict(asking.traffic().faults)
        finally:
            await asking.close()

    return asyncio.run(started())


def asked(run: Run, server: BatchServer, numbers: int = 5, **settings: Any) -> tuple[list[Any], dict[str, int]]:
    """Ask for so many; what came of each."""

    async def work(asking: BatchClient) -> list[Any]:
        return await asyncio.gather(*(run.ask(asking, number) for number in range(numbers)), return_exceptions=True)

    return start(run, server, work, **settings)


def assert_all_arrived(run: Run, got: list[Any]) -> None:
    for number, arrived in enumerate(got):
        assert isinstance(arrived, Completion), arrived
        assert f"\\boxed{{{number + 2}}}" in arrived.content
    assert set(run.ends.values()) <= {"settled"}
    assert run.under_way == []
