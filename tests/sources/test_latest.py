"""`latest` looked up again, as the nightly deployment does it, over real HTTP against a stand-in of the Hub."""

import json
import os
import subprocess
import sys

from tests.end_to_end.runs import ROOT
from tests.end_to_end.test_hub import FIRST, SECOND, dataset_files, own_rows, parquet
from tests.sources.hub_stand_in import HubDataset, running_hub

STARTS = """
import json, sys
from pathlib import Path
from datagen.pipeline import Options, prepare, run_stage, stages_of
from datagen.recipe import Recipe
from datagen.workspace import Workspace

recipe = Recipe.model_validate(json.loads(sys.argv[1]))
workspace = Workspace(Path(sys.argv[2]))
for line in sys.stdin:
    said = []
    with workspace.locked():
        run = prepare(recipe, workspace, Options("screen", latest=line == "latest\\n"), said.append)
        for stage in stages_of(recipe, "screen"):
            run_stage(stage, run)
    print(json.dumps([run.inputs["source limo"].revision, [": stands (" in one for one in said]]), flush=True)
"""
RECIPE = {
    "version": 1,
    "name": "latest",
    "sources": [{"kind": "limo", "revision": "latest"}],
    "screen": {"benchmarks": []},
    "teachers": [{"name": "recorded", "kind": "recorded"}],
}


def test_a_new_commit_is_pulled_an_old_one_stands_and_a_plain_start_asks_nobody(tmp_path):
    dataset = HubDataset({FIRST: dataset_files("limo")})
    with running_hub({"GAIR/LIMO-v2": dataset}) as hub:
        environment = os.environ | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0"}
        words = [sys.executable, "-c", STARTS, json.dumps(RECIPE), str(tmp_path / "run")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(words, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, **pipes) as process:

            def start(how):
                process.stdin.write(f"{how}\n")
                process.stdin.flush()
                return json.loads(process.stdout.readline())

            assert start("latest") == [FIRST, [False, False]]
            asked = len(hub.requests)
            assert start("latest") == [FIRST, [True, True]]
            assert len(hub.requests) == asked + 1
            fewer = {"data/train-00000-of-00001.parquet": parquet(own_rows("limo")[:-1])}
            dataset.commits[SECOND] = dataset.commits[FIRST] | fewer
            asked = len(hub.requests)
            assert start("plain") == [FIRST, [True, True]]
            assert len(hub.requests) == asked
            assert start("latest") == [SECOND, [False, False]]
            process.stdin.close()
