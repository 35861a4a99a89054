"""Who is told, and when: `flows/automations.yaml` on a real server, and a block that posts to a server of the test."""

import asyncio
import re

import pytest
import yaml
from aiohttp import web

from tests.end_to_end.runs import ROOT
from tests.serving import serving_app

_NONE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def messages():
    """What arrived, and the address that takes it."""
    arrived = []

    async def take(request):
        arrived.append(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/v1", take)
    with serving_app(app, asyncio.new_event_loop()) as url:
        yield arrived, url


@pytest.fixture
def told(server, messages, tmp_path):
    """The messages by their subject, of the automations as they stand, which wait for seconds instead of hours."""
    arrived, url = messages
    schema = server.ask("block_types/slug/custom-webhook")
    asked = {"block_schemas": {"block_type_id": {"any_": [schema["id"]]}}}
    block = {
        "name": "here",
        "data": {"name": "here", "url": url, "json_data": {"subject": "{{subject}}", "body": "{{body}}"}},
        "block_type_id": schema["id"],
        "block_schema_id": server.ask("block_schemas/filter", asked)[0]["id"],
    }
    made = server.ask("block_documents/", block)["id"]
    text = (ROOT / "flows" / "automations.yaml").read_text()
    assert yaml.safe_load(text)["block"] == _NONE
    mine = tmp_path / "automations.yaml"
    mine.write_text(re.sub(r"within: \d+", "within: 10", text.replace(_NONE, made)))
    ids = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", server.must("automation", "create", "--from-file", str(mine)))
    assert len(ids) == 3
    yield lambda: {message["subject"]: message["body"] for message in arrived}
    for one in ids:
        server.ask(f"automations/{one}", method="DELETE")


@pytest.mark.full
def test_a_run_that_fails_takes_long_or_does_not_start_is_told_with_its_name_and_the_reason(
    server, school, teacher, told
):
    queue = server.ask("work_pools/datagen/queues", {"name": "nobody-looks-here", "is_paused": True})
    nightly = server.deployment("nightly")["id"]
    waits = {"parameters": {"recipe": school.recipe}, "work_queue_name": queue["name"]}
    waiting = server.ask(f"deployments/{nightly}/create_flow_run", waits)["id"]
    teacher.hold_after(2)
    long = server.start("build", recipe=school.recipe, output=str(school.folder / "run"))

    failed = server.wait(server.start("build", recipe="no-such-recipe"))
    server.wait_until(lambda: "datagen: a run failed" in told(), "the failure is told")
    first, link = told()["datagen: a run failed"].splitlines()
    assert first.startswith(f"{failed['name']} (build): ")
    assert first.endswith(failed["state"]["message"])
    assert "no-such-recipe" in failed["state"]["message"]
    assert link.endswith(f"/runs/flow-run/{failed['id']}")

    server.wait_until(lambda: "datagen: a run takes long" in told(), "the long run is told")
    assert told()["datagen: a run takes long"].startswith(f"{server.run(long)['name']} (build): Running since ")
    server.wait_until(lambda: "datagen: a run does not start" in told(), "the run that waits is told")
    assert told()["datagen: a run does not start"].startswith("nightly, due at ")

    server.ask(f"flow_runs/{waiting}/set_state", {"state": {"type": "CANCELLED"}})
    teacher.release()
    server.finish(long)
    # the one run that surely takes long enough to have a progress: the last picture is how it ended
    assert server.artifacts(long)["nightly-school-sample-progress"]["data"] == 100
