"""`datagen publish` as a user types it: what it prints, how it ends, and that it tells no secret."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from datagen.publish.hub.publishing import publish_dataset
from tests.end_to_end.runs import Done, datagen, hashes, rows, running, user_environment
from tests.publish.conftest import publishable, settings_for
from tests.publish.taking_hub import ATTRIBUTES, TOKEN, Moment, TakingHub, taking_hub
from tests.publish.test_kills import BY_XET
from tests.publish.test_publishing import content

REPO = "house/sums"


@pytest.fixture
def far_hub() -> Iterator[TakingHub]:
    with taking_hub() as hub:
        yield hub


def publish(hub: TakingHub, run: Path, *words: str, **environment: str) -> Done:
    settings = settings_for(hub, run.parent) | environment
    done = datagen("publish", str(run), "--repo-id", REPO, *words, cwd=run.parent, **settings)
    assert TOKEN not in done.out + done.err
    return done


def test_a_dry_run_then_the_real_one_then_nothing_to_do(run: Path, far_hub: TakingHub) -> None:
    dry = publish(far_hub, run, "--dry-run")
    assert (dry.status, dry.err) == (0, "")
    assert "nothing speaks against it; nothing was touched" in dry.out
    assert not far_hub.datasets

    before = sorted(path for path in run.rglob("*") if path.is_file())
    real = publish(far_hub, run)
    assert (real.status, real.err) == (0, "")
    files = sorted(path for path in run.rglob("*") if path.is_file())
    assert files == before
    assert all(TOKEN.encode() not in path.read_bytes() for path in files)
    assert f"done: {far_hub.endpoint}/datasets/{REPO}" in real.out
    assert "uploaded " in real.out
    assert far_hub.datasets[REPO].files() == {**ATTRIBUTES, **content(run)}

    again = publish(far_hub, run)
    assert (again.status, again.err) == (0, "")
    assert again.out.startswith("nothing to do: ")
    assert "uploaded" not in again.out


LOAD = """
import json, sys
from datasets import load_dataset
splits = load_dataset(*sys.argv[1:3], revision=sys.argv[3])
print("ROWS " + json.dumps({name: list(rows["id"]) for name, rows in splits.items()}))
"""


@pytest.mark.parametrize("format_name", ["text", pytest.param("parathinker", marks=pytest.mark.full)])
def test_whoever_loads_it_by_its_tag_gets_the_rows_of_the_run(run: Path, hub: TakingHub, format_name: str) -> None:
    made = publish_dataset(run, REPO)
    environment = user_environment() | settings_for(hub, run.parent)
    command = [sys.executable, "-c", LOAD, REPO, format_name, made.tag]
    loaded = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    told = [line for line in loaded.stdout.splitlines() if line.startswith("ROWS ")]
    assert told, loaded.stderr
    splits = json.loads(told[0].removeprefix("ROWS "))
    assert sorted(id_ for ids in splits.values() for id_ in ids) == sorted(row["id"] for row in rows(run, "examples"))


def test_what_is_refused_ends_with_1_and_wrong_arguments_with_2(run: Path, far_hub: TakingHub) -> None:
    nameless = datagen("publish", str(run), cwd=run.parent, **settings_for(far_hub, run.parent))
    assert nameless.status == 2
    assert "--repo-id owner/name" in nameless.err
    (run / "dataset" / "mine.txt").write_text(f"{TOKEN}\n")
    dry = publish(far_hub, run, "--dry-run")
    assert dry.status == 1
    assert "it would be refused:" in dry.out
    real = publish(far_hub, run)
    assert real.status == 1
    assert "changed since it was built and audited" in real.err
    assert all(line.startswith("datagen: ") for line in real.complaints)
    assert not far_hub.datasets


def test_a_traceback_tells_no_address_and_no_token(run: Path, far_hub: TakingHub) -> None:
    far_hub.faults["put"] = [403]
    settings = settings_for(far_hub, run.parent)
    done = datagen("--debug", "publish", str(run), "--repo-id", REPO, cwd=run.parent, **settings)
    assert done.status == 1
    assert "Traceback" in done.err
    assert "HTTP 403" in done.err
    assert TOKEN not in done.err
    assert far_hub.endpoint not in done.err


@pytest.mark.parametrize(
    ("moment", "words", "settings"),
    [
        (("xorb", "halfway"), (), BY_XET),
        (("put", "halfway"), (), {}),
        pytest.param(("commit", "asked"), (), {}, marks=pytest.mark.full),
        pytest.param(("refs", "asked"), ("--dry-run",), {}, marks=pytest.mark.full),
    ],
)
def test_a_signal_ends_it_with_3_and_the_next_start_goes_on(
    run: Path, far_hub: TakingHub, moment: Moment, words: tuple[str, ...], settings: dict[str, str]
) -> None:
    environment = settings_for(far_hub, run.parent) | settings
    with running("publish", str(run), "--repo-id", REPO, *words, cwd=run.parent, **environment) as command:

        def stop(now: Moment) -> None:
            if now == moment:
                far_hub.at = lambda moment: None
                os.kill(command.process.pid, signal.SIGTERM)
                command.process.wait()

        far_hub.at = stop
        done = command.wait()
    assert done.status == 3, done.err
    assert "start again to go on" in done.err
    assert publish(far_hub, run, **settings).status == 0
    assert len(far_hub.puts) == len(set(far_hub.puts))
    assert far_hub.datasets[REPO].files() == {**ATTRIBUTES, **content(run)}


def test_what_the_recipe_says_of_publishing_counts_though_the_build_has_nothing_to_do(
    tmp_path: Path, far_hub: TakingHub
) -> None:
    run = publishable(tmp_path).folder
    before = hashes(run)
    where = ["--set", f"publish={{repo_id: {REPO}, private: false}}"]
    done = datagen("build", str(tmp_path / "small.yaml"), "--output", str(run), *where, cwd=tmp_path)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("nothing to do: ")
    assert [name for name, content in hashes(run).items() if before[name] != content] == ["recipe.yaml"]
    assert datagen("publish", str(run), cwd=tmp_path, **settings_for(far_hub, tmp_path)).status == 0
    assert not far_hub.datasets[REPO].private
