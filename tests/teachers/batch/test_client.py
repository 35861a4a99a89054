"""A teacher that is asked in batches: what is asked goes out together, and comes back whatever becomes of batches."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from datagen.errors import DatagenError, RequestFailedError, StoppedError
from datagen.teachers.base import Completion
from datagen.teachers.batch import BatchClient, client
from tests.teachers.batch.asking import Run, asked, assert_all_arrived, start, teacher
from tests.teachers.batch.server import KEY, BatchServer, Made, completion, response, unanswered


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
            response(ids[5], {}, 500),
            server.output(batch.lines[5]),
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
    assert server.made[1].ids == [f"{number:064}" for number in (1, 2, 3, 4)]
    assert faults == {
        "broken line": 3,
        "id twice": 1,
        "unknown id": 1,
        "no choices": 1,
        "HTTP 429": 1,
        "HTTP 500": 1,
        "no line": 1,
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


def test_limits_per_minute_are_refused_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="kind openai_batch has no limits per minute"):
        teacher("http://127.0.0.1:9/v1", requests_per_minute=5)
    assert teacher("http://127.0.0.1:9/v1").concurrency == 20_000
    assert teacher("http://127.0.0.1:9/v1", concurrency=3).concurrency == 3
