"""The flow that publishes a finished run, and the task that a scheduled build ends with.

Both do what `datagen publish` does. Trying again is safe: what the Hub has is not sent again, and nothing is visible
before all of it is there.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from datagen.publish.hub.publishing import MAIN, Publishing, publish_dataset
from datagen.publish.hub.wording import publishing_lines
from datagen.workspace import Workspace, existing_run
from flows.artifacts import Artifacts
from flows.attending import attended, ends_when_told
from flows.tasks import as_task

_LOGGER = logging.getLogger("datagen")


def _run_name() -> str:
    """What Prefect's UI calls a run: what is published, and when it was to start."""
    return f"{Path(flow_run.parameters['run']).name} {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


@flow(name="publish-dataset", flow_run_name=_run_name, validate_parameters=True, persist_result=False)
@ends_when_told()
def publish_run(
    run: Annotated[str, Field(min_length=1)],
    repo_id: str | None = None,
    private: bool | None = None,
    revision: str = MAIN,
    redistributable: Sequence[str] = (),
    dry_run: bool = False,
    retries: Annotated[int, Field(ge=0, le=10)] = 0,
) -> State[None]:
    """Publish a finished run's dataset to the Hugging Face Hub, whole in one commit; what is there is not sent again.

    Args:
        run: A run's folder on the worker's machine, or its name under `outputs/`.
        repo_id: Where to, as `owner/name`; the recipe's `publish.repo_id` when empty.
        private: Who sees a new repository; as the recipe says when empty, and private without a word of it.
        revision: A branch that exists.
        redistributable: Licences that no list knows, read by you, that allow rows to be passed on.
        dry_run: Show what would be done, and what speaks against it; touch nothing.
        retries: How often it is tried again when the Hub fails. It goes on where it stood.

    Returns:
        A state that says what was done, or would be.
    """
    _LOGGER.setLevel(logging.INFO)
    folder = existing_run(run)
    made = publish_as_task(
        folder,
        retries,
        repo_id=repo_id,
        private=private,
        revision=revision,
        redistributable=redistributable,
        dry_run=dry_run,
    )
    if made.refusals:
        return Failed(message="\n".join(["it would be refused:", *made.refusals]))
    return Completed(message=publishing_lines(made)[0])


def publish_as_task(folder: Path, retries: int, **wanted: Any) -> Publishing:
    """Publish a run in a task of its own, and show what was done.

    Args:
        folder: the run's.
        retries: how often the task is tried again.
        wanted: arguments of `publish_dataset` that the recipe does not answer.
    """

    def publish() -> Publishing:
        return attended(lambda: publish_dataset(folder, say=_LOGGER.info, **wanted))

    made = as_task("publish", publish, retries)()
    for line in publishing_lines(made):
        _LOGGER.info("publish: %s", line)
    Artifacts(made.name, Workspace(folder)).published(made)
    return made
