"""The sample stage of a recipe by itself, timed: `python -m tests.benchmarks.sampling_stage RECIPE FOLDER`.

Prints one line of JSON. Pull and screen are done before the clock starts; servers are there already.
"""

import json
import sys
import time
from pathlib import Path

from datagen.pipeline import Options, check, prepare, run_stage, stages_of
from datagen.progress import Progress
from datagen.recipe_file import load_recipe
from datagen.workspace import Workspace


def main(recipe: str, folder: str) -> None:
    settings, options = load_recipe(recipe), Options("sample")
    check(settings, options)
    workspace = Workspace(Path(folder))
    arrivals = _noted_arrivals()
    with workspace.locked():
        run = prepare(settings, workspace, options, lambda line: None)
        *before, sample, _ = stages_of(settings, "sample")
        for stage in before:
            run_stage(stage, run)
        started = time.perf_counter()
        run_stage(sample, run)
        ended = time.perf_counter()
    tokens = sum(count for _, count in arrivals)
    said = {"seconds": ended - started, "completions": len(arrivals), "tokens": tokens}
    print(json.dumps(said | {"after_last_s": ended - arrivals[-1][0]}))


def _noted_arrivals() -> list[tuple[float, int]]:
    """When each completion was in the journal, and its tokens; filled while the stage works."""
    arrivals, arrived = [], Progress.arrived

    def noting(progress, completion):
        arrivals.append((time.perf_counter(), completion.completion_tokens))
        arrived(progress, completion)

    Progress.arrived = noting
    return arrivals


if __name__ == "__main__":
    main(*sys.argv[1:])
