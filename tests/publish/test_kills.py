"""`datagen publish` killed with -9 wherever it stands: nothing half is ever seen, and nothing goes up twice."""

import hashlib
import os
import random
import signal
from pathlib import Path

import pytest

from tests.end_to_end.runs import Done, running
from tests.publish.conftest import XET_SETTINGS, settings_for
from tests.publish.taking_hub import ATTRIBUTES, Moment, TakingHub, taking_hub
from tests.publish.test_publishing import content

REPO = "house/sums"
MOMENTS = 60
"""About as many as publishing these files has; where it has fewer, some kill comes too late, and another is tried."""
BY_XET = {**XET_SETTINGS, "HF_HUB_DISABLE_XET": "0"}


def shards(run: Path) -> list[bytes]:
    return [path.read_bytes() for path in (run / "dataset").rglob("*.parquet")]


def publish(hub: TakingHub, run: Path, at: int | None = None, **settings: str) -> tuple[Done, int]:
    """Publish as a user does, and kill it at its `at`-th moment; how it ended, and how many moments it had."""
    moments = 0
    settings = settings_for(hub, run.parent) | settings
    with running("publish", str(run), "--repo-id", REPO, cwd=run.parent, **settings) as command:

        def kill(moment: Moment) -> None:
            nonlocal moments
            moments += 1
            if moments == at:
                os.kill(command.process.pid, signal.SIGKILL)
                command.process.wait()

        hub.at = kill
        done = command.wait()
        hub.at = lambda moment: None
    assert done.status == (-signal.SIGKILL if at is not None and at <= moments else 0), done.err
    return done, moments


@pytest.mark.parametrize(
    ("kills", "settings"),
    [(1, {}), *(pytest.param(10, way, marks=pytest.mark.full) for way in ({}, BY_XET))],
    ids=["once", "by LFS", "by Xet"],
)
def test_kills_at_any_moment_show_nothing_half_and_send_nothing_twice(
    run: Path, kills: int, settings: dict[str, str]
) -> None:
    chosen = random.Random(kills)
    last = MOMENTS
    while kills:
        with taking_hub() as hub:
            is_done = False
            while not is_done:
                at = chosen.randrange(1, last + 1) if kills else None
                done, _ = publish(hub, run, at=at, **settings)
                is_done = done.status == 0
                kills -= not is_done
                seen = [files for dataset in hub.datasets.values() for files in dataset.commits.values()]
                assert all(files in (ATTRIBUTES, {**ATTRIBUTES, **content(run)}) for files in seen)
            assert done.err == ""
            there = hub.datasets[REPO]
            assert there.files() == {**ATTRIBUTES, **content(run)}
            assert len(there.commits) == 2
            assert there.tags == {(run / "dataset").resolve().name: there.branches["main"]}
            assert len(hub.puts) == len(set(hub.puts))
            assert len(hub.xet.puts) == len(set(hub.xet.puts))
            assert hub.objects.keys() == {hashlib.sha256(data).hexdigest() for data in shards(run)}
