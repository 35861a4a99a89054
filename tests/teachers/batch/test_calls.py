"""Calls of the protocol that go wrong: tried again, never made twice, or told."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from datagen.errors import UsageError
from datagen.teachers import breaker
from datagen.teachers.batch.under_way import BatchFolder
from tests.teachers.batch.asking import Run, asked, assert_all_arrived
from tests.teachers.batch.server import KEY, BatchServer, first_calls


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


def test_a_batch_that_the_provider_does_not_know_says_what_to_do(tmp_path: Path, server: BatchServer) -> None:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        return web.json_response({}, status=404) if request.path.startswith("/v1/batches/") else None

    server.fault = fault
    run = Run(tmp_path)
    got, _ = asked(run, server, 1)
    assert "it does not know batch batch_0; was it created with another key? Take that one" in str(got[0])
    assert run.under_way == [".json", ".jsonl"]


def test_a_full_disk_is_no_trouble_of_the_provider(
    tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BatchFolder, "scratch", lambda self, batch, what: full if what != "upload.jsonl" else spare)
    full, spare = Path("/dev/full"), tmp_path / "upload"
    got, _ = asked(Run(tmp_path), server, 2)
    assert str(got[0]) == "/dev/full: can't be written: No space left on device; make room and start again"


def test_a_key_that_is_not_set_is_refused(tmp_path: Path, server: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(UsageError, match="the environment has no TEST_KEY"):
        asked(Run(tmp_path), server)
