"""The flow from a recipe to a dataset: the order of the stages, retries, and the artifact that a schedule shows.

`datagen build` runs this very flow in its own process; a deployment runs it on a schedule. Tasks are stages, take and
return nothing but names and counts, and can be run again: what stands in the run's folder is not done twice.
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from datagen.errors import StoppedError, UsageError
from datagen.funnel import funnel_table
from datagen.pipeline import Options, check, prepare, run_folder, run_stage, stages_of
from datagen.recipe_file import load_recipe
from datagen.stage import Run, Stage
from datagen.tables import StageName
from datagen.workspace import Workspace

_LOGGER = logging.getLogger("datagen")
_PULL_RETRIES, _RETRY_DELAY_S = 2, 10


@flow(name="build-dataset", validate_parameters=True, persist_result=False)
def build_dataset(
    recipe: str,
    output: str | None = None,
    limit: int | None = None,
    overrides: Sequence[str] = (),
    until: StageName = "assemble",
    reuse: str | None = None,
    fresh: bool = False,
) -> str:
    """Build a dataset; resume by itself where an earlier run of the same folder ended.

    Args:
        recipe: a bundled recipe's name, or the path of a YAML file.
        output: the run's folder; `outputs/NAME` when None.
        limit: replaces every source's limit.
        overrides: `KEY=VALUE` settings.
        until: the last stage.
        reuse: another run's folder, to take completions from.
        fresh: rebuild every stage; what was paid is kept.

    Returns:
        The run's folder.
    """
    _LOGGER.setLevel(logging.INFO)
    settings = load_recipe(recipe, overrides, limit)
    options = Options(until, Path(reuse) if reuse else None, fresh)
    check(settings, options)
    workspace = Workspace(run_folder(settings, Path(output) if output else None))
    with workspace.locked():
        run = prepare(settings, workspace, options, _LOGGER.info)
        for stage in stages_of(settings, until):
            _as_task(stage, run)()
        if until == "assemble":
            key = re.sub(r"[^a-z0-9]+", "-", f"{settings.name.lower()}-funnel")
            create_markdown_artifact(funnel_table(workspace), key=key)
    return str(workspace.folder)


def _as_task(stage: Stage, run: Run) -> Task[[], dict[str, Any]]:
    """One task for one stage; it takes nothing, so that nothing of the run gets into Prefect's records."""

    @task(
        name=stage.stage,
        task_run_name=stage.name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=_PULL_RETRIES if stage.stage == "pull" else 0,
        retry_delay_seconds=_RETRY_DELAY_S,
        retry_condition_fn=_worth_a_retry,
    )
    def execute() -> dict[str, Any]:
        return run_stage(stage, run)

    return execute


def _worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """What a user must mend, or asked to stop, is not tried again."""
    try:
        state.result()
    except (UsageError, StoppedError):
        return False
    except Exception:
        return True
    return False
