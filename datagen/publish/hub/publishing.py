"""A run's dataset goes to the Hugging Face Hub: whole, checked, and never twice.

In this order: what speaks against it; what the Hub has already; the missing files, some at a time and seen by nobody;
one commit, which shows them and removes those that are gone; the list of files on the Hub, compared hash by hash; the
tag. A start after a kill goes the same way, and finds what is done to be done.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml

from datagen.errors import DatagenError, RefusedError, StoppedError, UsageError
from datagen.publish.content import DatasetFile, read_files
from datagen.publish.hub.refusals import refusals
from datagen.publish.hub.repository import ATTRIBUTES, RemoteFile, RemoteState, Repository, held_token, refuse_malformed
from datagen.recipe import Recipe
from datagen.stopping import refuse_when_stopped
from datagen.workspace import Workspace

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

MAIN = "main"
"""The branch that `load_dataset` reads."""

_MARK = "datagen"
"""A tag in the front matter of every card that a build writes."""
_DATASET = "dataset"
"""What a dataset's folder and its tag are called, before the hash."""
_MOST_NAMED = 3
_GROUP_BYTES = 64 << 20
"""More than this does not go up together, so that a stop and a line of progress come soon."""

ChangeKind = Literal["new", "changed", "same", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one file on the Hub.

    Attributes:
        kind: a `gone` one is on the Hub, and no longer in the dataset.
        name: within the repository.
        size: in bytes.
    """

    kind: ChangeKind
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Publishing:
    """What publishing a run does, or did.

    Attributes:
        name: of the dataset, as its recipe calls it.
        repo_id: where, `owner/name`.
        branch: of it.
        private: whether only its owners see it; None while nobody has said so.
        tag: of the version; its name is the dataset's, and so the hash of its content.
        refusals: what speaks against it, a line each; only a dry run has any.
        url: its page; empty when the Hub was not asked, as are `changes`.
        creates: whether the repository is new.
        changes: the dataset's files in the order of their names, then those that are gone.
        replaces: the Hub's newest commit where it carries no version's tag, as after an edit there, and what differs is
            replaced; else empty.
        commit: that shows the dataset; empty after a dry run.
    """

    name: str
    repo_id: str
    branch: str
    private: bool | None
    tag: str
    refusals: tuple[str, ...] = ()
    url: str = ""
    creates: bool = False
    changes: tuple[Change, ...] = ()
    replaces: str = ""
    commit: str = ""

    @property
    def title(self) -> str:
        """Of the commit."""
        return f"{self.name}: {self.tag}"

    @property
    def is_change(self) -> bool:
        """Whether any file on the Hub becomes another one."""
        return any(change.kind != "same" for change in self.changes)


def publish_dataset(
    run: Path,
    repo_id: str | None = None,
    *,
    private: bool | None = None,
    revision: str = MAIN,
    redistributable: Collection[str] = (),
    dry_run: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Publishing:
    """Publish the dataset of a finished run; what is there already is not sent again.

    Args:
        run: the run's folder.
        repo_id: `owner/name`; the recipe's `publish.repo_id` when None.
        private: who sees a new repository; the recipe's `publish.private` when None, and private without one.
        revision: a branch that exists.
        redistributable: licences that no list knows and that allow to pass rows on, beside the recipe's.
        dry_run: only look, and give back what would be done and all that speaks against it.
        say: shows a line to whoever watches.

    Returns:
        What was done; its `is_change` is false when everything stood as it should.

    Raises:
        UsageError: the run is not finished, the repository is not ours, a name or the token is wrong.
        RefusedError: something speaks against publishing.
        DatagenError: the Hub fails; starting again goes on.
        StoppedError: a signal came; starting again goes on.
    """
    dataset, recipe = _finished(run)
    plan = _intended(recipe, dataset, repo_id, private, revision)
    files = read_files(dataset)
    stated = recipe.publish.redistributable if recipe.publish else ()
    token = held_token(plan.repo_id)
    told = tuple(one.told for one in refusals(dataset, files, recipe, frozenset((*redistributable, *stated)), token))
    if told and not dry_run:
        raise RefusedError("\n".join([f"{run}: not published, and the Hub was not asked:", *told]))
    try:
        repository = Repository(plan.repo_id, plan.branch, say)
        state = repository.state()
        creates = state is None
        _refuse_branch_of_none(state, plan)
        if state is None and not dry_run:
            repository.create(private=plan.private is not False)
            state = _shown(repository)
        _refuse_state(state, plan, recipe)
        _refuse_other_tag(repository, state, plan, files)
    except StoppedError:
        raise
    except DatagenError as error:
        if not dry_run:
            raise
        return replace(plan, refusals=(*told, str(error)))
    is_private = state.private if state is not None else plan.private is not False
    plan = replace(plan, refusals=told, url=repository.url, creates=creates, private=is_private)
    plan = replace(plan, changes=tuple(_changes(files, state.files if state is not None else {})))
    if state is not None and plan.is_change:
        plan = replace(plan, replaces=_unpublished(state))
    return plan if state is None or dry_run else _carry_out(plan, repository, state, files, say)


def _carry_out(
    plan: Publishing,
    repository: Repository,
    state: RemoteState,
    files: Sequence[DatasetFile],
    say: Callable[[str], None],
) -> Publishing:
    commit = state.commit
    if plan.is_change:
        wanted = {change.name for change in plan.changes if change.kind in ("new", "changed")}
        additions: list[CommitOperationAdd] = []
        for group in _groups([file for file in files if file.name in wanted], repository.together):
            refuse_when_stopped()
            additions += repository.upload(group)
            say(f"uploaded {len(additions)} of {len(wanted)} files, the last {group[-1].name}")
        gone = [change.name for change in plan.changes if change.kind == "gone"]
        commit = repository.commit(additions, gone, parent=state.commit, title=plan.title)
        state = _shown(repository)
        _refuse_other_content(plan, commit, state, files)
    if plan.tag not in state.tags:
        repository.tag(plan.tag, commit)
    return replace(plan, commit=commit)


def _groups(files: Iterable[DatasetFile], most: int) -> Iterator[list[DatasetFile]]:
    """Files in their order, together as long as they are few and small; a large one goes alone."""
    group: list[DatasetFile] = []
    for file in files:
        if group and (len(group) == most or sum(one.size for one in group) + file.size > _GROUP_BYTES):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _finished(run: Path) -> tuple[Path, Recipe]:
    """The dataset of a run that is finished, under the name that its build gave it, and the run's recipe.

    Raises:
        UsageError: there is no such run, or no dataset yet.
        DatagenError: another process is at work in it, or its recipe is damaged.
    """
    if not (run / "run.json").is_file():
        raise UsageError(f"{run}: there is no run here; `datagen build` makes one")
    workspace = Workspace(run)
    try:
        workspace.refuse_when_locked()
    except OSError as error:
        raise DatagenError(f"{run}: can't be locked: {error.strerror}; make room there, and start again") from error
    stages = workspace.record().get("stages", {})
    written = stages.get("assemble", {}).get("files", {})
    names = {Path(file).parts[0] for file in written} - {_DATASET}
    if len(names) != 1:
        done = ", ".join(stages) or "none"
        raise UsageError(f"{run}: the run is not finished (stages done: {done}); `datagen build` ends it")
    path = workspace.folder / "recipe.yaml"
    try:
        recipe = Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        message = f"{path}: can't be read; `datagen build` writes it again, nothing that was paid is lost"
        raise DatagenError(message) from error
    return workspace.folder / names.pop(), recipe


def _intended(recipe: Recipe, dataset: Path, repo_id: str | None, private: bool | None, branch: str) -> Publishing:
    """What was said on the spot, then what the recipe says."""
    where = repo_id or (recipe.publish.repo_id if recipe.publish else None)
    if where is None:
        raise UsageError("nobody said where to; give --repo-id owner/name, or publish: {repo_id: …} in the recipe")
    refuse_malformed(where)
    if private is None and recipe.publish is not None:
        private = recipe.publish.private
    return Publishing(recipe.name, where, branch, private, tag=dataset.name)


def _refuse_branch_of_none(state: RemoteState | None, plan: Publishing) -> None:
    if state is None and plan.branch != MAIN:
        told = f"{plan.repo_id}: there is no such repository, so no branch {plan.branch!r}"
        raise UsageError(f"{told}; publish without --revision first")


def _refuse_state(state: RemoteState | None, plan: Publishing, recipe: Recipe) -> None:
    """Raise UsageError unless the repository is missing, empty, or holds an earlier version of this dataset."""
    if state is None:
        return
    if plan.private and not state.private:
        told = f"{plan.repo_id}: the repository is public, and the dataset is to be private"
        raise UsageError(f"{told}; make it private in its settings on the Hub, or say --public")
    others = sorted(state.files.keys() - {ATTRIBUTES})
    tags = state.card.get("tags")
    if others and not (isinstance(tags, list) and _MARK in tags):
        named = f"{', '.join(others[:_MOST_NAMED])}{', …' if len(others) > _MOST_NAMED else ''}"
        told = f"{plan.repo_id}: the repository holds what datagen did not put there ({named})"
        raise UsageError(f"{told}; choose another --repo-id, or empty it yourself")
    if others and (held := state.card.get("pretty_name")) != recipe.name:
        holds = f"holds the dataset {held!r}" if held else "names no dataset in its card"
        told = f"{plan.repo_id}: the repository {holds}, and this run's is {recipe.name!r}"
        advice = f"or, if it is the same one under a new name, set `pretty_name: {recipe.name}` in its card on the Hub"
        raise UsageError(f"{told}; choose another --repo-id, {advice}")


def _refuse_other_tag(
    repository: Repository, state: RemoteState | None, plan: Publishing, files: Sequence[DatasetFile]
) -> None:
    """Raise DatagenError when the version's tag stands at other content: whoever loads it by its tag would get that."""
    at = state.tags.get(plan.tag) if state is not None else None
    if state is None or at is None:
        return
    there = state.files if at == state.commit else repository.files(at)
    if any(change.kind != "same" for change in _changes(files, there)):
        told = f"{plan.repo_id}: the tag {plan.tag} stands at commit {at[:12]}, which holds other content"
        advice = f"`hf repos tag delete {plan.repo_id} {plan.tag} --type dataset`"
        raise DatagenError(f"{told}; whoever set it by hand may remove it: {advice}, then start again")


def _unpublished(state: RemoteState) -> str:
    """The newest commit unless it is a version with its tag, or holds nothing yet."""
    is_version = any(at == state.commit and name.startswith(f"{_DATASET}-") for name, at in state.tags.items())
    return "" if is_version or not state.files.keys() - {ATTRIBUTES} else state.commit


def _changes(files: Sequence[DatasetFile], there: Mapping[str, RemoteFile]) -> Iterator[Change]:
    for file in files:
        remote = there.get(file.name)
        kind: ChangeKind = "new" if remote is None else "same" if remote.equals(file) else "changed"
        yield Change(kind, file.name, file.size)
    for name in sorted(there.keys() - {file.name for file in files} - {ATTRIBUTES}):
        yield Change("gone", name, there[name].size)


def _shown(repository: Repository) -> RemoteState:
    state = repository.state()
    if state is None:
        told = f"{repository.repo_id}: the Hub has this repository, but does not show it to the token"
        raise DatagenError(f"{told}; use a token that may see it, or another --repo-id. If it is new, wait a minute")
    return state


def _refuse_other_content(plan: Publishing, commit: str, state: RemoteState, files: Sequence[DatasetFile]) -> None:
    """Raise DatagenError unless the Hub now shows our commit, with our files and no others."""
    if state.commit != commit:
        told = f"{plan.repo_id}: somebody else changed the repository after commit {commit[:12]}"
        raise DatagenError(f"{told}; look at {plan.url}/commits/{plan.branch}, and start again")
    if other := [change.name for change in _changes(files, state.files) if change.kind != "same"]:
        named = f"{', '.join(other[:_MOST_NAMED])}{', …' if len(other) > _MOST_NAMED else ''}"
        told = f"{plan.repo_id}: the Hub shows other content than was sent ({named})"
        raise DatagenError(f"{told}; it is visible but not tagged, start again to send it anew")
