"""A Hub that fails, refuses or holds something else: told in a line or two, and the next start goes on."""

from pathlib import Path

import pytest
from huggingface_hub import constants

from datagen.errors import DatagenError
from datagen.publish.hub import line as hub_line
from datagen.publish.hub.publishing import publish_dataset
from tests.publish.taking_hub import ATTRIBUTES, READ_TOKEN, STRANGERS_TOKEN, TOKEN, Step, TakingHub
from tests.publish.test_publishing import content

REPO = "house/sums"
BY_HAND = {"README.md": b"---\npretty_name: small\ntags: [sums]\n---\n# Mine\n", "data.csv": b"a,b\n"}
FOR_GOOD = 200
"""More faults in a row than the client tries."""


def refused(run: Path, repo_id: str = REPO, **options: object) -> str:
    with pytest.raises(DatagenError) as caught:
        publish_dataset(run, repo_id, **options)
    told = str(caught.value)
    assert len(told.splitlines()) <= 2
    assert TOKEN not in told
    assert "http://127" not in told
    return told


@pytest.mark.parametrize("step", ["refs", "info", "tree", "commit", pytest.param("put", marks=pytest.mark.full)])
def test_a_silent_hub_is_given_up(run: Path, hub: TakingHub, step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_line, "_SILENCE_S", 0.1)
    hub.faults[step] = ["silence"] * FOR_GOOD
    assert "can't be reached (" in refused(run)
    hub.faults.clear()
    monkeypatch.setattr(hub_line, "_SILENCE_S", 60)
    publish_dataset(run, REPO)
    assert hub.datasets[REPO].files() == {**ATTRIBUTES, **content(run)}


def test_a_fault_that_passes_is_not_even_told(run: Path, hub: TakingHub) -> None:
    hub.faults = {"preupload": [503], "batch": [500, 429], "put": [500, "drop"], "verify": [502]}
    publish_dataset(run, REPO)
    assert hub.datasets[REPO].files() == {**ATTRIBUTES, **content(run)}


def test_a_commit_whose_answer_was_lost_is_not_made_twice(run: Path, hub: TakingHub) -> None:
    hub.faults["commit"] = ["drop after"]
    refused(run)
    there = hub.datasets[REPO]
    assert there.files() == {**ATTRIBUTES, **content(run)}
    made = publish_dataset(run, REPO)
    assert not made.is_change
    assert there.tags == {made.tag: there.branches["main"]}
    assert len(there.commits) == 2


def test_a_token_must_be_there_be_known_and_be_able_to_write(
    run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token, words in {
        "": ["needs a token", "HF_TOKEN"],
        READ_TOKEN: ["may only read", "HF_TOKEN"],
        "hf_NobodyNobodyNobodyNobodyNobodyNobo": ["does not know this token", "HF_TOKEN"],
        STRANGERS_TOKEN: ["HTTP 403", "may not write there", "--repo-id"],
    }.items():
        monkeypatch.setenv("HF_TOKEN", token)
        told = refused(run)
        assert all(word in told for word in words), told
        assert not token or token not in told
    monkeypatch.setenv("HF_TOKEN", "hf_é" * 12)
    assert "the token holds what no token holds" in refused(run)
    monkeypatch.setenv("HF_OIDC_RESOURCE", REPO)
    assert "the token of the Hub can't be had (OIDCError); set HF_TOKEN" in refused(run)
    assert not hub.datasets


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_repository_with_other_content_is_left_as_it_is(run: Path, hub: TakingHub, dry_run: bool) -> None:
    theirs = hub.make(REPO, BY_HAND, private=True)
    before = dict(theirs.commits)
    if dry_run:
        [told] = publish_dataset(run, REPO, dry_run=True).refusals
    else:
        told = refused(run)
    assert "holds what datagen did not put there (README.md, data.csv)" in told
    assert "another --repo-id" in told
    assert theirs.commits == before
    assert not hub.puts


def test_another_dataset_of_datagen_is_not_overwritten(run: Path, hub: TakingHub) -> None:
    card = (run / "dataset" / "README.md").read_bytes().replace(b"pretty_name: small", b"pretty_name: large")
    hub.make(REPO, {"README.md": card}, private=True)
    assert "holds the dataset 'large', and this run's is 'small'" in refused(run)


@pytest.mark.parametrize("card", [b"", b"no front matter", b"---\n{: [\n---\n", b"---\n- 1\n---\n", b"\xff\xfe---"])
def test_a_card_that_nobody_can_read_is_somebody_elses(run: Path, hub: TakingHub, card: bytes) -> None:
    hub.make(REPO, {"README.md": card}, private=True)
    assert "did not put there (README.md)" in refused(run)


def test_an_empty_repository_of_ones_own_is_used_and_stays_as_private_as_it_is(run: Path, hub: TakingHub) -> None:
    there = hub.make(REPO)
    publish_dataset(run, REPO)
    assert there.files() == {**ATTRIBUTES, **content(run)}
    assert not there.private


def test_what_is_to_be_private_does_not_go_into_a_public_repository(run: Path, hub: TakingHub) -> None:
    hub.make(REPO)
    told = refused(run, private=True)
    assert "is public, and the dataset is to be private" in told
    assert "--public" in told
    assert not hub.puts


def test_a_branch_that_is_not_there_is_named_with_those_that_are(run: Path, hub: TakingHub) -> None:
    told = refused(run, revision="draft")
    assert "no such repository, so no branch 'draft'" in told
    hub.make(REPO)
    told = refused(run, revision="draft")
    assert "no branch 'draft'; there are main" in told
    assert "hf repos branch create house/sums draft --type dataset" in told


def test_what_others_commit_meanwhile_is_not_overwritten(run: Path, hub: TakingHub) -> None:
    def intrude(moment: tuple[str, str]) -> None:
        if moment == ("yaml", "asked"):
            there = hub.datasets[REPO]
            there.add("main", {**there.files(), **BY_HAND}, "by hand")

    hub.at = intrude
    assert "somebody else changed the repository meanwhile" in refused(run)
    hub.at = lambda moment: None
    assert hub.datasets[REPO].files() == {**ATTRIBUTES, **BY_HAND}
    assert "did not put there" in refused(run)


def test_a_file_that_the_hub_shows_otherwise_is_told_and_gets_no_tag(run: Path, hub: TakingHub) -> None:
    def damage(moment: tuple[str, str]) -> None:
        if moment == ("commit", "done"):
            there = hub.datasets[REPO]
            head = there.branches["main"]
            there.commits[head] = {**there.commits[head], "recipe.yaml": b"another one"}

    hub.at = damage
    told = refused(run)
    assert "the Hub shows other content than was sent (recipe.yaml)" in told
    assert not hub.datasets[REPO].tags


def test_a_hub_that_is_gone_and_one_that_must_not_be_asked_are_told_apart(
    run: Path, hub: TakingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "can't be reached (ConnectError); check the network and HF_ENDPOINT" in refused(run)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refused(run)
