"""Whole runs whose teacher is asked in batches: killed anywhere, stopped, out of money; all is paid for once."""

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from datagen.errors import StoppedError, UsageError
from datagen.pipeline import Options, prepare
from datagen.recipe import Recipe
from datagen.spending.ledger import Ledger, ledger_of
from datagen.status import run_status, status_lines
from datagen.stopping import STOP
from datagen.teachers.batch import of_nobody
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.test_budget_runs import dataset, records
from tests.teachers.batch.runs import hurry, recipe
from tests.teachers.batch.server import COMPLETION_TOKENS, KEY, PROMPT_TOKENS, BatchServer, Made, sums_mostly


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    hurry(monkeypatch.setattr)


@pytest.fixture(name="server")
def _server(server: BatchServer) -> BatchServer:
    server.answer = sums_mostly
    return server


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], set[str], Ledger]]:
    """The files, the requests and the ledger of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch, BatchServer().serving() as server:
        patch.setenv("TEST_KEY", KEY)
        hurry(patch.setattr)
        server.answer = sums_mostly
        workspace = build(recipe(folder, server.base_url), folder / "run")
        assert set(server.asked.values()) == {1}
        yield dataset(folder / "run"), set(server.asked), ledger_of(workspace)[0]


def test_waves_become_batches_cost_half_and_have_the_keys_of_requests_that_go_one_by_one(
    undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    workspace = build(recipe(tmp_path, server.base_url), tmp_path / "run")
    files, asked, ledger = undisturbed
    assert dataset(tmp_path / "run") == files
    assert set(server.asked) == asked
    assert 2 <= len(server.made) <= 6
    assert len(server.made[0].lines) == 40
    assert ledger.total.usd == pytest.approx(server.usd_at_list_price / 2)
    assert ledger == ledger_of(workspace)[0]
    assert not any((tmp_path / "run" / "batches").iterdir())

    asked_one_by_one = recipe(tmp_path, "http://127.0.0.1:9/v1", kind="openai")
    build(asked_one_by_one, tmp_path / "run", Options(fresh=True))
    assert dataset(tmp_path / "run") == files


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
        pytest.param("POST", "/v1/files", False, id="while it uploads", marks=pytest.mark.full),
        pytest.param("POST", "/v1/batches", False, id="after the upload"),
        pytest.param("POST", "/v1/batches", True, id="after the creation, before its reply"),
        pytest.param("GET", "/v1/batches/", False, id="while it polls", marks=pytest.mark.full),
        pytest.param("GET", "/v1/files/", False, id="in the middle of the download"),
    ],
)
def test_a_run_killed_with_a_batch_under_way_pays_for_nothing_twice_and_ends_the_same(
    method: str, path: str, after: bool, undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    moment = Moment(server, method, path, after)
    command = [sys.executable, "-m", "tests.teachers.batch.runs", str(tmp_path), server.base_url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as process:
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


def stopped_with_a_batch_out(settings: Recipe, folder: Path, server: BatchServer) -> str:
    """A start that was told to stop while its batch was looked at; what it said."""
    server.is_holding = True

    def stop() -> None:
        while not server.made or server.made[-1].looks < 3:
            time.sleep(0.01)
        STOP.set()

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        with pytest.raises(StoppedError) as stopped:
            build(settings, folder)
    finally:
        thread.join()
        STOP.clear()
        server.is_holding = False
    return str(stopped.value)


def test_a_run_that_is_told_to_stop_does_not_wait_for_its_batch_which_the_budget_of_the_next_start_counts(
    undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    said = stopped_with_a_batch_out(recipe(tmp_path, server.base_url), tmp_path / "run", server)
    assert said.startswith("stopped by a signal; ")
    assert said.endswith("; batch batch_0 of 40 requests: under way, the next start collects it")
    status = run_status(tmp_path / "run")
    assert status["lost"]["requests"] == 0
    assert status["under_way"]["at_most_tokens"] > 40 * 300
    assert "  40 requests in 1 batch under way, at most 0.0" in "\n".join(status_lines(status))

    beside: list[int] = []
    complete = server.complete

    def work(batch: Made) -> None:
        beside.append(sum(one.status in ("validating", "in_progress") for one in server.made))
        complete(batch)

    server.work = work
    limit = 45 * (PROMPT_TOKENS + COMPLETION_TOKENS)
    with pytest.raises(StoppedError, match=r"stopped by sampling\.budget_tokens"):
        build(recipe(tmp_path, server.base_url, budget_tokens=limit), tmp_path / "run")
    assert beside[0] == 1
    assert 40 <= server.billed.total() <= 45

    build(recipe(tmp_path, server.base_url), tmp_path / "run")
    assert set(server.asked.values()) == {1}
    assert dataset(tmp_path / "run") == undisturbed[0]


def test_a_budget_stops_a_run_of_batches_before_it_is_exceeded_and_raising_it_goes_on(
    undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    files, asked, ledger = undisturbed
    limit = ledger.total.usd * 0.6
    with pytest.raises(StoppedError, match=r"stopped by sampling\.budget_usd"):
        build(recipe(tmp_path, server.base_url, budget_usd=limit), tmp_path / "run")
    assert 0 < server.usd_at_list_price / 2 <= limit
    assert len(records(tmp_path / "run")) == server.billed.total()
    build(recipe(tmp_path, server.base_url, budget_usd=1.0), tmp_path / "run")
    assert set(server.asked.values()) == {1}
    assert set(server.asked) == asked
    assert dataset(tmp_path / "run") == files


def test_a_changed_recipe_keeps_what_a_batch_under_way_brings_and_says_which_it_can_not_collect(
    tmp_path: Path, server: BatchServer
) -> None:
    stopped_with_a_batch_out(recipe(tmp_path, server.base_url), tmp_path / "run", server)
    run = prepare(recipe(tmp_path, "http://127.0.0.1:9/v1"), Workspace(tmp_path / "run"), Options(), lambda line: None)
    assert [batch.batch_id for batch in of_nobody(run.workspace.batches, run.recipe.paid_teachers)] == ["batch_0"]

    workspace = build(recipe(tmp_path, server.base_url, temperature=0.5), tmp_path / "run")
    ledger = ledger_of(workspace)[0]
    assert set(server.asked.values()) == {1}
    assert ledger.total.completions == server.billed.total() == len(records(tmp_path / "run"))
    assert ledger.total.usd == pytest.approx(server.usd_at_list_price / 2)
    assert "sampling.temperature 0.8 -> 0.5" in "\n".join(status_lines(run_status(tmp_path / "run")))


def test_a_batch_can_not_judge(tmp_path: Path) -> None:
    settings = recipe(tmp_path, "http://127.0.0.1:9/v1")
    judged = Recipe.model_validate(settings.model_dump() | {"verify": {"judge": "r1"}})
    with pytest.raises(UsageError, match="kind openai_batch can't judge"):
        build(judged, tmp_path / "run")


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_of_batches_killed_at_any_call_ends_the_same(
    seed: int, undisturbed: Any, tmp_path: Path, server: BatchServer
) -> None:
    draw = random.Random(seed)
    command = [sys.executable, "-m", "tests.teachers.batch.runs", str(tmp_path), server.base_url]
    for _ in range(6):
        known, calls = len(server.calls), draw.randrange(1, 9)
        with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as process:
            while process.poll() is None and len(server.calls) < known + calls:
                time.sleep(0.001)
            process.kill()
    workspace = build(recipe(tmp_path, server.base_url), tmp_path / "run")
    files, asked, ledger = undisturbed
    assert set(server.asked) == asked
    assert set(server.asked.values()) == {1} == set(server.billed.values())
    assert dataset(tmp_path / "run") == files
    assert ledger_of(workspace)[0] == ledger
