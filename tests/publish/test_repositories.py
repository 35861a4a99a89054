"""Repositories as they come: renamed, hidden, edited by hand, of many files and tags, and what a version's tag says."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from datagen.errors import DatagenError
from datagen.publish.hub import line as hub_line
from datagen.publish.hub import publishing
from datagen.publish.hub import repository as hub_module
from datagen.publish.hub.publishing import publish_dataset
from datagen.publish.hub.wording import publishing_lines
from tests.publish.conftest import offer_xet
from tests.publish.taking_hub import ATTRIBUTES, Answer, Moment, TakingHub
from tests.publish.test_hub_faults import BY_HAND, refused
from tests.publish.test_publishing import content

REPO = "house/sums"


def whole(run: Path) -> dict[str, bytes]:
    return {**ATTRIBUTES, **content(run)}


def test_a_list_of_many_pages_is_read_to_its_end(run: Path, hub: TakingHub) -> None:
    hub.page_size = 3
    publish_dataset(run, REPO)
    assert hub.steps["tree"] > 2
    assert not publish_dataset(run, REPO).is_change


def test_a_large_file_goes_up_in_parts_where_the_hub_wants_them(run: Path, hub: TakingHub) -> None:
    hub.part_size = 5_000
    publish_dataset(run, REPO)
    assert hub.steps["parts"] > 1
    assert hub.steps["part"] > 2 * hub.steps["parts"]
    assert hub.datasets[REPO].files() == whole(run)


def test_files_go_up_in_groups_and_none_is_forgotten(
    run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_xet(monkeypatch, run.parent)
    monkeypatch.setattr(hub_module, "_MOST_TOGETHER", 4)
    said: list[str] = []
    publish_dataset(run, REPO, say=said.append)
    assert [line.partition(",")[0] for line in said] == [f"uploaded {sent} of 11 files" for sent in (4, 8, 11)]
    assert hub.steps["preupload"] == 3
    assert hub.datasets[REPO].files() == whole(run)


def test_a_group_is_as_large_as_a_stop_may_wait_for(run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch) -> None:
    offer_xet(monkeypatch, run.parent)
    sizes = [len(data) for _, data in sorted(content(run).items())]
    monkeypatch.setattr(publishing, "_GROUP_BYTES", max(sizes))
    publish_dataset(run, REPO)
    assert 1 < hub.steps["preupload"] < len(sizes)
    assert hub.datasets[REPO].files() == whole(run)


def test_many_tags_of_earlier_versions_stay(run: Path, hub: TakingHub) -> None:
    there = hub.make(REPO, private=True)
    there.tags = {f"dataset-{number:012x}": there.branches["main"] for number in range(2_000)}
    made = publish_dataset(run, REPO)
    assert there.tags[made.tag] == made.commit
    assert len(there.tags) == 2_001


def test_a_private_repository_that_the_token_may_see_is_gone_on_with(
    run: Path, hub: TakingHub, rebuilt: Callable[..., Path]
) -> None:
    publish_dataset(run, REPO, private=True)
    other = rebuilt(description="Sums, told anew.")
    assert publish_dataset(other, REPO).private
    assert hub.datasets[REPO].files() == whole(other)


def test_one_that_the_token_may_not_see_is_told_from_one_that_is_missing(run: Path, hub: TakingHub) -> None:
    hub.make(REPO, BY_HAND)
    hub.hidden.add(REPO)
    told = refused(run)
    assert "the Hub has this repository, but does not show it to the token" in told
    assert "another --repo-id" in told


def test_a_renamed_repository_is_told_with_its_new_name(run: Path, hub: TakingHub) -> None:
    hub.make("house/totals", private=True)
    hub.renamed[REPO] = "house/totals"
    told = refused(run)
    assert "the Hub calls this repository 'house/totals'" in told
    assert "--repo-id" in told
    assert not hub.puts
    publish_dataset(run, "house/totals")
    assert hub.datasets["house/totals"].files() == whole(run)


def test_what_somebody_else_makes_under_the_name_meanwhile_is_left_as_it_is(run: Path, hub: TakingHub) -> None:
    def make(moment: Moment) -> None:
        if moment == ("create", "asked"):
            hub.make(REPO, BY_HAND, private=True)

    hub.at = make
    assert "did not put there (README.md, data.csv)" in refused(run)
    assert hub.datasets[REPO].files() == {**ATTRIBUTES, **BY_HAND}
    assert not hub.puts


def test_an_edit_by_hand_is_replaced_and_said_and_stays_in_the_history(run: Path, hub: TakingHub) -> None:
    first = publish_dataset(run, REPO)
    there = hub.datasets[REPO]
    edited = {**there.files(), "README.md": there.files()["README.md"] + b"\nBy hand.\n"}
    edit = there.add("main", edited, "by hand")
    dry = "\n".join(publishing_lines(publish_dataset(run, REPO, dry_run=True)))
    assert "~ " in dry
    assert f"note        commit {edit[:12]} on the Hub is no version with a tag" in dry
    done = "\n".join(publishing_lines(publish_dataset(run, REPO)))
    assert f"commit {edit[:12]} on the Hub was no version with a tag" in done
    assert there.files() == whole(run)
    assert there.files(edit) == edited
    assert there.files(first.tag) == whole(run)


def test_a_version_after_a_version_replaces_no_edit(run: Path, hub: TakingHub, rebuilt: Callable[..., Path]) -> None:
    assert not publish_dataset(run, REPO).replaces
    assert not publish_dataset(rebuilt(description="Sums, told anew."), REPO).replaces


def test_going_back_to_an_earlier_version_keeps_its_tag_and_sends_nothing(
    run: Path, hub: TakingHub, rebuilt: Callable[..., Path]
) -> None:
    first = publish_dataset(run, REPO)
    second = publish_dataset(rebuilt(output={"formats": ["text"], "test_fraction": 0.3, "shard_rows": 2}), REPO)
    sent = len(hub.puts)
    back = publish_dataset(run, REPO)
    there = hub.datasets[REPO]
    assert there.files() == whole(run)
    assert len(hub.puts) == sent
    assert there.tags == {first.tag: first.commit, second.tag: second.commit}
    assert back.commit == there.branches["main"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_tag_that_stands_at_other_content_is_not_promised_to_anybody(
    run: Path, hub: TakingHub, dry_run: bool
) -> None:
    there = hub.make(REPO, private=True)
    tag = (run / "dataset").resolve().name
    there.tags[tag] = there.branches["main"]
    if dry_run:
        [told] = publish_dataset(run, REPO, dry_run=True).refusals
    else:
        told = refused(run)
    assert f"the tag {tag} stands at commit" in told
    assert f"hf repos tag delete {REPO} {tag} --type dataset" in told
    assert not hub.puts


def test_a_gitignore_on_the_hub_leaves_no_shard_out(run: Path, hub: TakingHub) -> None:
    publish_dataset(run, REPO)
    there = hub.datasets[REPO]
    card = {"README.md": there.files()["README.md"], ".gitignore": b"*.parquet\n*.json"}
    there.add("main", {**ATTRIBUTES, **card}, "by hand")
    publish_dataset(run, REPO)
    assert there.files() == whole(run)


@pytest.mark.parametrize("matter", ["tags: 5", "tags: datagenerator", "tags: {datagen: 1}", "pretty_name: [small]"])
def test_a_card_of_another_shape_is_somebody_elses(run: Path, hub: TakingHub, matter: str) -> None:
    hub.make(REPO, {"README.md": f"---\n{matter}\n---\n".encode()}, private=True)
    assert "did not put there (README.md)" in refused(run)


def test_our_card_without_its_name_says_how_to_give_it_one(run: Path, hub: TakingHub) -> None:
    hub.make(REPO, {"README.md": b"---\ntags: [datagen]\n---\n"}, private=True)
    told = refused(run)
    assert "names no dataset" in told
    assert "`pretty_name: small`" in told


def test_a_card_of_a_gigabyte_is_not_fetched(run: Path, hub: TakingHub) -> None:
    hub.make(REPO, {"README.md": b"---\ntags: [datagen]\npretty_name: small\n---\n" + b"x" * (1 << 20)}, private=True)
    assert "did not put there (README.md)" in refused(run)
    assert not hub.steps["resolve"]


def test_a_file_that_changes_while_it_goes_up_is_never_shown(run: Path, hub: TakingHub) -> None:
    def change(moment: Moment) -> None:
        if moment == ("preupload", "asked"):
            card = run / "dataset" / "README.md"
            card.write_bytes(card.read_bytes() + b"hf_")

    hub.at = change
    with pytest.raises(DatagenError, match=r"README\.md: it is no longer what it was .* start again"):
        publish_dataset(run, REPO)
    assert hub.datasets[REPO].files() == ATTRIBUTES


def test_a_wait_that_the_hub_asks_for_is_said_and_one_of_hours_is_not_waited(run: Path, hub: TakingHub) -> None:
    said: list[str] = []
    hub.faults["preupload"] = [Answer(429, {"Retry-After": "7"})]
    publish_dataset(run, REPO, say=said.append)
    assert said[0] == "the Hub wants fewer requests and asks to wait 7 s"
    hub.faults["tree"] = [Answer(429, {"ratelimit": '"api";r=0;t=7200'})]
    assert "wants no request for 7,200 s" in refused(run)


def test_a_hub_that_is_busy_for_ever_is_not_asked_for_ever(
    run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(hub_line, "time", SimpleNamespace(sleep=waits.append))
    busy = b"Cannot create repo: another conflicting operation is in progress"
    hub.faults["create"] = [Answer(409, body=busy)] * 3
    publish_dataset(run, REPO)
    assert len(waits) == 2
    hub.datasets.clear()
    hub.faults["create"] = [Answer(409, body=busy)] * 200
    assert "the Hub is busy with another change of this account" in refused(run)
    assert hub.steps["create"] < 100


def test_by_xet_the_same_arrives_and_the_next_start_sends_nothing(
    run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_xet(monkeypatch, run.parent)
    publish_dataset(run, REPO)
    assert hub.datasets[REPO].files() == whole(run)
    assert hub.steps["batch"] == hub.steps["put"] == 0
    sent = list(hub.xet.puts)
    assert not publish_dataset(run, REPO).is_change
    assert hub.xet.puts == sent


@pytest.mark.parametrize(("cache", "said"), [("/dev/null/xet", "Not a directory"), ("/proc/xet", "No such file")])
def test_a_cache_that_cant_be_written_is_told_with_the_other_way(
    run: Path, hub: TakingHub, cache: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_xet(monkeypatch, run.parent)
    monkeypatch.setenv("HF_XET_CACHE", cache)
    told = refused(run)
    assert f"this machine says: {said}" in told
    assert "HF_HUB_DISABLE_XET=1" in told
    monkeypatch.undo()
