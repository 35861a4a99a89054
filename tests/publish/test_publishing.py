"""A dataset on the Hub is whole, is what was built, and is not sent twice."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from datagen.publish.hub.publishing import publish_dataset
from datagen.publish.hub.wording import publishing_lines
from tests.publish.taking_hub import ATTRIBUTES, TakingHub

REPO = "house/sums"


def content(run: Path) -> dict[str, bytes]:
    dataset = run / "dataset"
    return {path.relative_to(dataset).as_posix(): path.read_bytes() for path in dataset.rglob("*") if path.is_file()}


def test_a_published_dataset_is_the_built_one_and_shown_by_one_commit(run: Path, hub: TakingHub) -> None:
    said: list[str] = []
    made = publish_dataset(run, REPO, say=said.append)
    there = hub.datasets[REPO]
    assert there.files() == {**ATTRIBUTES, **content(run)}
    assert [there.titles[commit] for commit in there.commits] == ["initial commit", f"small: {made.tag}"]
    assert made.tag == (run / "dataset").resolve().name
    assert there.tags == {made.tag: made.commit}
    assert there.private
    total = len(content(run))
    assert [line.partition(",")[0] for line in said] == [f"uploaded {n} of {total} files" for n in range(1, total + 1)]
    assert any("have the hashes of those here" in line for line in publishing_lines(made))


def test_publishing_again_sends_nothing_and_makes_no_commit(run: Path, hub: TakingHub) -> None:
    first = publish_dataset(run, REPO)
    steps, commits = hub.steps.copy(), dict(hub.datasets[REPO].commits)
    second = publish_dataset(run, REPO)
    assert not second.is_change
    assert second.commit == first.commit
    assert hub.datasets[REPO].commits == commits
    assert {"create", "preupload", "batch", "put", "commit", "tag"}.isdisjoint(hub.steps - steps)
    assert publishing_lines(second)[0].startswith("nothing to do")


def test_a_new_version_sends_what_changed_removes_what_is_gone_and_has_its_own_tag(
    run: Path, hub: TakingHub, rebuilt: Callable[..., Path]
) -> None:
    one = publish_dataset(run, REPO)
    sent = len(hub.puts)
    other = rebuilt(output={"formats": ["text"], "test_fraction": 0.3, "shard_rows": 2})
    two = publish_dataset(other, REPO)
    there = hub.datasets[REPO]
    assert there.files() == {**ATTRIBUTES, **content(other)}
    assert there.files(one.tag) == {**ATTRIBUTES, **content(run)}
    assert two.tag != one.tag
    assert {change.name for change in two.changes if change.kind == "gone"} == content(run).keys() - content(other)
    assert {change.kind for change in two.changes if change.name.startswith("data/")} == {"same"}
    assert len(hub.puts) == sent


def test_a_dry_run_shows_all_of_it_and_touches_nothing(run: Path, hub: TakingHub) -> None:
    made = publish_dataset(run, REPO, dry_run=True)
    assert not hub.datasets
    assert {"create", "preupload", "batch", "put", "commit", "tag"}.isdisjoint(hub.steps)
    assert made.creates
    assert {change.name: change.size for change in made.changes} == {
        name: len(data) for name, data in content(run).items()
    }
    shown = "\n".join(publishing_lines(made))
    for part in (REPO, "private, a new repository", "branch main", made.title, made.tag, "data/train-00000-of-0000"):
        assert part in shown
    assert "nothing was touched" in shown


def test_a_dry_run_says_what_would_change_since_the_last_version(
    run: Path, hub: TakingHub, rebuilt: Callable[..., Path]
) -> None:
    publish_dataset(run, REPO)
    before = dict(hub.datasets[REPO].commits)
    other = rebuilt(description="Sums, told anew.")
    made = publish_dataset(other, REPO, dry_run=True)
    assert {change.name for change in made.changes if change.kind == "changed"} == {"README.md", "recipe.yaml"}
    assert {change.kind for change in made.changes} == {"changed", "same"}
    assert hub.datasets[REPO].commits == before


def test_a_branch_takes_a_version_of_its_own(run: Path, hub: TakingHub, rebuilt: Callable[..., Path]) -> None:
    publish_dataset(run, REPO)
    there = hub.datasets[REPO]
    there.branches["draft"] = there.branches["main"]
    other = rebuilt(description="Sums, told anew.")
    publish_dataset(other, REPO, revision="draft")
    assert there.files("main") == {**ATTRIBUTES, **content(run)}
    assert there.files("draft") == {**ATTRIBUTES, **content(other)}


def test_the_recipe_says_where_to_and_the_command_comes_before_it(hub: TakingHub, rebuilt: Callable[..., Path]) -> None:
    other = rebuilt(publish={"repo_id": "house/from-recipe", "private": False})
    publish_dataset(other)
    publish_dataset(other, "house/from-command", private=True)
    assert {name: dataset.private for name, dataset in hub.datasets.items()} == {
        "house/from-recipe": False,
        "house/from-command": True,
    }


def test_what_the_hub_holds_already_is_never_sent(run: Path, hub: TakingHub) -> None:
    shards = [path.read_bytes() for path in (run / "dataset").rglob("*.parquet")]
    held = {hashlib.sha256(data).hexdigest(): data for data in shards[:3]}
    hub.objects.update(held)
    publish_dataset(run, REPO)
    assert held.keys().isdisjoint(hub.puts)
    assert len(hub.puts) == len(shards) - len(held)
