"""What an artifact shows of a run of several sources."""

import json

from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from datagen.recipe_file import load_recipe
from datagen.workspace import Workspace
from flows.artifacts import Artifacts
from tests.building import build


def test_the_funnel_has_a_row_for_all_sources_and_one_for_each_and_each_adds_up(server, tmp_path):
    teachers = 'teachers=[{"name": "recorded", "kind": "recorded"}]'
    build(load_recipe("quickstart", [teachers]), tmp_path / "run")

    @flow
    def show() -> None:
        Artifacts("Several sources", Workspace(tmp_path / "run")).funnel()

    with temporary_settings({PREFECT_API_URL: server.url}):
        show()
    shown = server.ask("artifacts/several-sources-funnel/latest")
    everything, *each = json.loads(shown["data"])
    assert [row["source"] for row in each] == ["open_r1", "deepmath", "s1k", "limo"]
    for row in (everything, *each):
        assert row["pulled"] == row["- pull"] + row["- screen"] + row["- select"] + row["examples"]
        assert row["dropped for"].count(" ") >= 1
    for column in ("pulled", "- pull", "- screen", "- select", "examples"):
        assert everything[column] == sum(row[column] for row in each)
    assert shown["description"].startswith(f"{everything['pulled']} rows pulled = {everything['examples']} examples + ")
    assert everything["dropped for"] in shown["description"]
