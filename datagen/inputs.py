"""Sources and benchmarks, fixed to a content at the start of a run and kept for its whole life.

A Hub revision `latest` becomes a commit once; a resumed or finished run keeps its commits, and only `--fresh` and the
nightly flow look again. Local files are named by their content, so that an edited file is another input.
"""

from dataclasses import asdict
from typing import Any

from datagen.errors import UsageError
from datagen.reading import ContentHashes, DataFile, Located, commit_on_hub
from datagen.recipe import HubSource, Recipe
from datagen.screen.benchmarks import resolve_benchmark
from datagen.sources.pulling import resolve, revision_of
from datagen.workspace import Workspace


def resolve_inputs(recipe: Recipe, workspace: Workspace, *, look_again: bool = False) -> dict[str, Located]:
    """Find every source and benchmark, and write down what was found.

    Args:
        recipe: names them.
        workspace: the run's folder.
        look_again: ask the Hub what `latest`, a branch or a tag names now; a commit is not asked for again.

    Raises:
        UsageError: one of them is not there, or the Hub does not answer.
    """
    record = workspace.record()
    kept: dict[str, Any] = record.get("inputs", {})
    hashes: ContentHashes = {uri: (state, content) for uri, (state, content) in record.get("hashes", {}).items()}
    found: dict[str, Located] = {}
    settings: dict[str, list[Any]] = {}
    earlier: dict[tuple[str, ...], str] = {}
    for source in recipe.sources:
        key = source.input_key
        revision = None if source.kind == "table" else [source.config, source.revision]
        settings[key] = [source.kind, revision, source.path]
        wanted = revision_of(source) if isinstance(source, HubSource) else None
        found[key] = _kept(kept, key, settings[key], look_again, wanted) or resolve(source, hashes)
        other = earlier.setdefault(_rows(found[key]), key)
        if other != key:
            raise UsageError(
                f"{other} and {key} are the same rows; take one of them out, or divide them by a file each"
            )
    for benchmark in recipe.screen.benchmarks:
        key = benchmark.input_key
        settings[key] = [benchmark.name, benchmark.revision, benchmark.path]
        found[key] = _kept(kept, key, settings[key], look_again, benchmark.revision) or resolve_benchmark(
            benchmark, hashes
        )
    inputs = {key: {"settings": settings[key], **_as_json(located)} for key, located in found.items()}
    kept_hashes = {uri: list(pair) for uri, pair in hashes.items()}
    if inputs != kept or kept_hashes != record.get("hashes", {}):
        workspace.update_record(inputs=inputs, hashes=kept_hashes)
    return found


def _rows(located: Located) -> tuple[str, ...]:
    """What tells two sources' rows apart, wherever their files lie; row ids are made of it."""
    return (located.dataset, located.config, located.revision, *(file.name for file in located.files))


def _as_json(located: Located) -> dict[str, Any]:
    """As `run.json` gives it back, so that an unchanged record is seen to be unchanged."""
    return {**asdict(located), "files": [asdict(file) for file in located.files]}


def _kept(kept: dict[str, Any], key: str, settings: list[Any], look_again: bool, wanted: str | None) -> Located | None:
    """What an earlier start found on the Hub; files are looked at again, since they may have changed.

    A commit never changes what it holds: while the Hub names the same one, nothing else is asked.
    """
    entry = kept.get(key)
    path = settings[-1]
    if entry is None or entry["settings"] != settings or path is not None:
        return None
    commit = entry["revision"]
    if look_again and commit != wanted and commit != commit_on_hub(entry["dataset"], wanted):
        return None
    files = tuple(DataFile(**file) for file in entry["files"])
    return Located(entry["dataset"], entry["config"], commit, files)
