"""Summaries by a teacher: kept only where they stand, paid for once, and the template's everywhere else."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from datagen.formats.rendering import SUMMARY_PREFIX
from datagen.spending.ledger import ledger_of
from datagen.status import run_status, status_lines
from datagen.tables import EXAMPLES, Example
from datagen.teachers.prompting import load_prompt
from datagen.workspace import Workspace
from tests.answering import COMPLETION_TOKENS, KEY, PRICE, PROMPT_TOKENS
from tests.building import build
from tests.select.summarising_endpoint import PROBLEMS, Endpoint, good, problem_of, recipe_of


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def built(folder: Path, endpoint: Endpoint, **settings: Any) -> Workspace:
    return build(recipe_of(folder, endpoint.base_url, **settings), folder / "run")


def examples(workspace: Workspace) -> dict[int, Example]:
    """The examples by their problem's number, in the order of the table."""
    return {int(re.findall(r"\d+", one.problem)[0]): one for one in workspace.read(EXAMPLES)}


def counts(workspace: Workspace) -> dict[str, Any]:
    return workspace.record()["stages"]["select"]["counts"]


def test_a_summary_that_stands_takes_the_templates_place_and_is_trained_as_it_is(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    made = examples(built(tmp_path, endpoint))
    assert list(made) == list(range(PROBLEMS))
    assert {number: one.summary for number, one in made.items()} == {number: good(number) for number in made}
    assert {one.summary_by for one in made.values()} == {"m"}
    assert all(f"</think2><summary>{one.summary}</summary>" in one.completion for one in made.values())
    assert endpoint.asked.total() == len(endpoint.asked) == PROBLEMS


TOO_LONG = "This model's maximum context length is 4096 tokens, but you requested 9000"
FAULTY: dict[str, Any] = {
    "refused": web.json_response({"error": {"message": TOO_LONG}}, status=400),
    "cut_off": ("Path 1 is right, \\boxed{3}, and", "length"),
    "no_answer": "Path 1 and Path 2 agree.",
    "wrong_answer": "Path 1 and Path 2 agree, so it is \\boxed{77}.",
    "no_synthesis": "Two more than 4 is \\boxed{6}.",
    "unknown_path": "Path 1, Path 2 and Path 3 agree. \\boxed{7}",
    "structure": "As <think1> says of both paths, \\boxed{8}",
}
"""What is answered about the problems from 0 on, by the fault that it is."""


def test_a_summary_that_does_not_stand_leaves_the_template_and_is_counted_by_its_fault(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    replies = dict(enumerate(FAULTY.values()))
    endpoint.reply = lambda number, question: replies.get(number) or good(number)
    workspace = built(tmp_path, endpoint)
    made = examples(workspace)
    template = {number: f"{SUMMARY_PREFIX} \\boxed{{{number + 2}}}" for number in made}
    by_whom = {n: ("template", template[n]) if n in replies else ("m", good(n)) for n in made}
    assert {number: (one.summary_by, one.summary) for number, one in made.items()} == by_whom
    assert counts(workspace)["summaries"] == {"wise": PROBLEMS - len(FAULTY), "template": len(FAULTY)}
    assert counts(workspace)["summary_faults"] == dict.fromkeys(FAULTY, 1)


def test_what_summaries_cost_and_who_wrote_them_is_shown_and_stands_on_the_card(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.reply = lambda number, question: good(number) if number > 1 else FAULTY["wrong_answer"]
    workspace = built(tmp_path, endpoint)
    ledger, _ = ledger_of(workspace)
    cost = PROBLEMS * (PROMPT_TOKENS * PRICE["input"] + COMPLETION_TOKENS * PRICE["output"]) / 1e6
    assert ledger.by_teacher()["wise"]["usd"] == pytest.approx(cost)
    shown = "\n".join(status_lines(run_status(workspace.folder)))
    assert f"summaries by  wise {PROBLEMS - 2}, template 2 (wrong_answer 2)" in shown
    assert f"  {PROBLEMS} completions, 120 + 240 tokens, {cost:.4f} USD" in shown
    card = " ".join((workspace.folder / "dataset" / "README.md").read_text().split())
    assert f"The model m read the problem and its paths, not the reference answer, and wrote {PROBLEMS - 2} of" in card
    assert "The other 2 are of the template" in card
    assert "does not stand: wrong_answer 2." in card
    assert load_prompt("summarize", "m").sha256[:12] in card
    published = pq.read_table(workspace.folder / "dataset" / "data").column("summary_by").to_pylist()
    assert Counter(published) == {"m": PROBLEMS - 2, "template": 2}
    assert not any(KEY in file.read_text("utf-8", "replace") for file in workspace.folder.rglob("*") if file.is_file())


def test_a_dataset_whose_summaries_are_all_of_the_template_says_nothing_of_a_model(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    workspace = built(tmp_path, endpoint, paths={"summary": "template"})
    assert {one.summary_by for one in examples(workspace).values()} == {"template"}
    assert "The summaries" not in (workspace.folder / "dataset" / "README.md").read_text()
    assert endpoint.asked.total() == 0


def test_the_teacher_reads_problem_and_paths_by_their_numbers_and_no_reference_answer(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    made = examples(built(tmp_path, endpoint, paths={"think_ids": "random"}))
    for question in endpoint.asked:
        one = made[problem_of(question)]
        assert one.problem in question
        for path in one.paths:
            found = re.search(
                rf"^Path {path.think_id} (\w+)\n(.*?)\nend of Path {path.think_id} \1$", question, re.M | re.S
            )
            assert found is not None
            assert found[2] == path.text
        places = [question.index(path.text) for path in one.paths]
        assert places == sorted(places)
        assert {int(number) for number in re.findall(r"^Path (\d)", question, re.M)} == {p.think_id for p in one.paths}
        assert question.count(f"\\boxed{{{one.answer}}}") == len(one.paths)
        assert "reference" not in question
