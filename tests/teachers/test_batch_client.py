"""A teacher that is asked in batches, against a provider that misbehaves: what was paid for arrives, once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError, RequestFailedError, StoppedError, UsageError
from datagen.recipe_teachers import OpenAITeacher
from datagen.teachers import breaker
from datagen.teachers.base import Completion, Message, Origin, Request
from datagen.teachers.batch import BatchClient, Keeping, carrying, client, provider
from datagen.teachers.batch.lines import read_result
from datagen.teachers.batch.under_way import BatchFolder
from datagen.teachers.faults import Fault, explain
from tests.teachers.batch_server import KEY, BatchServer, Made, completion, first_calls, response, unanswered


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(client, "QUIET_S", 0.05)
    monkeypatch.setattr(client, "REFUSED_S", 0.05)
    monkeypatch.setattr(carrying, "FIRST_POLL_S", 0.01)
    monkeypatch.setattr(carrying, "LONGEST_POLL_S", 0.02)
    monkeypatch.setattr(client, "KEPT_WITHIN_S", 0.0)
    monkeypatch.setattr(provider, "SETTLING_S", 0.05)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer().serving() as server:
        yield server


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


def test_the_provider_of_these_tests_speaks_the_protocol_as_its_official_client_does(server: BatchServer) -> None:
    line = {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": [{"content": "1 + 2"}]},
    }
    official = openai.OpenAI(base_url=server.base_url, api_key=KEY)
    file = official.files.create(file=("a.jsonl", json.dumps(line).encode()), purpose="batch")
    made = official.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"n": "1"}
    )
    while made.status != "completed":
        made = official.batches.retrieve(made.id)
    assert [one.id for one in official.batches.list()] == [made.id]
    told = json.loads(official.files.content(made.output_file_id).text)
    assert told["response"]["body"]["choices"][0]["message"]["content"].endswith("\\boxed{3}")


def test_what_is_asked_together_goes_out_in_one_batch_and_comes_back_to_whoever_asked(
    tmp_path: Path, server: BatchServer
) -> None:
    run = Run(tmp_path)
    got, faults = asked(run, server, 20)
    assert_all_arrived(run, got)
    assert (len(server.made), faults) == (1, {})
    line = server.made[0].lines[3]
    assert line["body"]["messages"] == [{"role": "user", "content": "What is 3 + 2 ?"}]
    assert (line["body"]["model"], line["body"]["seed"], line["url"]) == ("m", 7, "/v1/chat/completions")
    assert server.keys == {f"Bearer {KEY}"}
    assert run.said == ["t: batch batch_0 submitted: 20 requests", "t: batch batch_0 completed: 20 completions"]


def test_no_batch_is_larger_than_it_may_be_and_no_more_is_out_than_the_recipe_allows(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST_LINES", 4)
    out: list[int] = []
    complete = server.complete

    def work(batch: Made) -> None:
        out.append(sum(len(one.lines) for one in server.made if one.status in ("validating", "in_progress")))
        complete(batch)

    server.work = work
    run = Run(tmp_path)
    got, _ = asked(run, server, 18, concurrency=8)
    assert_all_arrived(run, got)
    assert max(len(batch.lines) for batch in server.made) <= 4
    assert max(out) <= 8

    monkeypatch.setattr(client, "MOST_BYTES", 2 * (1024 + 100))
    (tmp_path / "bytes").mkdir()
    other = Run(tmp_path / "bytes")
    with BatchServer().serving() as second:
        got, _ = asked(other, second, 6)
        assert_all_arrived(other, got)
        assert max(len(batch.lines) for batch in second.made) == 2


def test_two_who_ask_the_same_share_one_line(tmp_path: Path, server: BatchServer) -> None:
    run = Run(tmp_path)

    async def work(asking: BatchClient) -> list[Completion]:
        return await asyncio.gather(*(run.ask(asking, 1) for _ in range(3)))

    got, _ = start(run, server, work)
    assert len({arrived.content for arrived in got}) == 1
    assert server.asked.total() == 1


def refused(code: str, message: str = "it is wrong", line: int | None = 1) -> Callable[[Made], None]:
    def work(batch: Made) -> None:
        batch.status, batch.refusals = "failed", [{"code": code, "message": message, "line": line}] * 3

    return work


def test_a_batch_that_the_provider_refuses_ends_all_with_its_reason_and_costs_nothing(
    tmp_path: Path, server: BatchServer
) -> None:
    server.work = refused("invalid_json_line", f"This line {{is}} not\n parseable {KEY}")
    run = Run(tmp_path)
    got, _ = asked(run, server)
    assert {type(error) for error in got} == {DatagenError}
    assert str(got[0]) == (
        "teacher t: the provider refused batch batch_0 (line 1: This line {is} not parseable [key]; 2 more); "
        "nothing of it was worked on; put right what it names and start again"
    )
    assert set(run.ends.values()) == {"released"}
    assert run.under_way == []
    assert len(server.made) == 1


def test_a_batch_that_is_too_much_for_now_goes_out_again_in_smaller_ones(tmp_path: Path, server: BatchServer) -> None:
    complete = server.complete

    def work(batch: Made) -> None:
        refused("token_limit_exceeded")(batch) if len(batch.lines) > 2 else complete(batch)

    server.work = work
    run = Run(tmp_path)
    got, faults = asked(run, server, 8)
    assert_all_arrived(run, got)
    assert [len(batch.lines) for batch in server.made][:2] == [8, 4]
    assert faults.keys() == {"too much enqueued"}


def test_a_provider_that_takes_not_a_single_request_ends_the_run(tmp_path: Path, server: BatchServer) -> None:
    server.work = refused("token_limit_exceeded")
    got, _ = asked(Run(tmp_path), server, 2)
    assert "the provider takes no more for now; other batches of the account may use up its limit" in str(got[0])


def test_a_batch_that_failed_at_the_provider_goes_out_again(tmp_path: Path, server: BatchServer) -> None:
    complete = server.complete
    server.work = lambda batch: (refused("server_error") if len(server.made) == 1 else complete)(batch)
    run = Run(tmp_path)
    got, faults = asked(run, server)
    assert_all_arrived(run, got)
    assert faults == {"batch failed": 5}


def test_an_expired_batch_keeps_what_it_brought_and_the_rest_is_asked_again(
    tmp_path: Path, server: BatchServer
) -> None:
    complete = server.complete

    def work(batch: Made) -> None:
        if len(server.made) > 1:
            return complete(batch)
        batch.status = "expired"
        batch.outputs = [server.output(line) for line in batch.lines[:2]]
        batch.errors = [unanswered(batch.ids[2])]
        return None

    server.work = work
    run = Run(tmp_path)
    got, faults = asked(run, server)
    assert_all_arrived(run, got)
    assert server.made[1].ids == [f"{number:064}" for number in (2, 3, 4)]
    assert faults == {"batch expired": 3}
    assert "t: batch batch_0 expired: 2 completions, batch expired 3" in run.said


def test_a_request_whose_batches_expire_every_time_is_given_up_and_holds_up_no_other(
    tmp_path: Path, server: BatchServer
) -> None:
    def work(batch: Made) -> None:
        batch.status = "expired"
        batch.outputs = [server.output(line) for line in batch.lines if line["custom_id"] != f"{0:064}"]

    server.work = work
    run = Run(tmp_path)
    got, _ = asked(run, server, 3)
    assert isinstance(got[0], RequestFailedError)
    assert "its batch expired before its turn came, 5 times" in str(got[0])
    assert all(isinstance(arrived, Completion) for arrived in got[1:])
    assert len(server.made) == 5


def test_a_cancelled_batch_keeps_what_it_brought_and_stops_the_run(tmp_path: Path, server: BatchServer) -> None:
    def work(batch: Made) -> None:
        batch.status = "cancelled"
        batch.outputs = [server.output(line) for line in batch.lines[:2]]
        batch.errors = [unanswered(custom_id, "batch_cancelled") for custom_id in batch.ids[2:]]

    server.work = work
    run = Run(tmp_path)
    got, _ = asked(run, server)
    assert [type(one) for one in got] == [Completion] * 2 + [StoppedError] * 3
    assert str(got[4]).startswith("teacher t: batch batch_0 was cancelled at the provider")
    assert len(server.made) == 1
    assert run.under_way == []
    assert sorted(run.ends.values()) == ["released"] * 3 + ["settled"] * 2


def test_lines_that_are_wrong_are_counted_and_what_they_left_out_is_asked_again(
    tmp_path: Path, server: BatchServer
) -> None:
    complete = server.complete

    def work(batch: Made) -> None:
        if len(server.made) > 1:
            return complete(batch)
        batch.status, ids = "completed", batch.ids
        batch.outputs = [
            server.output(batch.lines[0]),
            response(ids[0], completion("another answer")),
            response("nobody", completion("x")),
            {"custom_id": 5},
            b"no json\n",
            b"\n",
            b"[" * 100_000 + b"\n",
            response(ids[1], {"choices": []}),
        ]
        batch.errors = [response(ids[2], {"error": {"message": "slow"}}, 429), response(ids[3], {}, 500)]
        return None

    server.work = work
    run = Run(tmp_path)
    got, faults = asked(run, server, 6)
    assert_all_arrived(run, got)
    assert server.made[1].ids == [f"{number:064}" for number in (1, 2, 3, 4, 5)]
    assert faults == {
        "broken line": 3,
        "id twice": 1,
        "unknown id": 1,
        "no choices": 1,
        "HTTP 429": 1,
        "HTTP 500": 1,
        "no line": 2,
    }


def test_what_a_batch_left_out_may_have_been_billed_and_what_was_refused_was_not(
    tmp_path: Path, server: BatchServer
) -> None:
    def work(batch: Made) -> None:
        batch.status, ids = "completed", batch.ids
        batch.outputs, batch.errors = [], [response(ids[1], {"error": {"message": "context length is 9"}}, 400)]

    server.work = work
    run = Run(tmp_path)
    got, _ = asked(run, server, 2)
    assert run.ends[f"{0:064}"] == "lost: no line"
    assert run.ends[f"{1:064}"] == "released"
    assert "lower sampling.max_tokens" in str(got[1])
    assert type(got[1]) is DatagenError
    assert len(server.made) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("POST", "/v1/batches"),
        ("GET", "/v1/batches/"),
        ("GET", "/v1/files/"),
    ],
)
def test_every_call_is_tried_again_until_it_is_answered(
    method: str, path: str, tmp_path: Path, server: BatchServer
) -> None:
    def reply(status: int, **headers: str) -> Callable[[], web.StreamResponse]:
        return lambda: web.json_response({"error": {"message": KEY}}, status=status, headers=headers)

    bad = [reply(500), reply(429, **{"Retry-After": "0.01"}), reply(503), lambda: web.Response(text="{")]
    server.fault = first_calls(path, method, bad[: 3 if path == "/v1/files/" else 4])
    run = Run(tmp_path)
    got, faults = asked(run, server)
    assert_all_arrived(run, got)
    assert {"HTTP 500", "HTTP 429", "HTTP 503"} <= faults.keys()
    assert set(server.asked.values()) == {1}
    assert KEY not in "".join(run.said)


def test_an_outage_of_the_provider_is_outlasted(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "FIRST_PROBE_S", 0.001)
    monkeypatch.setattr(breaker, "LONGEST_PROBE_S", 0.001)
    monkeypatch.setattr("datagen.teachers.faults.LONGEST_DELAY_S", 0.001)
    server.fault = first_calls("/v1/batches/", "GET", [lambda: web.Response(status=502)] * 40)
    run = Run(tmp_path)
    got, faults = asked(run, server)
    assert_all_arrived(run, got)
    assert faults == {"HTTP 502": 40}


def test_a_creation_whose_reply_was_lost_is_not_made_twice(tmp_path: Path, server: BatchServer) -> None:
    for keeps_metadata in (True, False):
        (tmp_path / str(keeps_metadata)).mkdir()
        server.keeps_metadata = keeps_metadata
        lost = iter((True,))

        async def fault(request: web.Request, lost: Iterator[bool] = lost) -> web.StreamResponse | None:
            if request.method == "POST" and request.path == "/v1/batches" and next(lost, False):
                await server._create(request)
                return web.Response(status=502)
            return None

        server.fault = fault
        run = Run(tmp_path / str(keeps_metadata))
        got, faults = asked(run, server)
        assert_all_arrived(run, got)
        assert faults == {"HTTP 502": 1}
    assert len(server.made) == 2


@pytest.mark.parametrize("told", [True, False])
def test_a_download_that_is_cut_off_is_fetched_again_and_nothing_is_asked_again(
    told: bool, tmp_path: Path, server: BatchServer
) -> None:
    cut = iter((True,))

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if not request.path.endswith("/content") or not next(cut, False):
            return None
        content = server.files[request.match_info["id"]]
        reply = web.StreamResponse(headers={"Connection": "close"})
        if told:
            reply.content_length = len(content)
        else:
            reply.force_close()
            reply._length_check = False
        await reply.prepare(request)
        await reply.write(content[: len(content) // 2])
        if told:
            request.transport.close()
        else:
            await reply.write_eof()
        return reply

    server.fault = fault
    run = Run(tmp_path)
    got, faults = asked(run, server)
    assert_all_arrived(run, got)
    assert faults == {"closed mid-reply" if told else "cut off": 1}
    assert len(server.made) == 1


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches"])
def test_a_refusal_that_will_never_change_ends_all_without_the_key(
    path: str, tmp_path: Path, server: BatchServer
) -> None:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        return web.json_response({"error": {"message": f"bad {KEY}"}}, status=401) if request.path == path else None

    server.fault = fault
    run = Run(tmp_path)
    got, _ = asked(run, server)
    assert {str(error) for error in got} == {"teacher t: HTTP 401 from the endpoint; is TEST_KEY the right key?"}
    assert KEY not in "".join([*run.said, *(file.read_text() for file in run.folder.glob("*"))])
    assert set(run.ends.values()) == {"released"} or path == "/v1/batches"


def test_a_run_that_ends_leaves_its_batch_to_the_next_start_which_asks_nothing_again(
    tmp_path: Path, server: BatchServer
) -> None:
    server.is_holding = True
    run = Run(tmp_path)

    async def stopped(asking: BatchClient) -> list[Any]:
        asks = asyncio.gather(*(run.ask(asking, number) for number in range(5)), return_exceptions=True)
        while not server.made or not server.made[0].looks:
            await asyncio.sleep(0.01)
        assert asking.traffic().in_flight == 5
        asking.end(StoppedError("stopped"))
        return await asks

    got, _ = start(run, server, stopped)
    assert {str(error) for error in got} == {
        "stopped; batch batch_0 of 5 requests: under way, the next start collects it"
    }
    assert run.under_way == [".json", ".jsonl"]
    assert set(run.ends.values()) == {"held"}

    server.is_holding = False
    got, _ = asked(run, server, 7)
    assert_all_arrived(run, got)
    assert sorted(run.carried) == [f"{number:064}" for number in range(5)]
    assert [len(batch.lines) for batch in server.made] == [5, 2]
    assert set(server.asked.values()) == {1}


def test_what_nobody_asks_for_any_more_is_kept_for_it_is_paid(tmp_path: Path, server: BatchServer) -> None:
    server.is_holding = True
    run = Run(tmp_path)

    async def stopped(asking: BatchClient) -> None:
        asks = asyncio.gather(*(run.ask(asking, number) for number in range(5)), return_exceptions=True)
        while not server.made or not server.made[0].looks:
            await asyncio.sleep(0.01)
        asking.end(StoppedError("stopped"))
        await asks

    start(run, server, stopped)
    server.is_holding = False
    got, _ = asked(run, server, 2)
    assert_all_arrived(run, got)
    assert len(run.completions) == 5
    assert set(server.asked.values()) == {1}


def test_a_batch_that_the_provider_does_not_know_says_what_to_do(tmp_path: Path, server: BatchServer) -> None:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        return web.json_response({}, status=404) if request.path.startswith("/v1/batches/") else None

    server.fault = fault
    run = Run(tmp_path)
    got, _ = asked(run, server, 1)
    assert "it does not know batch batch_0; was it created with another key? Take that one" in str(got[0])
    assert run.under_way == [".json", ".jsonl"]


def test_a_note_that_is_damaged_is_named(tmp_path: Path, server: BatchServer) -> None:
    run = Run(tmp_path)
    run.folder.mkdir()
    (run.folder / "a.json").write_text("{")
    with pytest.raises(DatagenError, match=r"a\.json: this note of a batch under way can't be read"):
        asked(run, server)


def test_limits_per_minute_are_refused_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="kind openai_batch has no limits per minute"):
        teacher("http://127.0.0.1:9/v1", requests_per_minute=5)
    assert teacher("http://127.0.0.1:9/v1").concurrency == 20_000
    assert teacher("http://127.0.0.1:9/v1", concurrency=3).concurrency == 3


def test_a_key_that_is_not_set_is_refused(tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(UsageError, match="the environment has no TEST_KEY"):
        asked(Run(tmp_path), server)


def test_what_was_handed_out_and_not_kept_is_fetched_again_and_not_asked_again(
    tmp_path: Path, server: BatchServer
) -> None:
    run = Run(tmp_path)

    async def dies(asking: BatchClient) -> None:
        await asyncio.gather(*(asking.ask(request(number)) for number in range(6)))
        for number in (0, 3):
            run.completions[f"{number:064}"] = Completion("", f"\\boxed{{{number + 2}}}", "stop", 1, 1)

    start(run, server, dies)
    assert ".json" in run.under_way
    got, faults = asked(run, server, 6)
    assert_all_arrived(run, got)
    assert sorted(run.carried) == [f"{number:064}" for number in (1, 2, 4, 5)]
    assert (len(server.made), faults) == (1, {})


def test_a_batch_that_nobody_waits_for_is_told_when_the_run_ends_before_it(tmp_path: Path, server: BatchServer) -> None:
    run = Run(tmp_path)
    server.is_holding = True

    async def leaves(asking: BatchClient) -> None:
        asks = [asyncio.create_task(asking.ask(request(number))) for number in range(3)]
        while not server.made or not server.made[0].looks:
            await asyncio.sleep(0.01)
        for ask in asks:
            ask.cancel()

    start(run, server, leaves)
    assert run.said[-1] == (
        "t: batch batch_0 of 3 requests: under way, the next start collects it; nobody waits for what it brings, "
        "which is paid"
    )


def test_a_full_disk_is_no_trouble_of_the_provider(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BatchFolder, "scratch", lambda self, batch, what: full if what != "upload.jsonl" else spare)
    full, spare = Path("/dev/full"), tmp_path / "upload"
    got, _ = asked(Run(tmp_path), server, 2)
    assert str(got[0]) == "/dev/full: can't be written: No space left on device; make room and start again"


NAMES = st.sampled_from(["custom_id", "response", "error", "status_code", "body", "choices", "message", "code"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(JSON | st.binary(max_size=50))
def test_whatever_a_line_says_it_is_read_or_nobodys(told: Any) -> None:
    line = told if isinstance(told, bytes) else json.dumps(told).encode()
    result = read_result(line)
    assert result is None or isinstance(result.got, Completion | Fault)


@given(JSON)
def test_whatever_a_result_says_it_is_a_completion_or_a_fault_that_can_be_told(told: Any) -> None:
    asking = OpenAITeacher.model_validate({"name": "t", "kind": "openai_batch", "model": "m"})
    for line in ({"custom_id": "a", "response": told}, {"custom_id": "a", "response": None, "error": told}):
        result = read_result(json.dumps(line).encode())
        assert result is not None
        if isinstance(result.got, Fault):
            assert explain(result.got, asking, "u", None, 1).isprintable()


FATES = ("answered", "answered", "answered", "left out", "refused", "broken", "twice", "expired")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(st.sampled_from(FATES), max_size=24), stops=st.lists(st.integers(1, 6), max_size=3))
def test_whatever_becomes_of_lines_and_starts_each_request_is_answered_once(
    fates: list[str], stops: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Fates befall lines in the order in which they are worked on; then all is well. Stops count looks at a batch."""
    left = list(fates)
    with BatchServer().serving() as server:

        def work(batch: Made) -> None:
            befallen = [(line, left.pop(0) if left else "answered") for line in batch.lines]
            is_expired = any(fate == "expired" for _, fate in befallen)
            batch.status, batch.outputs, batch.errors = ("expired" if is_expired else "completed"), [], []
            for line, fate in befallen:
                if fate in ("answered", "twice"):
                    batch.outputs += [server.output(line)] * (2 if fate == "twice" else 1)
                elif fate == "broken":
                    batch.outputs.append(b"{\n")
                elif fate == "refused":
                    batch.errors.append(response(line["custom_id"], {}, 500))

        server.work = work
        run = Run(tmp_path_factory.mktemp("fates"))
        for looks in stops:

            async def stopped(asking: BatchClient, looks: int = looks) -> None:
                asks = asyncio.gather(*(run.ask(asking, number) for number in range(5)), return_exceptions=True)
                before = sum(batch.looks for batch in server.made)
                while not asks.done() and sum(batch.looks for batch in server.made) < before + looks:
                    await asyncio.sleep(0)
                asking.end(StoppedError("stopped"))
                await asks

            start(run, server, stopped)
        got, _ = asked(run, server, 5)
        for number, arrived in enumerate(got):
            if isinstance(arrived, RequestFailedError):
                continue
            assert f"\\boxed{{{number + 2}}}" in arrived.content
        assert set(server.billed.values()) <= {1}
        assert server.billed.total() == len(run.completions)
        assert run.under_way == []
