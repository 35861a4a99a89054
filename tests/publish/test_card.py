"""What a stranger reads on the card is true of the dataset beside it, and what it tells them to do works."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from datagen.audit.auditing import audit
from datagen.audit.finding import FINDINGS, Audit, Finding
from datagen.audit.lines import audit_json
from datagen.audit.reading import open_dataset
from datagen.formats import FORMATS
from datagen.publish.card.comparison import MEANINGS, compared, told
from datagen.tables import EXAMPLES
from datagen.workspace import Workspace
from tests.publish.small import built, card_of, section


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def card(workspace: Workspace) -> str:
    return card_of(workspace)


def test_the_lines_that_load_each_format_run_as_they_stand(workspace: Workspace, card: str, tmp_path: Path) -> None:
    [snippet] = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    counted = "\n".join(f"print({name!r}, sum(map(len, {name}.values())))" for name in FORMATS)
    done = subprocess.run(
        [sys.executable, "-c", f"{snippet}\n{counted}"],
        cwd=workspace.folder,
        env={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    rows = dict(line.split() for line in done.stdout.splitlines())
    assert rows.keys() == FORMATS.keys(), done.stderr
    assert {rows[name] for name in ("text", "parathinker", "parallel_r1", "rl")} == {"5"}
    assert rows["messages"] == "15"


def test_the_hub_reads_the_front_matter(card: str) -> None:
    data = DatasetCard(card).data
    assert data.license == "mit"
    assert [one["config_name"] for one in data.configs] == list(FORMATS)


def test_the_audit_on_the_card_is_the_one_in_the_file(workspace: Workspace, card: str) -> None:
    kept = json.loads((workspace.folder / "dataset" / "audit.json").read_text())
    assert sum(kept["examples"].values()) == 5
    assert [finding["name"] for finding in kept["findings"] if finding["count"]] == []
    shown = section(card, "What an audit finds")
    without_two = "examples without two finished paths whose answer equals the summary's"
    assert f"| {without_two} | 0 of 5 | 2,559 of 5,949 (43%) |" in shown
    assert "| paths cut in the middle | 0 of 15 | about 40% |" in shown
    assert "| examples that hold or quote a benchmark's problem | not measured |" in shown
    assert "Not measured: examples that hold or quote a benchmark's problem (no benchmark was looked for)" in shown


def test_the_audit_that_anyone_can_run_finds_the_same(workspace: Workspace) -> None:
    dataset = workspace.folder / "dataset"
    theirs = audit(open_dataset(str(dataset)), "text")
    assert audit_json(theirs) == json.loads((dataset / "audit.json").read_text())


def test_whose_a_file_is_and_what_its_writer_allows_is_said_to_be_unknown(card: str) -> None:
    assert "since datagen can't know whose a file is: mine." in section(card, "How to cite it")
    assert "| carried | the-house | 15 | as the source states; of the model no terms are known |" in card
    assert "@misc{wen2025parathinker," in card
    assert "| mine | rows.jsonl | " in card
    assert " | MIT | 5 | 0 | 5 |" in card


def test_nothing_on_the_card_is_lost_when_it_is_shown(card: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(DatasetCard(card).text)
    kinds = [inner.type for token in tokens for inner in (token, *(token.children or ()))]
    assert not {"html_inline", "html_block"} & set(kinds), "a tag would vanish"
    assert kinds.count("fence") == 3
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert len(headings) == len(set(headings))
    assert not [token.content for token in tokens if token.type == "inline" and "|---" in token.content], (
        "a broken table"
    )


def test_an_audit_that_found_something_says_where(workspace: Workspace) -> None:
    ids = tuple(example.id for example in workspace.read(EXAMPLES))[:3]
    findings = (
        Finding("unfinished_paths", "paths", 2, 15, ids[:2], ("cut", "cut")),
        Finding("same_paths", "paths", 1, 15, ids[2:], ("path 1 and 2",), marked=1),
        Finding("over_token_limit", "examples", 0, 5),
    )
    found = Audit("text", {"train": 5}, {3: 5}, 0.5, {}, findings, {"benchmark_overlap": "no benchmark"})
    rows = {row.what: row.ours for row in compared(found)}
    assert rows[MEANINGS["unfinished_paths"]] == "2 of 15 (13.3%)"
    assert rows[MEANINGS["benchmark_overlap"]] == rows[MEANINGS["without_licence"]] == "not measured"
    assert [finding.name for finding in told(found).found] == ["unfinished_paths", "same_paths"]
    assert told(found).clean == [MEANINGS["over_token_limit"]]
    assert told(found).not_measured == [(MEANINGS["benchmark_overlap"], "no benchmark")]


def test_every_finding_has_its_meaning_in_words() -> None:
    assert MEANINGS.keys() == set(FINDINGS)
