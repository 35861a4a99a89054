"""The deployments of `prefect.yaml` on a real server and a real worker: what they build, show, and leave alone."""

import json

import pytest

from datagen.recipe_file import load_recipe
from tests.building import build
from tests.end_to_end.runs import hashes, journal_lines, wait_until
from tests.flows.conftest import processes_of_the_worker
from tests.flows.school import CONCURRENCY, School


@pytest.fixture(scope="module")
def built(server, counting_teacher, tmp_path_factory):
    """A school whose dataset was built by the deployment `build`, and that run."""
    made = School(tmp_path_factory.mktemp("built"), counting_teacher.url)
    made.lay_down()
    return made, server.finish(server.start("build", recipe=made.recipe, output=str(made.folder / "run")))


def table(artifact):
    return json.loads(artifact["data"])


def test_a_build_through_the_api_has_the_bytes_of_any_build_and_shows_what_became_of_every_row(server, built):
    school, run = built
    assert run["name"].startswith("school 20")
    build(load_recipe(school.recipe), school.folder / "direct")
    assert hashes(school.folder / "run" / "dataset") == hashes(school.folder / "direct" / "dataset")

    shown = server.artifacts(run["id"])
    (funnel,) = table(shown["nightly-school-funnel"])
    assert (funnel["source"], funnel["pulled"]) == ("deepmath", 8)
    dropped = sum(rows for what, rows in funnel.items() if what.startswith("- "))
    assert dropped + funnel["examples"] == 8
    assert f"8 rows pulled = {funnel['examples']} examples" in shown["nightly-school-funnel"]["description"]
    assert {row["found"] for row in table(shown["nightly-school-audit"])} == {0}
    assert "broken promises: none" in shown["nightly-school-audit"]["description"]
    assert f'load_dataset("{school.folder / "run" / "dataset"}")' in shown["nightly-school-dataset"]["data"]
    assert all(artifact["description"] for artifact in shown.values())
    assert shown["nightly-school-changes"]["data"] == "The first build in this folder."
    assert "sample: asked now" in server.log(run["id"])


def test_a_nightly_run_from_its_schedule_asks_only_for_what_is_new_and_tells_it(server, built, teacher):
    school, _ = built
    parameters = {"recipe": school.recipe, "output": str(school.folder / "run")}
    dataset = hashes(school.folder / "run" / "dataset")

    again = server.finish(server.start("nightly", **parameters))
    assert teacher.asked.total() == 0
    assert hashes(school.folder / "run" / "dataset") == dataset
    assert "as they were" in server.artifacts(again["id"])["nightly-school-changes"]["data"]

    rows = school.rows()
    school.write([*rows[1:7], rows[7] | {"final_answer": "12345"}, rows[8]])
    scheduled = run_from_a_schedule(server, parameters)
    changes = table(server.artifacts(scheduled["id"])["nightly-school-changes"])
    assert [(row["source"], row["what"], row["problems"]) for row in changes] == [
        ("deepmath", "added", 1),
        ("deepmath", "gone", 1),
        ("deepmath", "changed", 1),
    ]
    assert "added 1, gone 1, changed 1" in server.artifacts(scheduled["id"])["nightly-school-changes"]["description"]
    assert teacher.asked.total() > 0
    asked = {record["problem"] for record in map(json.loads, journal_lines(school.folder / "run"))}
    assert len(asked) >= 8
    assert teacher.repeats == 0
    assert teacher.asked.total() <= 2 * 16


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
    server, school, teacher
):
    folder = school.folder / "run"
    parameters = {"recipe": school.recipe, "output": str(folder)}
    before = processes_of_the_worker()
    teacher.hold_after(20)
    first = server.start("build", **parameters)
    wait_until(lambda: teacher.is_holding, "the run samples")

    second = server.finish(server.start("nightly", **parameters))
    assert second["state"]["name"] == "Skipped"
    assert "is at work in this folder" in second["state"]["message"]

    server.cancel(first)
    assert server.wait(first)["state"]["type"] == "CANCELLED"
    server.wait_until(lambda: processes_of_the_worker() <= before, "every process of the run has ended")
    in_flight = len(teacher.asked) - teacher.answered
    assert len(journal_lines(folder)) == teacher.answered
    assert 0 < in_flight <= CONCURRENCY

    teacher.release()
    build(load_recipe(school.recipe), folder)
    assert teacher.repeats <= in_flight
    build(load_recipe(school.recipe), school.folder / "undisturbed")
    assert hashes(folder / "dataset") == hashes(school.folder / "undisturbed" / "dataset")


def test_a_parameter_of_the_wrong_kind_is_refused_before_a_run_starts_and_every_one_is_explained(server):
    form = server.deployment("build")["parameter_openapi_schema"]["properties"]
    assert all(field.get("description") for field in form.values()), form
    assert form["until"]["enum"] == ["pull", "screen", "sample", "verify", "select", "assemble"]
    with pytest.raises(OSError, match="409"):
        server.start("build", recipe="quickstart", limit=0)


@pytest.mark.full
def test_two_runs_share_the_limit_of_a_teachers_endpoint(server, teacher, limit, tmp_path):
    schools = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        schools.append(School(tmp_path / name, teacher.url))
        schools[-1].lay_down()
    teacher.hold_after(20)
    runs = [
        server.start("build", recipe=one.recipe, output=str(one.folder / "run"), overrides=[f"seed={place}"])
        for place, one in enumerate(schools)
    ]
    wait_until(lambda: teacher.is_holding, "one of them samples")
    server.wait_until(lambda: any("waits for 8 slots" in server.log(run) for run in runs), "the other one waits")
    assert teacher.waiting <= CONCURRENCY
    teacher.release()
    for run in runs:
        server.finish(run)

    too_many = server.start(
        "build", recipe=schools[0].recipe, output=str(tmp_path / "many"), overrides=["teachers.demo.concurrency=9"]
    )
    failed = server.wait(too_many)
    assert failed["state"]["type"] == "FAILED"
    assert f"{limit!r} has 8 slots" in failed["state"]["message"]


@pytest.mark.full
def test_a_stage_that_failed_is_tried_again_where_it_stood(server, school, teacher):
    teacher.refusal = (401, "no such key")
    run = server.start("build", recipe=school.recipe, output=str(school.folder / "run"))
    server.wait_until(lambda: teacher.asked, "the teacher was asked")
    server.wait_until(lambda: "Retry 1/2" in server.log(run) or "AwaitingRetry" in server.log(run), "it is tried again")
    teacher.refusal = None
    server.finish(run)
    assert server.log(run).count("pull deepmath: read") == 1
