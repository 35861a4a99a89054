"""A provider that speaks the Batch protocol on the loopback address, keeps the bill, and misbehaves as it is told.

It runs in a thread of its own, so that processes that ask it can be killed and started again.
"""

import asyncio
import contextlib
import hashlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.serving import serving_app

KEY = "sk-secret-of-this-test-0123456789"
PROMPT_TOKENS, COMPLETION_TOKENS = 40, 20
Answer = Callable[[dict[str, Any]], Any]


def completion(content: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS}
    return {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": usage}


def response(custom_id: str, body: Any, status: int = 200) -> dict[str, Any]:
    """A line of an output file, or with another status of an error file."""
    told = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "batch_req", "custom_id": custom_id, "response": told, "error": None}


def unanswered(custom_id: str, code: str = "batch_expired") -> dict[str, Any]:
    return {"id": "batch_req", "custom_id": custom_id, "response": None, "error": {"code": code, "message": "no"}}


def sums(body: dict[str, Any]) -> dict[str, Any]:
    """The right answer to "What is N + 2", in words that hang on what is asked and on its seed."""
    words = body["messages"][-1]["content"].split()
    name = json.dumps(body)
    text = " ".join(hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:8] for number in range(12))
    return completion(f"{text} gives \\boxed{{{int(words[words.index('+') - 1]) + 2}}}")


def sums_mostly(body: dict[str, Any]) -> dict[str, Any]:
    """The same, wrong every fourth time."""
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    return completion("It gives \\boxed{0}") if int(digest[:4], 16) < 2**14 else sums(body)


@dataclass
class Made:
    """A batch at the provider.

    Attributes:
        lines: its requests.
        outputs, errors: the lines of its files; None where there is no such file.
    """

    id: str
    file_id: str
    metadata: dict[str, str]
    lines: list[dict[str, Any]]
    status: str = "validating"
    outputs: list[Any] | None = None
    errors: list[Any] | None = None
    refusals: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 0
    created_at: float = field(default_factory=time.time)

    @property
    def ids(self) -> list[str]:
        return [line["custom_id"] for line in self.lines]


Work = Callable[[Made], None]
Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class BatchServer:
    """The provider.

    Attributes:
        files: uploaded files and those of results, as bytes.
        made: the batches, in the order of their creation.
        asked: how often each request stood in a batch that was worked on, by custom_id.
        answer: what is answered to a request's body; `work` uses it unless told otherwise.
        work: what becomes of a batch when it is looked at for the second time.
        fault: is asked before each call; answers in the place of the provider, or gives None.
        calls: method and path of every call.
        keys: the Authorization headers.
        is_holding: no batch is over while this is so.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.files: dict[str, bytes] = {}
        self.made: list[Made] = []
        self.asked: Counter[str] = Counter()
        self.billed: Counter[str] = Counter()
        self.answer: Answer = sums
        self.work: Work = self.complete
        self.fault: Fault = _nothing
        self.calls: list[str] = []
        self.keys: set[str] = set()
        self.is_holding = False
        self.keeps_metadata = True
        self._loop = asyncio.new_event_loop()

    def complete(self, batch: Made) -> None:
        """Answer all of a batch."""
        batch.status, batch.outputs = "completed", [self.output(line) for line in batch.lines]

    def output(self, line: dict[str, Any]) -> dict[str, Any]:
        """Work on a request, and bill it."""
        self.billed[line["custom_id"]] += 1
        return response(line["custom_id"], self.answer(line["body"]))

    @property
    def usd_at_list_price(self) -> float:
        """What all that was answered costs at 1 and 2 USD per million tokens."""
        return self.billed.total() * (PROMPT_TOKENS * 1.0 + COMPLETION_TOKENS * 2.0) / 1e6

    @contextlib.contextmanager
    def serving(self) -> Iterator["BatchServer"]:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/files", self._called(self._upload))
        app.router.add_get("/v1/files/{id}/content", self._called(self._content))
        app.router.add_post("/v1/batches", self._called(self._create))
        app.router.add_get("/v1/batches", self._called(self._list))
        app.router.add_get("/v1/batches/{id}", self._called(self._look))
        with serving_app(app, self._loop) as self.base_url:
            yield self

    def _called(
        self, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def called(request: web.Request) -> web.StreamResponse:
            self.calls.append(f"{request.method} {request.path}")
            self.keys.add(request.headers.get("Authorization", ""))
            fault = await self.fault(request)
            return fault if fault is not None else await handle(request)

        return called

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        content = form["file"].file.read()
        told = {"object": "file", "purpose": form["purpose"], "filename": form["file"].filename, "bytes": len(content)}
        return web.json_response({"id": self.keep(content), "status": "processed", "created_at": 0, **told})

    def keep(self, content: bytes) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = content
        return name

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        assert (asked["endpoint"], asked["completion_window"]) == ("/v1/chat/completions", "24h")
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        assert len({line["custom_id"] for line in lines}) == len(lines)
        assert all(len(line["custom_id"]) <= 64 and line["method"] == "POST" for line in lines)
        batch = Made(f"batch_{len(self.made)}", asked["input_file_id"], asked["metadata"], lines)
        self.made.append(batch)
        self.asked.update(batch.ids)
        return web.json_response(self._told(batch))

    async def _look(self, request: web.Request) -> web.Response:
        batch = next((batch for batch in self.made if batch.id == request.match_info["id"]), None)
        if batch is None:
            return web.json_response({"error": {"message": "No such batch"}}, status=404)
        batch.looks += 1
        if batch.status == "validating":
            batch.status = "in_progress"
        elif batch.status == "in_progress" and not self.is_holding:
            self.work(batch)
        return web.json_response(self._told(batch))

    async def _list(self, request: web.Request) -> web.Response:
        newest = self.made[::-1]
        after = [batch.id for batch in newest].index(request.query["after"]) + 1 if "after" in request.query else 0
        page = newest[after : after + 2]
        more = after + 2 < len(newest)
        return web.json_response({"data": [self._told(batch) for batch in page], "has_more": more})

    async def _content(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["id"]])

    def _told(self, batch: Made) -> dict[str, Any]:
        is_over = batch.status in ("completed", "failed", "expired", "cancelled")
        told = {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": int(batch.created_at),
            "status": batch.status,
            "input_file_id": batch.file_id,
            "errors": {"object": "list", "data": batch.refusals} if batch.refusals else None,
            "metadata": batch.metadata if self.keeps_metadata else None,
        }
        for name, lines in (("output_file_id", batch.outputs), ("error_file_id", batch.errors)):
            file = f"{batch.id}-{name}"
            if is_over and lines is not None and file not in self.files:
                self.files[file] = b"".join(line if isinstance(line, bytes) else _line(line) for line in lines)
            told[name] = file if is_over and lines is not None else None
        return told


async def _nothing(request: web.Request) -> None:
    return None


def _line(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def first_calls(path: str, method: str, replies: list[Callable[[], web.StreamResponse]]) -> Fault:
    """Answer the first calls of a path so; a path is told by its beginning."""
    left = list(replies)

    async def fault(request: web.Request) -> web.StreamResponse | None:
        return left.pop(0)() if left and request.method == method and request.path.startswith(path) else None

    return fault
