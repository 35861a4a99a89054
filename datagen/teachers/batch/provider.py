"""The calls of the Batch protocol, each tried until it is answered or can't be.

A batch is created once. A call whose reply never came may have created it all the same, so it is looked for among the
provider's batches, by the file that it reads and by our name in its metadata, before it is created again.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import aiohttp
import orjson

from datagen.recipe_teachers import PaidTeacher
from datagen.teachers.batch.lines import ENDPOINT, read_object
from datagen.teachers.exchange import Exchange, Reply
from datagen.teachers.faults import MOST_TRIES, Fault, delay_of, garbage, of_status, one_line
from datagen.teachers.gate import Gate
from datagen.teachers.trying import Trying

Answer = TypeVar("Answer")

SETTLING_S = 30.0
"""How long a batch may stay unlisted after its creation was asked for: a call that was cut off may still be on its
way, and lists lag behind."""
WINDOW = "24h"
"""How long a batch may take; the only one that there is."""
METADATA = "datagen_batch"
"""Under which name our own name of a batch goes with it."""

_CALLS_AT_ONCE = 8
_PAGE = 100
_CLOCKS_S = 3600.0
"""How far the provider's clock may be from ours."""
_MOST_CUT = 3
"""How often a file may end within a line before that is taken for its end."""
_MOST_SAID = 200
_ID = re.compile(r"[\w./:=+-]{1,256}")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its provider tells of it.

    Attributes:
        id: the provider's.
        status: the provider's word.
        file_id: of the file of requests.
        name: ours, from its metadata; None when the provider does not give it back.
        created_at: seconds since the epoch; None when nobody says.
        outputs: the files of results: of those that were answered, of those that were not.
        refusals: why it failed, each as code and text.
    """

    id: str
    status: str
    file_id: str | None
    name: str | None
    created_at: float | None
    outputs: tuple[str, ...]
    refusals: tuple[tuple[str, str], ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing about it will change any more; words that nobody knows are taken for a batch at work."""
        return self.status in ("completed", "failed", "expired", "cancelled")


class Provider:
    """A provider's files and batches. Belongs to the event loop in which it is made.

    Args:
        teacher: who is asked.
        key: the teacher's; None sends none.
        timeout_s: seconds until a call without a whole answer is given up; of downloads, between two bytes.
        end: is called with the reason when no call will ever work.

    Raises:
        UsageError: the teacher's address is none.
    """

    def __init__(
        self, teacher: PaidTeacher, key: str | None, timeout_s: float, end: Callable[[Exception], None]
    ) -> None:
        self._url = teacher.base_urls[0]
        self._exchange = Exchange(teacher.base_urls, key, _CALLS_AT_ONCE, timeout_s)
        self._gate = Gate(teacher.base_urls, _CALLS_AT_ONCE)
        self._trying = Trying(teacher, self._gate, key, end, outlasts_outages=True)

    @property
    def faults(self) -> Counter[str]:
        """What went wrong so far, by name."""
        return self._trying.faults

    async def upload(self, file: Path, name: str) -> str:
        """Upload a file of requests; the id that the provider gives it."""

        async def send() -> str | Fault:
            with file.open("rb") as content:
                form = aiohttp.FormData({"purpose": "batch"})
                form.add_field("file", content, filename=f"{name}.jsonl", content_type="application/jsonl")
                told = _object(await self._exchange.call("POST", self._url, "files", form))
            if isinstance(told, Fault):
                return told
            file_id = told.get("id")
            return file_id if _is_id(file_id) else garbage("no file id", "an upload without an id")

        return await self._tried(send)

    async def create(self, file_id: str, name: str, since: float) -> Batch:
        """Create a batch of an uploaded file, once.

        Args:
            file_id: the file.
            name: ours.
            since: no batch of this name was created before this time.
        """
        is_unsure = False
        asked = {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": WINDOW}
        body = orjson.dumps({**asked, "metadata": {METADATA: name}})

        async def send() -> Batch | Fault:
            nonlocal is_unsure
            if is_unsure:
                await asyncio.sleep(SETTLING_S)
                found = await self._listed(file_id, name, since)
                if found is not None:
                    return found
            got = _batch(_object(await self._exchange.call("POST", self._url, "batches", body)))
            is_unsure = is_unsure or (isinstance(got, Fault) and got.kind in ("again", "garbage"))
            return got

        return await self._tried(send)

    async def find(self, file_id: str, name: str, since: float) -> Batch | None:
        """The batch of a file or name; None when there is none. Arguments as for `create`."""

        async def send() -> tuple[Batch | None] | Fault:
            found = await self._listed(file_id, name, since)
            return found if isinstance(found, Fault) else (found,)

        return (await self._tried(send))[0]

    async def look(self, batch_id: str) -> Batch:
        """How far a batch has come."""

        async def send() -> Batch | Fault:
            got = _batch(_object(await self._exchange.call("GET", self._url, f"batches/{batch_id}")))
            return _unknown(got, batch_id) if isinstance(got, Fault) else got

        return await self._tried(send)

    async def download(self, file_id: str, to: Path) -> None:
        """Fetch a file of results, whole."""
        cut = 0

        async def send() -> Reply | Fault:
            nonlocal cut
            got = _success(await self._exchange.download(self._url, f"files/{file_id}/content", to))
            if not isinstance(got, Fault) and not await asyncio.to_thread(_ends_whole, to) and cut < _MOST_CUT:
                cut += 1
                return Fault("again", "cut off", "{url} ended a file within a line", may_be_billed=False)
            return got

        await self._tried(send)

    def end(self, error: Exception) -> None:
        """Let no call begin any more; what waits fails with this error."""
        self._gate.end(error)

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchange.close()

    async def _tried(self, send: Callable[[], Awaitable[Answer | Fault]]) -> Answer:
        met: Counter[int | None] = Counter()
        delay: float | None = None
        while True:
            ticket = await self._gate.enter(delay=delay)
            try:
                got = await send()
            except BaseException:
                self._gate.withdraw(ticket)
                raise
            if not isinstance(got, Fault):
                self._trying.served(ticket)
                return got
            met[got.tries] += 1
            self._trying.failed(ticket, got, met[got.tries])
            delay = delay_of(got, met.total())

    async def _listed(self, file_id: str, name: str, since: float) -> Batch | Fault | None:
        """Look through the provider's batches, the newest first."""
        query = {"limit": str(_PAGE)}
        while True:
            told = _object(await self._exchange.call("GET", self._url, "batches", query=query))
            listed = told.get("data") if isinstance(told, dict) else told
            if isinstance(listed, Fault):
                return listed
            if not isinstance(told, dict) or not isinstance(listed, list):
                return garbage("no list", "a list of batches without data")
            batches = [batch for one in listed if isinstance(one, dict) and isinstance(batch := _batch(one), Batch)]
            for batch in batches:
                if batch.name == name or batch.file_id == file_id:
                    return batch
            is_older = any(batch.created_at is not None and batch.created_at < since - _CLOCKS_S for batch in batches)
            last = batches[-1].id if batches else None
            if told.get("has_more") is not True or is_older or last is None or last == query.get("after"):
                return None
            query["after"] = last


def _success(reply: Reply | Fault) -> Reply | Fault:
    if isinstance(reply, Fault) or 200 <= reply.status < 300:
        return reply
    return of_status(reply.status, reply.headers, reply.body, time.time())


def _object(reply: Reply | Fault) -> dict[str, Any] | Fault:
    reply = _success(reply)
    if isinstance(reply, Fault):
        return reply
    told = read_object(reply.body)
    return garbage("broken JSON", "a reply that is no JSON object") if told is None else told


def _batch(told: Mapping[str, Any] | Fault) -> Batch | Fault:
    if isinstance(told, Fault):
        return told
    batch_id, status = told.get("id"), told.get("status")
    if not _is_id(batch_id) or not isinstance(status, str):
        return garbage("no batch", "a batch without id and status")
    metadata, created_at = told.get("metadata"), told.get("created_at")
    outputs = (told.get("output_file_id"), told.get("error_file_id"))
    name = metadata.get(METADATA) if isinstance(metadata, dict) else None
    return Batch(
        id=batch_id,
        status=status,
        file_id=told.get("input_file_id"),
        name=name,
        created_at=float(created_at) if isinstance(created_at, int | float) else None,
        outputs=tuple(output for output in outputs if _is_id(output)),
        refusals=tuple(_refusals(told.get("errors"))),
    )


def _refusals(errors: object) -> list[tuple[str, str]]:
    listed = errors.get("data") if isinstance(errors, dict) else errors
    refusals = []
    for error in listed if isinstance(listed, list) else ():
        if isinstance(error, dict):
            code, message, line = (error.get(name) for name in ("code", "message", "line"))
            at = f"line {line}: " if isinstance(line, int) else ""
            refusals.append((str(code), one_line(f"{at}{message or code}")[:_MOST_SAID]))
    return refusals


def _unknown(fault: Fault, batch_id: str) -> Fault:
    """A batch that is not known may be too young for that; one that stays unknown belongs to another account."""
    if fault.name != "HTTP 404":
        return fault
    advice = f"it does not know batch {batch_id}; was it created with another key? Take that one, or remove its note "
    advice += "in the run's folder batches/ to ask its requests again"
    return replace(fault, kind="again", advice=advice, tries=MOST_TRIES)


def _is_id(told: object) -> TypeGuard[str]:
    return isinstance(told, str) and _ID.fullmatch(told) is not None and ".." not in told


def _ends_whole(file: Path) -> bool:
    """Whether a file of lines ends with a whole one."""
    with file.open("rb") as lines:
        last = b""
        for line in lines:
            last = line
    return last.endswith(b"\n") or not last or read_object(last) is not None
