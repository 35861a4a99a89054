"""A teacher's client against real servers that misbehave: what can arrive arrives, what can't says why."""

import asyncio
import email.utils
import time
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from datagen.errors import DatagenError, NoMoreError, UsageError
from datagen.teachers.base import Completion, Message
from datagen.teachers.openai_api import OpenAIClient
from tests.teachers.misbehaving import (
    BROKEN,
    KEY,
    Asked,
    Behaviour,
    asking,
    client_of,
    dripping,
    endless,
    endless_in_chunks,
    first,
    good,
    half,
    no_http,
    request,
    reset,
    saying,
    serving,
    silent,
    teacher,
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


HTML = {"content_type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        *[(saying(b"", status), f"HTTP {status}") for status in (408, 409, 425, 429, 500, 502, 503, 504, 520, 529)],
        (saying(b"<html>Bad gateway", 502, **HTML), "HTTP 502"),
        (saying(b"", 429, retry_after="0.01"), "HTTP 429"),
        (saying(b"", 503, retry_after_ms="10"), "HTTP 503"),
        (saying({"error": {"code": 502, "message": "behind the gateway"}}), "HTTP 502"),
        (half, "closed mid-reply"),
        (reset, "closed mid-reply"),
        (saying(b"no gzip", content_encoding="gzip"), "closed mid-reply"),
        (BROKEN, "broken JSON"),
        (saying(b'{"choices": "\xff"}'), "invalid UTF-8"),
        (saying({"object": "nothing"}), "no choices"),
        (saying({"choices": [{}]}), "no message"),
        (no_http, "no HTTP"),
    ],
)
def test_what_went_wrong_once_is_counted_and_tried_again(bad: Behaviour, name: str) -> None:
    got, asked, faults = asking(first(bad))
    assert isinstance(got, Completion)
    assert got.content == "It is 2."
    assert (len(asked), faults) == (2, {name: 1})
    assert asked[0].body == asked[1].body


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (saying({"error": {"message": f"bad {KEY}"}}, 401), "HTTP 401 from the endpoint; is TEST_KEY the right key?"),
        (saying({"error": "no money"}, 402), "HTTP 402 from the endpoint (no money); the account's quota is used up"),
        (saying({"error": {"message": "no"}}, 403), "HTTP 403 from the endpoint (no); the key may not use this model"),
        (saying({"detail": "Not Found"}, 404), "does it serve the model 'm' under http://127.0.0.1"),
        (saying(b"", 405), "HTTP 405 from the endpoint"),
        (saying(b"", 413), "the request is too large for it"),
        (saying({"message": "maximum context length is 9"}, 400), "lower sampling.max_tokens, or raise max-model-len"),
        (saying({"error": {"code": "insufficient_quota"}}, 429), "the account's quota is used up"),
        (saying(b"", 302, location="http://127.0.0.1:9/v1"), "write that into base_url"),
        (saying(b"<html>Welcome", **HTML), "does not answer like an OpenAI endpoint (a web page); is base_url right?"),
        (saying(b"<html>Not here", 404, **HTML), "does not answer like an OpenAI endpoint (a web page)"),
    ],
)
def test_what_will_never_work_is_asked_once_and_ends_all_with_the_reason(bad: Behaviour, said: str) -> None:
    async def work(client: OpenAIClient) -> list[Any]:
        return await asyncio.gather(*(client.ask(request(number)) for number in range(9)), return_exceptions=True)

    got, asked, _ = asking(bad, work, concurrency=1)
    assert len(asked) == 1
    assert len({str(error) for error in got}) == 1
    message = str(got[0])
    assert message.startswith("teacher t: ")
    assert said in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("bad", "tries", "said"),
    [
        (saying({"error": "boom"}, 500), 10, "HTTP 500 from the endpoint (boom), 10 times; the endpoint is in trouble"),
        (half, 10, "closed the connection before the whole reply was there, 10 times"),
        (BROKEN, 5, "does not answer like an OpenAI endpoint (a reply that is no JSON), 5 times"),
        (silent, 3, "no answer within sampling.timeout_s from http://127.0.0.1"),
        (dripping, 3, "no answer within sampling.timeout_s from http://127.0.0.1"),
        (endless, 5, "a reply of more than 1 MiB"),
        (endless_in_chunks, 5, "a reply of more than 1 MiB"),
    ],
)
def test_a_request_that_meets_nothing_else_is_tried_so_often_and_then_ends_the_run(
    bad: Behaviour, tries: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagen.teachers.breaker.FIRST_PROBE_S", 0.001)
    monkeypatch.setattr("datagen.teachers.breaker.LONGEST_PROBE_S", 0.001)

    async def poisoned(asked: Asked) -> None:
        await (good if asked.body["messages"][1]["content"] == "What is 1?" else bad)(asked)

    async def work(client: OpenAIClient) -> None:
        await client.ask(request(1))
        await client.ask(request(0))

    got, asked, faults = asking(poisoned, work, timeout_s=0.15)
    assert said in str(got)
    assert len(asked) == 1 + tries
    assert list(faults.values()) == [tries]


def test_garbage_from_the_start_ends_the_run_soon() -> None:
    async def work(client: OpenAIClient) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(client.ask(request(number)))

    with pytest.raises(ExceptionGroup) as refusal:
        asking(BROKEN, work, concurrency=20)
    assert refusal.group_contains(DatagenError, match="does not answer like an OpenAI endpoint")

    async def counted(client: OpenAIClient) -> None:
        await asyncio.gather(*(client.ask(request(number)) for number in range(200)), return_exceptions=True)

    _, asked, _ = asking(BROKEN, counted, concurrency=20)
    assert len(asked) <= 40


def test_a_reply_that_is_too_large_is_not_read_to_its_end() -> None:
    written = 0

    async def counted(asked: Asked) -> None:
        nonlocal written
        asked.writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(100):
            asked.writer.write(b"100000\r\n" + b" " * 2**20 + b"\r\n")
            await asked.writer.drain()
            written += 2**20

    asking(first(counted))
    assert written < 20 * 2**20


def test_a_wait_that_was_told_is_waited() -> None:
    times = []
    told = 0.0

    async def behaviour(asked: Asked) -> None:
        nonlocal told
        times.append(time.time())
        if asked.number == 0:
            await asked.answer(b"", 429, retry_after="0.2")
        elif asked.number == 1:
            told = int(time.time()) + 1
            await asked.answer(b"", 503, retry_after=email.utils.formatdate(told, usegmt=True))
        else:
            await asked.answer()

    got, _, _ = asking(behaviour)
    assert isinstance(got, Completion)
    assert times[1] - times[0] >= 0.2
    assert times[2] >= told


def test_what_is_no_address_is_refused() -> None:
    async def main() -> None:
        async with client_of("http://a..b/v1") as client:
            await client.ask(request())

    with pytest.raises(DatagenError, match=r"http://a\.\.b/v1 is no address; is base_url right\?"):
        asyncio.run(main())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/v1", "http://[::1/v1", "http://127.0.0.1:8000/v1#x", "http://a/v1/chat/completions"]
)
def test_a_recipe_with_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match=r"is no http|leave /chat/completions out"):
        teacher(url)


def test_servers_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.teachers.breaker.NEVER_SERVED_S", 0.2)

    async def main(url: str) -> None:
        async with client_of(url) as client:
            await client.ask(request())

    for url in ("http://127.0.0.1:9/v1", "http://no-such-host.invalid/v1"):
        with pytest.raises(DatagenError, match=rf"^teacher t: no connection to {url}; is the server up\?$"):
            asyncio.run(main(url))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("piece", [KEY, KEY[:20], KEY[5:]])
def test_a_key_that_the_endpoint_shows_is_not_shown_on(
    status: int, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagen.teachers.faults.MOST_TRIES", 1)
    code = {"code": "insufficient_quota"} if status == 429 else {}
    said = {"error": {"message": f"Incorrect API key\n\x1b[31m{piece}", **code}}
    got, _, faults = asking(saying(said, status), work=None)
    assert str(got).startswith(f"teacher t: HTTP {status}")
    assert not any(KEY[place : place + 12] in f"{got} {faults}" for place in range(len(KEY) - 11))
    assert str(got).isprintable()
    assert got.__cause__ is got.__context__ is None


@pytest.mark.parametrize("key", ["sk-1234\n", "sk 1234", "sk-ü"])
def test_a_variable_that_holds_more_than_a_key_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", key)
    with pytest.raises(UsageError, match="teacher t: TEST_KEY holds more than a key; look for line breaks"):
        OpenAIClient(teacher("http://127.0.0.1:9/v1"), ("http://127.0.0.1:9/v1",), 5)


def test_a_key_goes_along_where_there_is_one_and_nothing_where_there_is_none() -> None:
    _, [asked], _ = asking(good)
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.line == "POST /v1/chat/completions HTTP/1.1"
    _, [asked], _ = asking(good, api_key_env=None)
    assert "authorization" not in asked.headers


def test_a_redirect_is_not_followed_with_the_key() -> None:
    async def main() -> int:
        async with serving(good) as elsewhere, serving(saying(b"", 307, location=elsewhere.base_url)) as server:
            async with client_of(server.base_url) as client:
                with pytest.raises(DatagenError, match="HTTP 307"):
                    await client.ask(request())
            return len(elsewhere.asked)

    assert asyncio.run(main()) == 0


def test_the_proxy_of_the_environment_is_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> str:
        async with serving(good) as proxy, serving(good) as server:
            monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
            for url in (server.base_url, "http://teacher.invalid/v1"):
                async with client_of(url) as client:
                    await client.ask(request())
            assert len(server.asked) == 1
            return proxy.asked[0].line

    assert asyncio.run(main()) == "POST http://teacher.invalid/v1/chat/completions HTTP/1.1"


@pytest.mark.parametrize(
    ("status", "message", "continues", "left"),
    [
        (400, "maximum context length is 4096", False, True),
        (400, "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", False, True),
        (422, "anything", False, True),
        (413, "", True, True),
        (400, "maximum context length is 4096", True, True),
        (400, "the final message does not appear in the chat after applying the chat template", True, True),
        (400, "Unrecognized request argument: continue_final_message", True, False),
        (401, "no", False, False),
        (404, "no", True, False),
    ],
)
def test_more_of_an_answer_that_an_endpoint_does_not_take_says_nothing_of_other_requests(
    status: int, message: str, continues: bool, left: bool
) -> None:
    messages = (*request().messages, Message("assistant", "So"))
    more = replace(request(), asks_for_more=True, messages=messages if continues else request().messages)

    async def both(client: Any) -> list[Any]:
        got = await asyncio.gather(client.ask(more), return_exceptions=True)
        return got + await asyncio.gather(client.ask(request(1)), return_exceptions=True)

    (refusal, other), asked, _ = asking(first(saying({"error": {"message": message}}, status)), both)
    assert isinstance(refusal, DatagenError)
    assert isinstance(refusal, NoMoreError) == isinstance(other, Completion) == left
    assert len(asked) == 1 + left
