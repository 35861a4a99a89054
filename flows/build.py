"""The flow from a recipe to a dataset: the order of the stages, retries, and the artifacts that a schedule shows.

`datagen build` runs this very flow in its own process; a deployment runs it on a schedule. Tasks are stages, take and
return nothing but names and counts, and can be run again: what stands in the run's folder is not done twice.
"""

import contextlib
import logging
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field

from datagen.errors import BusyError, UsageError
from datagen.pipeline import Options, check, prepare, run_folder, run_stage, stages_of
from datagen.publish.hub.beforehand import refuse_unpublishable
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.sources.changes import changes_since_last, remember
from datagen.stage import Run, Stage
from datagen.tables import StageName
from datagen.workspace import Workspace, existing_run
from flows.artifacts import Artifacts
from flows.attending import attended, ends_when_told
from flows.publish import publish_as_task
from flows.slots import endpoint_slots
from flows.tasks import as_task

_LOGGER = logging.getLogger("datagen")
_PULL_RETRIES = 2


def _run_name() -> str:
    """What Prefect's UI calls a run: the recipe, and when it was to start."""
    return f"{Path(flow_run.parameters['recipe']).stem} {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


@flow(name="build-dataset", flow_run_name=_run_name, validate_parameters=True, persist_result=False)
@ends_when_told()
def build_dataset(
    recipe: Annotated[str, Field(min_length=1)],
    output: str | None = None,
    limit: Annotated[int, Field(ge=1)] | None = None,
    overrides: Sequence[str] = (),
    until: StageName = "assemble",
    reuse: str | None = None,
    fresh: bool = False,
    latest: bool = False,
    publish: bool = False,
    retries: Annotated[int, Field(ge=0, le=10)] = 0,
    if_busy: Literal["fail", "skip"] = "fail",
) -> str | State[None]:
    """Build a dataset; resume by itself where an earlier run of the same folder ended.

    Args:
        recipe: A bundled recipe's name, or the path of a YAML file on the worker's machine.
        output: The run's folder; `outputs/NAME` when empty.
        limit: Replaces every source's limit.
        overrides: `KEY=VALUE` settings, as `sampling.temperature=0.7`. No keys: those are environment variables.
        until: The last stage.
        reuse: Another run's folder, or its name under `outputs/`, to take completions from.
        fresh: Rebuild every stage; what was paid is kept.
        latest: Ask the Hub what `latest` names now; stages whose input is the same stand.
        publish: Put the dataset onto the Hub when it is whole, where the recipe's `publish:` says.
        retries: How often a stage that failed is tried again. It goes on where it stood.
        if_busy: What to do while another run is at work in the folder: fail, or skip this one.

    Returns:
        The run's folder, or a state `Skipped` that says who is at work there.
    """
    _LOGGER.setLevel(logging.INFO)
    settings = load_recipe(recipe, overrides, limit)
    options = Options(until, existing_run(reuse, "reuse: ") if reuse else None, fresh, latest)
    check(settings, options)
    if publish:
        _refuse_publishing(settings, options)
    workspace = Workspace(run_folder(settings, Path(output) if output else None))
    try:
        with workspace.locked():
            _build(settings, workspace, options, retries)
    except BusyError as error:
        if if_busy == "fail":
            raise
        return Completed(name="Skipped", message=str(error))
    if publish:
        publish_as_task(workspace.folder, retries)
    return str(workspace.folder)


def _refuse_publishing(settings: Recipe, options: Options) -> None:
    if options.until != "assemble":
        raise UsageError(f"publish: there is no dataset after {options.until}; build to the end, or do not publish")
    refuse_unpublishable(settings)


def _build(settings: Recipe, workspace: Workspace, options: Options, retries: int) -> None:
    run = prepare(settings, workspace, options, _LOGGER.info)
    artifacts = Artifacts(settings.name, workspace)
    for name, stages in groupby(stages_of(settings, options.until), key=attrgetter("stage")):
        _do(name, tuple(stages), run, artifacts, retries)
        if name == "pull":
            artifacts.changes(changes_since_last(workspace))
    if options.until == "assemble":
        artifacts.funnel()
        artifacts.audit()
        artifacts.dataset()
        remember(workspace)


def _do(name: StageName, stages: tuple[Stage, ...], run: Run, artifacts: Artifacts, retries: int) -> None:
    """Do a stage, of all sources, as one task.

    A task of its own for each of a thousand sources would take Prefect longer than the pull itself.
    """

    def work() -> dict[str, Any]:
        with contextlib.ExitStack() as around:
            if not all(stage.is_done(run) for stage in stages):
                around.enter_context(artifacts.progress(name))
                if name == "sample":
                    around.enter_context(endpoint_slots(run.recipe))
            return attended(lambda: {stage.name: run_stage(stage, run) for stage in stages})

    as_task(name, work, max(retries, _PULL_RETRIES) if name == "pull" else retries)()
