"""What Prefect's UI shows of a run: how far it is, where the rows went, what is new, and what the audit found.

Tables and counts only, never a row's text. An artifact is a courtesy: one that the server does not take is left out,
and the run goes on.
"""

import contextlib
import contextvars
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from datagen.funnel import funnel
from datagen.progress import View, shown_on
from datagen.progress.wording import plain_line
from datagen.publish.lines import publishing_lines
from datagen.publish.publishing import Publishing
from datagen.sources.changes import KINDS, SourceChanges
from datagen.workspace import Workspace

_LOGGER = logging.getLogger("datagen")
_POST_EVERY_S, _LAST_POST_S = 5.0, 2.0
_RETRIES = 2
"""After 2 and 4 s. As many as Prefect makes take a minute: without its server a finished run would wait for minutes."""


class Artifacts:
    """The artifacts of one run.

    Args:
        name: the recipe's; what the keys begin with, so that Prefect keeps a history by recipe.
        workspace: the run's folder.
    """

    def __init__(self, name: str, workspace: Workspace) -> None:
        self._prefix = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self._workspace = workspace

    def key(self, what: str) -> str:
        """The key of an artifact, as Prefect takes it."""
        return f"{self._prefix}-{what}"

    @contextlib.contextmanager
    def progress(self, stage: str) -> Iterator[None]:
        """Show a stage's progress while the block lasts, as one artifact that is kept up to date."""
        with _Posting(self.key(f"{stage}-progress")) as posting, shown_on(posting):
            yield

    def changes(self, changes: list[SourceChanges] | None) -> None:
        """Show what is new in the sources since the last finished build."""
        if changes is None:
            self._post(create_markdown_artifact, "changes", markdown="The first build in this folder.")
        elif not changes:
            self._post(create_markdown_artifact, "changes", markdown="The sources are as they were at the last build.")
        else:
            table = [
                {"source": one.source, "what": kind, "problems": one.numbers[kind], "first": ", ".join(one.named[kind])}
                for one in changes
                for kind in KINDS
                if one.numbers[kind]
            ]
            self._post(create_table_artifact, "changes", table=table, description="Since the last finished build.")

    def funnel(self) -> None:
        """Show where the rows went: pulled = examples + dropped."""
        table = []
        for source, rows in funnel(self._workspace).items():
            table.append({"source": source, "stage": "pull", "what": "pulled", "rows": rows.pulled})
            for (stage, reason), number in rows.dropped.items():
                table.append({"source": source, "stage": stage, "what": reason, "rows": -number})
            table.append({"source": source, "stage": "", "what": "examples", "rows": rows.examples})
        self._post(create_table_artifact, "funnel", table=table, description="Rows: pulled = examples + dropped.")

    def audit(self) -> None:
        """Show what the build's own audit found."""
        found = json.loads((self._workspace.folder / "dataset" / "audit.json").read_text())
        table = [
            {"what": one["name"], "found": one["count"], "of": one["of"], "unit": one["unit"]}
            for one in found["findings"]
        ]
        broken = ", ".join(found["broken_promises"]) or "none"
        self._post(create_table_artifact, "audit", table=table, description=f"Broken promises: {broken}.")

    def dataset(self) -> None:
        """Link to the dataset's card on the machine that built it."""
        dataset = (self._workspace.folder / "dataset").resolve()
        self._post(
            create_link_artifact,
            "dataset",
            link=(dataset / "README.md").as_uri(),
            link_text=dataset.name,
            description=f"The dataset and its card, in `{dataset}` on the machine that built it.",
        )

    def published(self, made: Publishing) -> None:
        """Show what publishing did or would do, and link to where it is."""
        told = "\n".join(["```", *publishing_lines(made), "```"])
        self._post(create_markdown_artifact, "published", markdown=told, description=made.title)
        if made.commit:
            page = f"{made.url}/tree/{made.tag}"
            self._post(create_link_artifact, "hub", link=page, link_text=made.repo_id, description=made.title)

    def _post(self, create: Callable[..., Any], what: str, **content: Any) -> None:
        with _as_a_courtesy(what):
            create(key=self.key(what), **content)


class _Posting:
    """A display whose screen is one progress artifact; a thread of its own posts the newest picture now and then."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._view: View | None = None
        self._artifact: UUID | None = None
        self._ended = threading.Event()
        here = contextvars.copy_context()  # Prefect tells by it whose artifact this is
        self._thread = threading.Thread(target=here.run, args=(self._run,), name="artifact", daemon=True)

    def __enter__(self) -> "_Posting":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join(_LAST_POST_S)

    def show(self, view: View | None) -> None:
        """Post this with the next post."""
        self._view = view or self._view

    def leave(self, view: View) -> None:
        """Post this as the last one."""
        self._view = view

    def _run(self) -> None:
        shown: View | None = None
        with _as_a_courtesy("progress"):
            while True:
                is_last = self._ended.wait(_POST_EVERY_S)
                if self._view is not None and self._view is not shown:
                    shown = self._view
                    self._post(shown)
                if is_last:
                    return

    def _post(self, view: View) -> None:
        done = 100 * view.done / view.total if view.total else 0.0
        if self._artifact is None:
            self._artifact = cast(UUID, create_progress_artifact(done, key=self._key, description=plain_line(view)))
        else:
            update_progress_artifact(self._artifact, done, description=plain_line(view))


@contextlib.contextmanager
def _as_a_courtesy(what: str) -> Iterator[None]:
    """Give a post up when the server does not take it, whatever it or the way to it has."""
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: _RETRIES}):
            yield
    except Exception as error:
        _LOGGER.warning("prefect: the artifact %s was not taken (%s); the run goes on", what, type(error).__name__)
