"""A run as the flow does it, without Prefect: for tests of what stages leave in a run's folder."""

from collections.abc import Callable
from pathlib import Path

from datagen.pipeline import Options, check, prepare, run_stage, stages_of
from datagen.recipe import Recipe
from datagen.workspace import Workspace


def build(
    settings: Recipe,
    folder: Path,
    options: Options | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Workspace:
    options = options or Options()
    check(settings, options)
    workspace = Workspace(folder)
    with workspace.locked():
        run = prepare(settings, workspace, options, say)
        for stage in stages_of(settings, options.until):
            run_stage(stage, run)
    return workspace
