"""Batches that outlive the run that made them: the next start finds them, and pays for nothing twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError, RequestFailedError, StoppedError
from datagen.teachers.base import Completion
from datagen.teachers.batch import BatchClient
from datagen.teachers.batch.under_way import batches_in
from tests.teachers.batch.asking import Run, asked, assert_all_arrived, request, start
from tests.teachers.batch.server import BatchServer, Made, response


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


def test_a_note_that_goes_while_it_is_looked_at_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("nowhere")
    assert batches_in(tmp_path) == []


def test_a_note_that_is_damaged_is_named(tmp_path: Path, server: BatchServer) -> None:
    run = Run(tmp_path)
    run.folder.mkdir()
    (run.folder / "a.json").write_text("{")
    with pytest.raises(DatagenError, match=r"a\.json: this note of a batch under way can't be read"):
        asked(run, server)


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
