"""Whole runs whose teacher is asked in batches: killed anywhere, stopped, out of money; each request is paid for once."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from datagen.errors import StoppedError, UsageError
from datagen.recipe import Recipe
from datagen.spending.ledger import Ledger, ledger_of
from datagen.status import run_status, status_lines
from datagen.stopping import STOP
from datagen.teachers.batch import carrying, client, provider
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.test_budget_runs import dataset, records
from tests.teachers.batch_runs import recipe
from tests.teachers.batch_server import KEY, BatchServer, Made, sums_mostly


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr(client, "QUIET_S", 0.2)
    monkeypatch.setattr(carrying, "FIRST_POLL_S", 0.02)
    monkeypatch.setattr(carrying, "LONGEST_POLL_S", 0.02)
    monkeypatch.setattr(provider, "SETTLING_S", 0.3)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer().serving() as server:
        server.answer = sums_mostly
        yield server


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], set[str], Ledger]]:
    """The files, the requests and the ledger of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch, BatchServer().serving() as server:
        _fast.__wrapped__(patch) if hasattr(_fast, "__wrapped__") else patch.setenv("TEST_KEY", KEY)
        patch.setattr(client, "QUIET_S", 0.2)
        patch.setattr(carrying, "FIRST_POLL_S", 0.02)
        server.answer = sums_mostly
        workspace = build(recipe(folder, server.base_url), folder / "run")
        assert set(server.asked.values()) == {1}
        yield dataset(folder / "run"), set(server.asked), ledger_of(workspace)[0]


def test_waves_become_batches_and_cost_half(undisturbed: Any, tmp_path: Path, server: BatchServer) -> None:
    workspace = build(recipe(tmp_path, server.base_url), tmp_path / "run")
    files, asked, ledger = undisturbed
    assert dataset(tmp_path / "run") == files
    assert set(server.asked) == asked
    assert 2 <= len(server.made) <= 6
    assert len(server.made[0].lines) == 40
    assert ledger.total.usd == pytest.approx(server.usd_at_list_price / 2)
    assert ledger == ledger_of(workspace)[0]
    assert not any((tmp_path / "run" / "batches").iterdir())


Hook = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Moment:
    """A call that is held from its begin, or after its work was done, until the test goes on."""

    def __init__(self, server: BatchServer, method: str, path: str, after: bool) -> None:
        self.reached = threading.Event()
        self._over = threading.Event()
        self._server, self._method, self._path, self._after = server, method, path, after
        server.fault = self.fault

    async def fault(self, request: web.Request) -> web.StreamResponse | None:
        is_it = request.method == self._method and request.path.startswith(self._path)
        if self._over.is_set() or not is_it:
            return None
        if self._after:
            await self._server._create(request)
        reply = web.StreamResponse(headers={"Content-Type": "application/json"})
        if self._path == "/v1/files/":
            content = self._server.files[request.match_info["id"]]
            reply.content_length = len(content)
            await reply.prepare(request)
            await reply.write(content[: len(content) // 2])
        self.reached.set()
        while not self._over.is_set():
            await asyncio.sleep(0.01)
        return web.Response(status=503)

    def release(self) -> None:
        self._over.set()


@pytest.mark.parametrize(
    ("method", "path", "after"),
    [
        pytest.param("POST", "/v1/files", False, id="while it uploads"),
        pytest.param("POST", "/v1/batches", False, id="after the upload"),
        pytest.param("POST", "/v1/batches", True, id="after the creation, before its reply"),
        pytest.param("GET", "/v1/batches/", False, id="while it polls"),
        pytest.param("GET", "/v1/files/", False, id="in the middle of the download"),
    ],
)
def test_a_run_killed_with_a_batch_under_way_pays_for_nothing_twice_and_ends_the_same(
    method: str, path: str, after: bool, undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    moment = Moment(server, method, path, after)
    command = [sys.executable, "-m", "tests.teachers.batch_runs", str(tmp_path), server.base_url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        assert moment.reached.wait(60)
        process.send_signal(signal.SIGKILL)
    moment.release()

    workspace = build(recipe(tmp_path, server.base_url), tmp_path / "run")
    files, asked, ledger = undisturbed
    assert set(server.asked) == asked
    assert set(server.asked.values()) == {1} == set(server.billed.values())
    assert dataset(tmp_path / "run") == files
    assert ledger_of(workspace)[0] == ledger
    assert not any((tmp_path / "run" / "batches").iterdir())


def stop_when(condition: Callable[[], bool]) -> threading.Thread:
    def work() -> None:
        while not condition():
            threading.Event().wait(0.01)
        STOP.set()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_run_that_is_told_to_stop_does_not_wait_for_its_batch_and_the_next_start_collects_it(
    undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    server.is_holding = True
    thread = stop_when(lambda: bool(server.made) and server.made[0].looks > 2)
    with pytest.raises(StoppedError, match="batch batch_0 of 40 requests at r1: under way, the next start collects it"):
        build(recipe(tmp_path, server.base_url), tmp_path / "run")
    thread.join()
    STOP.clear()
    status = run_status(tmp_path / "run")
    assert status["lost"]["requests"] == 0
    told = "\n".join(status_lines(status))
    assert "40 requests in 1 batch under way, at most 0.0" in told
    server.is_holding = False
    build(recipe(tmp_path, server.base_url), tmp_path / "run")
    assert set(server.asked.values()) == {1}
    assert dataset(tmp_path / "run") == undisturbed[0]


def test_a_batch_under_way_counts_against_the_budget_of_the_next_start(tmp_path: Path, server: BatchServer) -> None:
    server.is_holding = True
    thread = stop_when(lambda: bool(server.made) and server.made[0].looks > 2)
    with pytest.raises(StoppedError):
        build(recipe(tmp_path, server.base_url), tmp_path / "run")
    thread.join()
    STOP.clear()
    ledger = ledger_of(Workspace(tmp_path / "run"))[0]
    worst = ledger.under_way.at_most_tokens
    assert worst > 40 * 300
    server.is_holding = False
    in_flight: list[int] = []
    complete = server.complete

    def work(batch: Made) -> None:
        in_flight.append(sum(len(one.lines) for one in server.made if one.status == "in_progress"))
        complete(batch)

    server.work = work
    with pytest.raises(StoppedError, match="stopped by sampling.budget_tokens"):
        build(recipe(tmp_path, server.base_url, problems=60, budget_tokens=2600), tmp_path / "run")
    assert in_flight[0] == 40  # nothing else went out beside it
    assert server.billed.total() * 60 <= 2600


def test_a_budget_stops_a_run_of_batches_before_it_is_exceeded_and_raising_it_goes_on(
    undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    files, asked, ledger = undisturbed
    limit = ledger.total.usd * 0.6
    with pytest.raises(StoppedError, match="stopped by sampling.budget_usd"):
        build(recipe(tmp_path, server.base_url, budget_usd=limit), tmp_path / "run")
    assert 0 < server.usd_at_list_price / 2 <= limit
    assert len(records(tmp_path / "run")) == server.billed.total()
    build(recipe(tmp_path, server.base_url, budget_usd=1.0), tmp_path / "run")
    assert set(server.asked.values()) == {1}
    assert set(server.asked) == asked
    assert dataset(tmp_path / "run") == files


def test_a_changed_recipe_keeps_what_a_batch_under_way_brings(tmp_path: Path, server: BatchServer) -> None:
    server.is_holding = True
    thread = stop_when(lambda: bool(server.made) and server.made[0].looks > 2)
    with pytest.raises(StoppedError):
        build(recipe(tmp_path, server.base_url), tmp_path / "run")
    thread.join()
    STOP.clear()
    server.is_holding = False
    workspace = build(recipe(tmp_path, server.base_url, temperature=0.5), tmp_path / "run")
    ledger = ledger_of(workspace)[0]
    assert ledger.total.completions == server.billed.total() == len(records(tmp_path / "run"))
    assert ledger.total.usd == pytest.approx(server.usd_at_list_price / 2)
    assert "sampling.temperature 0.8 -> 0.5" in "\n".join(status_lines(run_status(tmp_path / "run")))


def test_a_batch_can_not_judge(tmp_path: Path) -> None:
    settings = recipe(tmp_path, "http://127.0.0.1:9/v1")
    judged = Recipe.model_validate(settings.model_dump() | {"verify": {"judge": "r1"}})
    with pytest.raises(UsageError, match="kind openai_batch can't judge"):
        build(judged, tmp_path / "run")
