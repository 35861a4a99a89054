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

from datagen.funnel import STAGES, SourceRows, funnel, largest, together
from datagen.progress import View, shown_on
from datagen.progress.wording import plain_line
from datagen.publish.card.comparison import MEANINGS
from datagen.publish.hub.publishing import Publishing
from datagen.publish.hub.wording import publishing_lines
from datagen.sources.changes import KINDS, SourceChanges
from datagen.workspace import Workspace

_LOGGER = logging.getLogger("datagen")
_POST_EVERY_S, _LAST_POST_S = 5.0, 2.0
_RETRIES = 2
"""After 2 and 4 s. As many as Prefect makes take a minute: without its server a finished run would wait for minutes."""
_WORTH_SHOWING_S = 1.0
"""What is over sooner has no progress to show."""
_FIRST_BUILD = "The first build in this folder."
_AS_IT_WAS = "The sources are as they were at the last build."
_MOST_SOURCES = 100
"""A page of Prefect's shows all rows of a table at once, each cell drawn as Markdown: thousands can't be read there."""


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
        if not changes:
            told = _FIRST_BUILD if changes is None else _AS_IT_WAS
            self._post(create_markdown_artifact, "changes", markdown=told, description=told)
            return
        table = [
            {"source": one.source, "what": kind, "problems": one.numbers[kind], "first": ", ".join(one.named[kind])}
            for one in changes[:_MOST_SOURCES]
            for kind in KINDS
            if one.numbers[kind]
        ]
        others = f"; of {len(changes):,} sources the first {_MOST_SOURCES}" if len(changes) > _MOST_SOURCES else ""
        told = ", ".join(f"{kind} {sum(one.numbers[kind] for one in changes):,}" for kind in KINDS)
        self._post(
            create_table_artifact, "changes", table=table, description=f"{told} since the last finished build{others}."
        )

    def funnel(self) -> None:
        """Show where the rows went: pulled = examples + dropped, for each source and, first, for all."""
        sources = funnel(self._workspace)
        everything = together(sources.values())
        table = [_funnel_row("(all)", everything)] if len(sources) > 1 else []
        table += [_funnel_row(source, rows) for source, rows in largest(sources, _MOST_SOURCES).items()]
        told = f"{everything.pulled:,} rows pulled = {everything.examples:,} examples + {everything.lost:,} dropped"
        why = f": {_reasons(everything)}." if everything.lost else "."
        self._post(create_table_artifact, "funnel", table=table, description=told + why)

    def audit(self) -> None:
        """Show what the build's own audit found, what was found first."""
        found = self._read_audit()
        table = [
            {"what": MEANINGS[one["name"]], "found": one["count"], "of": f"{one['of']:,} {one['unit']}"}
            for one in sorted(found["findings"], key=lambda one: -one["count"])
        ]
        number = sum(one["count"] > 0 for one in found["findings"])
        broken = ", ".join(found["broken_promises"]) or "none"
        told = f"{number or 'None'} of {len(table)} faults found; broken promises: {broken}."
        self._post(create_table_artifact, "audit", table=table, description=told)

    def dataset(self) -> None:
        """Say where the dataset is, on the machine that built it, and how large.

        No link: a browser follows none from a page of the server to a file.
        """
        place = (self._workspace.folder / "dataset").absolute()
        found = self._read_audit()
        splits = ", ".join(f"{split} {number:,}" for split, number in found["examples"].items())
        told = f"{sum(found['examples'].values()):,} examples ({splits}), in `{place.resolve()}`."
        facts = {
            "examples": splits,
            "examples by their number of paths": ", ".join(f"{n} paths: {m:,}" for n, m in found["paths"].items()),
            "tokens of an example": ", ".join(f"{what} {number:,}" for what, number in found["tokens"].items()),
            "folder": f"`{place.resolve()}`",
            "card": f"`{place / 'README.md'}`",
        }
        rows = "\n".join(f"| {what} | {value} |" for what, value in facts.items())
        use = f'from datasets import load_dataset\n\nload_dataset("{place}")'
        markdown = f"On the machine that built it:\n\n| | |\n|---|---|\n{rows}\n\n```python\n{use}\n```\n"
        self._post(create_markdown_artifact, "dataset", markdown=markdown, description=told)

    def _read_audit(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self._workspace.folder / "dataset" / "audit.json").read_text())
        return found

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


def _funnel_row(source: str, rows: SourceRows) -> dict[str, str | int]:
    dropped = {f"- {stage}": sum(n for (at, _), n in rows.dropped.items() if at == stage) for stage in STAGES}
    return {
        "source": source,
        "pulled": rows.pulled,
        **dropped,
        "examples": rows.examples,
        "dropped for": _reasons(rows),
    }


def _reasons(rows: SourceRows) -> str:
    """Why rows were dropped, the most frequent reason first."""
    by_number = sorted(rows.dropped.items(), key=lambda one: -one[1])
    return ", ".join(f"{reason} {number:,}" for (_, reason), number in by_number)


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
                view = self._view
                if view is not None and view is not shown and view.elapsed_s >= _WORTH_SHOWING_S:
                    shown = view
                    self._post(view)
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
