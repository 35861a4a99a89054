"""The deployments of `prefect.yaml` on a real server and a real worker: what they build, show, and leave alone."""

import json

import pytest
import yaml

from datagen.recipe_file import load_recipe
from tests.building import build
from tests.end_to_end.runs import BUNDLED, hashes, journal_lines, wait_until
from tests.flows.conftest import processes_of_the_worker

CONCURRENCY = 8


@pytest.fixture
def recipe(teacher, tmp_path):
    """Problems in a file that can be edited, and the counting teacher."""
    rows = [json.loads(line) for line in (BUNDLED / "quickstart" / "deepmath.jsonl").read_text().splitlines()]
    write(tmp_path, rows[:8])
    settings = yaml.safe_load((BUNDLED / "quickstart.yaml").read_text())
    settings["name"] = "Nightly.School"
    settings["sources"] = [{"kind": "deepmath", "path": str(tmp_path / "rows.jsonl"), "licence": "Apache-2.0"}]
    settings["screen"] = {"benchmarks": []}
    demo = {"name": "demo", "kind": "demo", "base_url": teacher.url, "concurrency": CONCURRENCY}
    settings["teachers"] = [{"name": "recorded", "kind": "recorded"}, demo]
    path = tmp_path / "school.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def write(folder, rows):
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def table(artifact):
    return json.loads(artifact["data"])


def test_a_build_through_the_api_has_the_bytes_of_any_build_and_shows_what_became_of_every_row(
    server, recipe, tmp_path
):
    run = server.finish(server.start("build", recipe=str(recipe), output=str(tmp_path / "run")))
    assert run["name"].startswith("school 20")
    build(load_recipe(str(recipe)), tmp_path / "direct")
    assert hashes(tmp_path / "run" / "dataset") == hashes(tmp_path / "direct" / "dataset")

    shown = server.artifacts(run["id"])
    funnel = table(shown["nightly-school-funnel"])
    assert sum(row["rows"] for row in funnel if row["what"] == "pulled") == 8
    assert sum(row["rows"] for row in funnel if row["what"] != "examples") == sum(
        row["rows"] for row in funnel if row["what"] == "examples"
    )
    assert {row["found"] for row in table(shown["nightly-school-audit"])} == {0}
    assert "Broken promises: none" in shown["nightly-school-audit"]["description"]
    assert (tmp_path / "run" / "dataset").resolve().as_uri() in shown["nightly-school-dataset"]["data"]
    assert shown["nightly-school-changes"]["data"] == "The first build in this folder."
    assert "sample: asked now" in server.log(run["id"])


def test_a_nightly_run_from_its_schedule_asks_only_for_what_is_new_and_tells_it(server, recipe, teacher, tmp_path):
    parameters = {"recipe": str(recipe), "output": str(tmp_path / "run")}
    server.finish(server.start("nightly", **parameters))
    first, dataset = len(teacher.asked), hashes(tmp_path / "run" / "dataset")

    again = server.finish(server.start("nightly", **parameters))
    assert teacher.asked.total() == first
    assert hashes(tmp_path / "run" / "dataset") == dataset
    assert "as they were" in server.artifacts(again["id"])["nightly-school-changes"]["data"]

    rows = [json.loads(line) for line in (BUNDLED / "quickstart" / "deepmath.jsonl").read_text().splitlines()]
    write(tmp_path, [*rows[1:7], rows[7] | {"final_answer": "12345"}, rows[8]])
    scheduled = run_from_a_schedule(server, parameters)
    changes = table(server.artifacts(scheduled["id"])["nightly-school-changes"])
    assert [(row["source"], row["what"], row["problems"]) for row in changes] == [
        ("deepmath", "added", 1),
        ("deepmath", "gone", 1),
        ("deepmath", "changed", 1),
    ]
    assert len(teacher.asked) > first
    assert teacher.repeats == 0


def run_from_a_schedule(server, parameters):
    """The run that a schedule, added to the nightly deployment, starts in a moment."""
    nightly = server.deployment("nightly")
    assert [one["schedule"]["cron"] for one in nightly["schedules"]] == ["0 3 * * *"]
    schedule = {"interval": 10, "anchor_date": "2026-01-01T00:00:00Z", "timezone": "UTC"}
    body = [{"schedule": schedule, "active": True, "parameters": parameters, "max_scheduled_runs": 1}]
    added = server.ask(f"deployments/{nightly['id']}/schedules", body)[0]
    asked = {"flow_runs": {"deployment_id": {"any_": [nightly["id"]]}, "tags": {"all_": ["auto-scheduled"]}}}
    asked |= {"sort": "START_TIME_DESC"}

    def started():
        return [one for one in server.ask("flow_runs/filter", asked) if one["state"]["type"] != "SCHEDULED"]

    server.wait_until(started, "the schedule has started a run")
    server.ask(f"deployments/{nightly['id']}/schedules/{added['id']}", method="DELETE")
    return server.finish(started()[0]["id"])


def test_a_cancelled_run_keeps_what_arrived_leaves_no_process_and_a_second_one_says_why_it_skips(
    server, recipe, teacher, tmp_path
):
    parameters = {"recipe": str(recipe), "output": str(tmp_path / "run")}
    before = processes_of_the_worker()
    teacher.hold_after(20)
    first = server.start("build", **parameters)
    wait_until(lambda: teacher.is_holding, "the run samples")

    second = server.finish(server.start("nightly", **parameters))
    assert second["state"]["name"] == "Skipped"
    assert "is at work in this folder" in second["state"]["message"]

    server.cancel(first)
    assert server.wait(first)["state"]["type"] == "CANCELLED"
    wait_until(lambda: processes_of_the_worker() <= before, "every process of the run has ended")
    in_flight = len(teacher.asked) - teacher.answered
    assert len(journal_lines(tmp_path / "run")) == teacher.answered
    assert 0 < in_flight <= CONCURRENCY

    teacher.release()
    server.finish(server.start("build", **parameters))
    assert teacher.repeats <= in_flight
    build(load_recipe(str(recipe)), tmp_path / "undisturbed")
    assert hashes(tmp_path / "run" / "dataset") == hashes(tmp_path / "undisturbed" / "dataset")


def test_a_parameter_of_the_wrong_kind_is_refused_before_a_run_starts_and_every_one_is_explained(server):
    form = server.deployment("build")["parameter_openapi_schema"]["properties"]
    assert all(field.get("description") for field in form.values()), form
    assert form["until"]["enum"] == ["pull", "screen", "sample", "verify", "select", "assemble"]
    with pytest.raises(OSError, match="409"):
        server.start("build", recipe="quickstart", limit=0)
