"""What a schedule builds goes to the Hub without anybody watching, and a run can be published by hand."""

import shutil
from pathlib import Path

import pytest

from tests.publish.conftest import publishable
from tests.publish.taking_hub import ATTRIBUTES, TOKEN
from tests.publish.test_publishing import content

REPO = "house/nightly-sums"


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    return publishable(tmp_path_factory.mktemp("finished"), publish={"repo_id": REPO}).folder


def test_a_nightly_build_ends_on_the_hub_and_the_next_night_sends_nothing(server, far_hub, finished, tmp_path):
    parameters = {"recipe": str(finished.parent / "small.yaml"), "output": str(tmp_path / "run"), "publish": True}
    first = server.finish(server.start("nightly", **parameters))
    there = far_hub.datasets[REPO]
    assert there.files() == {**ATTRIBUTES, **content(tmp_path / "run")}
    assert there.private
    assert list(there.tags) == [(tmp_path / "run" / "dataset").resolve().name]
    shown = server.artifacts(first["id"])
    assert "compared: all " in shown["small-published"]["data"]
    assert f"{far_hub.endpoint}/datasets/{REPO}/tree/dataset-" in shown["small-hub"]["data"]
    sent, commits = len(far_hub.puts), dict(there.commits)

    second = server.finish(server.start("nightly", **parameters))
    assert "nothing to do: " in server.artifacts(second["id"])["small-published"]["data"]
    assert (len(far_hub.puts), there.commits) == (sent, commits)
    told = [
        server.log(run["id"]) + str(server.artifacts(run["id"])) + str(server.run(run["id"])) for run in (first, second)
    ]
    assert TOKEN not in "".join(told)


def test_what_speaks_against_publishing_is_the_state_of_the_run_and_is_not_tried_again(
    server, far_hub, finished, tmp_path
):
    changed = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    (changed / "dataset" / "README.md").write_text("another card")
    asked = far_hub.steps.total()
    run = server.wait(server.start("publish", run=str(changed), repo_id="house/other"))
    assert run["state"]["type"] == "FAILED"
    assert "changed since it was built" in run["state"]["message"]
    assert far_hub.steps.total() == asked
    assert run["name"].startswith("run 20")

    dry = server.wait(server.start("publish", run=str(finished), repo_id="house/other", dry_run=True))
    assert dry["state"]["type"] == "COMPLETED"
    assert "nothing was touched" in server.artifacts(dry["id"])["small-published"]["data"]
    assert "house/other" not in far_hub.datasets


def test_a_build_that_could_never_be_published_is_refused_before_anybody_is_asked(
    server, counting_teacher, school, teacher
):
    run = server.wait(server.start("nightly", recipe=school.recipe, output=str(school.folder / "run"), publish=True))
    assert run["state"]["type"] == "FAILED"
    assert "the recipe does not say where to" in run["state"]["message"]
    assert teacher.asked.total() == 0


@pytest.mark.full
def test_a_hub_that_fails_is_asked_again_later(server, far_hub, finished):
    far_hub.faults["commit"] = [500]
    run = server.finish(server.start("publish", run=str(finished), repo_id="house/again"))
    assert "Retry 1/2" in server.log(run["id"]) or "AwaitingRetry" in server.log(run["id"])
    assert far_hub.datasets["house/again"].files() == {**ATTRIBUTES, **content(finished)}
