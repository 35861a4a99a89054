"""What is not published: each reason is told with what to do, before anybody is asked, and no secret is shown."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.errors import DatagenError, UsageError
from datagen.publish.content import content_name, read_files
from datagen.publish.hub.keys import FoundKey, KeySearch
from datagen.publish.hub.publishing import publish_dataset
from datagen.publish.licences import permission
from datagen.recipe_file import load_recipe
from datagen.teachers.demo.endpoint import MODEL
from datagen.workspace import Workspace
from tests.building import build
from tests.publish.conftest import publishable
from tests.publish.small import WAYS
from tests.publish.taking_hub import TOKEN, TakingHub

REPO = "house/sums"
ROW = {"problem": "How much is 4 + 9?", "answer": "13", "solutions": [f"{way} \\boxed{{13}}" for way in WAYS]}


def refusal(run: Path, **options: object) -> str:
    with pytest.raises(DatagenError) as caught:
        publish_dataset(run, REPO, **options)
    head, *told = str(caught.value).splitlines()
    assert "not published" in head
    return "\n".join(told)


@pytest.fixture(autouse=True)
def nobody_is_asked(hub: TakingHub) -> Iterator[None]:
    yield
    assert not hub.steps
    assert not hub.datasets


def forget(hub: TakingHub) -> None:
    hub.steps.clear()
    hub.datasets.clear()


def relabel(run: Path, change: Callable[[Path], None]) -> Path:
    """Change a dataset and give it the name and the record that a build would have given it."""
    workspace = Workspace(run)
    dataset = (run / "dataset").resolve()
    change(dataset)
    named = dataset.rename(run / content_name(read_files(dataset)))
    record = workspace.record()
    record["stages"]["assemble"]["files"] = {
        str(path.relative_to(run)): path.stat().st_size for path in named.rglob("*") if path.is_file()
    }
    workspace.update_record(stages=record["stages"])
    return named


def with_audit(run: Path, **changes: object) -> None:
    def change(dataset: Path) -> None:
        audit = json.loads((dataset / "audit.json").read_text())
        (dataset / "audit.json").write_text(json.dumps(audit | changes))

    relabel(run, change)


@pytest.mark.parametrize("name", ["README.md", "audit.json", "data/train-00000-*.parquet"])
def test_a_dataset_that_was_changed_since_its_audit_stays_here(run: Path, name: str) -> None:
    [path] = (run / "dataset").glob(name)
    path.write_bytes(path.read_bytes() + b" ")
    told = refusal(run)
    assert "changed since it was built and audited" in told
    assert "build again" in told


def test_what_a_refusal_of_a_changed_dataset_advises_helps(tmp_path: Path, hub: TakingHub) -> None:
    workspace = publishable(tmp_path)
    card = workspace.folder / "dataset" / "README.md"
    card.write_text(card.read_text().replace("small", "SMALL"))
    assert "remove the folder and build again" in refusal(workspace.folder)
    shutil.rmtree((workspace.folder / "dataset").resolve())
    build(load_recipe(str(workspace.folder / "recipe.yaml")), workspace.folder)
    publish_dataset(workspace.folder, REPO)
    assert REPO in hub.datasets
    forget(hub)


def test_a_dataset_with_a_file_more_or_less_was_changed(run: Path) -> None:
    (run / "dataset" / "notes.txt").write_text("mine")
    assert "changed since" in refusal(run)
    (run / "dataset" / "notes.txt").unlink()
    (run / "dataset" / "audit.json").unlink()
    assert "changed since" in refusal(run)


def test_a_failed_audit_is_named_with_its_findings(run: Path) -> None:
    findings = [{"name": "unfinished_paths", "count": 3}, {"name": "benchmark_overlap", "count": 2}]
    with_audit(run, findings=findings, broken_promises=["unfinished_paths", "benchmark_overlap"])
    told = refusal(run)
    assert "the audit failed (unfinished_paths 3)" in told
    assert "2 examples hold a benchmark's problem" in told
    assert "screen.benchmarks" in told


def test_a_dataset_that_nobody_compared_with_benchmarks_stays_here(rebuilt: Callable[..., Path]) -> None:
    assert "nobody looked for benchmark rows" in refusal(rebuilt(screen={"benchmarks": []}))


def test_what_the_recipe_asked_for_is_no_failed_audit(rebuilt: Callable[..., Path], hub: TakingHub) -> None:
    publish_dataset(rebuilt(paths={"tokenizer": "bundled", "count": [1, 1]}), REPO)
    assert REPO in hub.datasets
    forget(hub)


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("CC-BY-ND-4.0", "forbidden"),
        ("cc by nc nd 4.0", "forbidden"),
        ("All rights reserved", "forbidden"),
        ("Proprietary", "forbidden"),
        ("Apache-2.0", "allowed"),
        (" mit ", "allowed"),
        ("CC-BY-NC-4.0", "allowed"),
        ("GPL-3.0-or-later", "allowed"),
        ("unknown", "unknown"),
        ("other", "unknown"),
        ("mit, or so", "unknown"),
        ("['mit']", "allowed"),
        ("['mit', 'cc-by-nd-4.0']", "forbidden"),
        ("MIT AND Apache-2.0", "allowed"),
        ("apache-2.0, House Licence", "unknown"),
        ("Apache License, Version 2.0", "allowed"),
        ("https://creativecommons.org/licenses/by-sa/4.0/legalcode.en", "allowed"),
        ("http://creativecommons.org/licenses/by-nd/4.0/", "forbidden"),
        ("https://opensource.org/licenses/MIT", "allowed"),
        ("https://example.org/our-licence", "unknown"),
        ("see card", "unknown"),
        (" , ", "unstated"),
        ("[]", "unstated"),
        ("", "unstated"),
        ("  ", "unstated"),
    ],
)
def test_a_licence_is_what_the_lists_say_and_nothing_is_guessed(licence: str, said: str) -> None:
    assert permission(licence) == said
    assert permission(licence, frozenset({licence})) == ("allowed" if said == "unknown" else said)


def test_a_licence_that_forbids_it_is_not_talked_round(tmp_path: Path) -> None:
    told = refusal(_licensed(tmp_path, "CC-BY-ND-4.0"), redistributable=["CC-BY-ND-4.0"])
    assert "source mine, 5 examples: the licence CC-BY-ND-4.0 forbids to pass them on" in told
    assert "leave the source out" in told


def test_an_unknown_licence_is_read_by_somebody_first(tmp_path: Path, hub: TakingHub) -> None:
    run = _licensed(tmp_path, "House Licence 3")
    told = refusal(run)
    assert "no list here knows the licence 'House Licence 3'" in told
    assert "--redistributable 'House Licence 3'" in told
    assert refusal(run, redistributable=["another one"]) == told
    publish_dataset(run, REPO, redistributable=["house licence 3"])
    assert REPO in hub.datasets
    forget(hub)


def test_a_source_without_a_licence_is_told_apart(tmp_path: Path) -> None:
    assert "source mine, 5 examples: no licence is stated" in refusal(_licensed(tmp_path, ""))


def _licensed(folder: Path, licence: str) -> Path:
    source = {"kind": "table", "name": "mine", "path": "rows.jsonl", "columns": {"solutions": "solutions"}}
    return publishable(folder, sources=[{**source, "licence": licence, "recorded_model": "the-house"}]).folder


def test_what_the_demo_teacher_wrote_stays_here_whatever_the_recipe_calls_it(tmp_path: Path) -> None:
    source = {"kind": "table", "name": "mine", "path": "rows.jsonl", "columns": {"solutions": "solutions"}}
    named = publishable(tmp_path, sources=[{**source, "licence": "MIT", "recorded_model": MODEL}]).folder
    told = refusal(named)
    assert f"{MODEL} is a demonstration" in told
    assert "build with a real teacher" in told


def test_the_quickstarts_demonstration_is_not_published(run: Path) -> None:
    recipe = run / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("kind: recorded", "kind: demo"))
    assert "is a demonstration" in refusal(run)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("hf_" + "aB3" * 12, "a token of the Hugging Face Hub"),
        ("sk-proj-" + "x9Y" * 10, "an API key (sk-…)"),
        ("AKIA" + "Q7" * 8, "an AWS access key"),
        ("ghp_" + "a1" * 18, "a token of GitHub"),
        ("sk-ant-api03-" + "x9Y-" * 10, "an API key (sk-…)"),
        ("sk-or-v1-" + "a1" * 32, "an API key (sk-…)"),
        ("AIza" + "Sy9-_" * 7, "an API key of Google"),
        ("nvapi-" + "aB3-_" * 12, "an API key of NVIDIA"),
        ("gsk_" + "aB3" * 17, "an API key of Groq"),
        ("xai-" + "aB3x" * 20, "an API key of xAI"),
        ("sk_live_" + "aB3x" * 6, "an API key (sk_live_…)"),
        ("glpat-" + "aB3x-" * 4, "a token of GitLab"),
        ("pypi-AgE" + "IcHlw" * 12, "a token of PyPI"),
        ("xoxb-123456789012-" + "aB3x" * 6, "a token of Slack"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "aB3_" * 8, "a signed token (JWT)"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key (PEM)"),
    ],
)
def test_every_kind_of_key_is_found_however_deep_it_lies_in_a_table(tmp_path: Path, key: str, kind: str) -> None:
    around = ["aB3", key, "9xY", None]
    table = pa.table(
        {"plain": around, "deep": [[{"text": text}] for text in around], "words": pa.array(around).dictionary_encode()}
    )
    pq.write_table(table, tmp_path / "rows.parquet", compression="zstd")
    (tmp_path / "notes.txt").write_bytes(b" " * ((1 << 20) - 7) + key.encode() + b"\n")
    found = set(KeySearch({}).search(read_files(tmp_path)))
    in_table = {FoundKey("rows.parquet", f"column {name}", kind) for name in ("plain", "deep", "words")}
    assert found == {FoundKey("notes.txt", "", kind), *in_table}


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.large_binary(), pa.binary(40), pa.string(), pa.large_string()], ids=str
)
def test_a_key_is_found_whatever_arrow_calls_its_column(tmp_path: Path, kind: pa.DataType) -> None:
    text = b"it is hf_" + b"x9Y" * 10 + b" "
    assert len(text) == 40
    column = pa.array([text if "binary" in str(kind) else text.decode()], kind)
    pq.write_table(pa.table({"cell": column}), tmp_path / "rows.parquet")
    found = KeySearch({}).search(read_files(tmp_path))
    assert list(found) == [FoundKey("rows.parquet", "column cell", "a token of the Hugging Face Hub")]


def test_a_key_inside_a_path_is_told_with_its_place_and_never_shown(tmp_path: Path) -> None:
    key = "sk-proj-" + "x9Y" * 10
    told = refusal(_with_text(tmp_path, f"I was told {key} once."))
    assert "-00000-of-00001.parquet, column paths: holds an API key (sk-…)" in told
    assert "void" in told
    assert key not in told


def test_the_values_of_this_machines_keys_are_found_in_any_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _with_text(tmp_path, "My teacher's name is Rumpelstiltskin, and nobody knows.")
    teachers = "teachers:\n- {name: r1, kind: openai, model: m, base_url: 'https://x.org/v1', api_key_env: FAIRY_KEY}\n"
    recipe = (run / "recipe.yaml").read_text()
    head, _, rest = recipe.partition("teachers:\n")
    (run / "recipe.yaml").write_text(head + teachers + rest)
    monkeypatch.setenv("FAIRY_KEY", "Rumpelstiltskin")
    told = refusal(run)
    assert "holds the value of FAIRY_KEY" in told
    assert "Rumpel" not in told


def test_a_key_of_this_machine_is_found_where_json_writes_it_otherwise(tmp_path: Path) -> None:
    key = 'né"ver\\tell'
    (tmp_path / "rows.jsonl").write_text(json.dumps({"text": f"it is {key}"}))
    (tmp_path / "plain.txt").write_text(key)
    found = KeySearch({"FAIRY_KEY": key}).search(read_files(tmp_path))
    assert {one.file for one in found} == {"rows.jsonl", "plain.txt"}
    assert {one.kind for one in KeySearch({"FAIRY_KEY": key}).search(read_files(tmp_path))} == {
        "the value of FAIRY_KEY"
    }


def test_the_hubs_own_token_is_found_in_the_card(tmp_path: Path) -> None:
    told = refusal(publishable(tmp_path, description=f"Made with {TOKEN}").folder)
    assert "README.md: holds" in told
    assert TOKEN not in told


def test_words_that_only_look_like_keys_are_let_be(tmp_path: Path) -> None:
    text = (
        "See task-sk-learn and sk-ipping-over-the-long-river, hf_short, and EMPTY; the risk-1234567890-aversion-of-it, "
        "desk-12345678901234567890; $sk-{n}$, \\\\mathsf{sk-1}, xoxo-hugs-and-kisses-1234, eyJ.eyJ.no, AIzaac Newton, "
        "ghp_short, data:image/png;base64,iVBORw0KGgoAKIAAANSUhEUgAAAAUA/AKIA+sk/hf/AAAAAElFTkSuQmCC, AKIAKIAKIAKIAK."
    )
    pq.write_table(pa.table({"text": [text]}), tmp_path / "rows.parquet")
    (tmp_path / "notes.txt").write_text(text)
    assert list(KeySearch({"EMPTY": "EMPTY"}).search(read_files(tmp_path))) == []


def _with_text(folder: Path, text: str) -> Path:
    """A run of which one path holds a text."""
    rows = [{**ROW, "solutions": [f"{text} {ROW['solutions'][0]}", *ROW["solutions"][1:]]}]
    (folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"kind": "table", "name": "mine", "path": "texts.jsonl", "columns": {"solutions": "solutions"}}
    return publishable(folder, sources=[{**source, "licence": "MIT", "recorded_model": "the-house"}]).folder


def test_all_that_speaks_against_it_is_told_at_once_and_by_a_dry_run_too(tmp_path: Path, hub: TakingHub) -> None:
    source = {"kind": "table", "name": "mine", "path": "rows.jsonl", "columns": {"solutions": "solutions"}}
    sources = [{**source, "licence": "CC-BY-ND-4.0", "recorded_model": MODEL}]
    run = publishable(tmp_path, sources=sources, screen={"benchmarks": []}).folder
    told = refusal(run)
    assert len(told.splitlines()) == 3
    made = publish_dataset(run, REPO, dry_run=True)
    assert "\n".join(made.refusals) == told
    assert made.changes
    forget(hub)


def test_a_run_that_is_not_finished_is_no_dataset(tmp_path: Path, run: Path) -> None:
    workspace = Workspace(run)
    workspace.forget_stage("assemble", [])
    with pytest.raises(UsageError, match=r"not finished \(stages done: .*select\); `datagen build` ends it"):
        publish_dataset(run, REPO)
    with pytest.raises(UsageError, match="there is no run here"):
        publish_dataset(tmp_path / "nowhere", REPO)
    assert not (tmp_path / "nowhere").exists()


def test_a_run_at_work_is_waited_for(run: Path) -> None:
    with Workspace(run).locked(), pytest.raises(DatagenError, match="is at work in this folder"):
        publish_dataset(run, REPO)


@pytest.mark.parametrize("repo_id", ["sums", "house/", "/sums", "a/b/c", "house/su ms", "house/--", "../etc", ""])
def test_a_malformed_name_is_refused_before_anything_is_read(run: Path, repo_id: str) -> None:
    with pytest.raises(UsageError, match=r"owner/name"):
        publish_dataset(run, repo_id)
