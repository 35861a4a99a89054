"""Whole runs with summaries: killed, stopped by a budget, resumed, taken over; nothing is asked twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import StoppedError, UsageError
from datagen.estimate.assumptions import Stated
from datagen.estimate.estimating import estimate_run
from datagen.estimate.evidence import read_evidence
from datagen.journal import Journal
from datagen.pipeline import Options, check, is_finished
from datagen.sampling.reuse import reuse_lines
from datagen.spending.cost import TEMPLATE_TOKENS
from datagen.spending.ledger import ledger_of
from datagen.tables import EXAMPLES
from datagen.workspace import Workspace, completions_of
from tests.answering import COMPLETION_TOKENS, KEY, PROMPT_TOKENS, teacher
from tests.building import build
from tests.end_to_end.runs import hashes, running, wait_until
from tests.select.summarising_endpoint import PROBLEMS, Endpoint, good, recipe_of

CONCURRENCY = 4
NOWHERE = "http://127.0.0.1:9/v1"
RECORDED = {"name": "recorded", "kind": "recorded"}
TOKENS_A_SUMMARY = PROMPT_TOKENS + COMPLETION_TOKENS
_UNUSED = {"why": "sampling.temperature 0.7 -> 0.8", "completions": 1, "tokens": 1, "usd": 0.0}
_BUILD = """
import sys
from pathlib import Path
from tests.building import build
from tests.select.summarising_endpoint import recipe_of
folder = Path(sys.argv[1])
build(recipe_of(folder, sys.argv[2]), folder / "run")
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Endpoint]:
    """A run that nothing came between, and what it asked."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as environment, Endpoint().serving() as endpoint:
        environment.setenv("TEST_KEY", KEY)
        build(recipe_of(folder, endpoint.base_url), folder / "run")
    return folder, endpoint


def test_a_killed_run_asks_for_no_summary_twice_and_ends_with_the_same_bytes(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, once = undisturbed
    with Endpoint().serving() as endpoint:
        endpoint.answers = 5
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen([sys.executable, "-c", _BUILD, str(tmp_path), endpoint.base_url], env=environment) as run:
            assert endpoint.holding.wait(60)
            run.send_signal(signal.SIGKILL)
        asked = Counter(endpoint.asked)
        with Journal(completions_of(tmp_path / "run")) as journal:
            kept = len(journal)
        assert 1 <= kept <= 5
        endpoint.release()
        build(recipe_of(tmp_path, endpoint.base_url), tmp_path / "run")
        twice = endpoint.asked.total() - len(endpoint.asked)
        assert set(endpoint.asked) == set(once.asked)
        assert twice <= asked.total() - kept <= CONCURRENCY
    assert hashes(tmp_path / "run" / "dataset") == hashes(folder / "run" / "dataset")


def test_a_run_that_is_told_to_stop_amid_summaries_keeps_those_in_flight(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, once = undisturbed
    with Endpoint().serving() as endpoint:
        endpoint.answers = 5
        recipe = recipe_of(tmp_path, endpoint.base_url)
        command = ("build", str(tmp_path / "summed.yaml"), "--output", str(tmp_path / "run"))
        with running(*command, cwd=tmp_path, TEST_KEY=KEY) as run:
            assert endpoint.holding.wait(120)
            run.process.terminate()
            wait_until(lambda: "stopping" in run.err, "the run has heard the signal")
            endpoint.release()
            done = run.wait()
        assert done.status == 3, done.out + done.err
        with Journal(completions_of(tmp_path / "run")) as journal:
            assert len(journal) == endpoint.asked.total() < PROBLEMS
        build(recipe, tmp_path / "run")
        assert endpoint.asked == once.asked
    assert hashes(tmp_path / "run" / "dataset") == hashes(folder / "run" / "dataset")


def test_a_budget_that_does_not_pay_for_all_summaries_stops_the_run_which_then_goes_on(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, once = undisturbed
    worst = max(len(question.encode()) for question in once.asked) + TEMPLATE_TOKENS + 500

    def sampling(budget: int) -> dict[str, Any]:
        asking = {"target_correct": 2, "max_attempts": 1, "give_up_after": 1, "max_tokens": 500}
        return {"sampling": {**asking, "budget_tokens": budget}}

    with Endpoint().serving() as endpoint:
        some = worst + 6 * TOKENS_A_SUMMARY
        with pytest.raises(StoppedError, match=r"sampling.budget_tokens: .* the next request to wise may take"):
            build(recipe_of(tmp_path, endpoint.base_url, **sampling(some)), tmp_path / "run")
        assert 6 <= endpoint.asked.total() < PROBLEMS
        ledger, _ = ledger_of(Workspace(tmp_path / "run"))
        assert ledger.spent.tokens == endpoint.asked.total() * TOKENS_A_SUMMARY <= some
        build(recipe_of(tmp_path, endpoint.base_url, **sampling(1_000_000)), tmp_path / "run")
        assert endpoint.asked == once.asked
    assert hashes(tmp_path / "run" / "dataset") == hashes(folder / "run" / "dataset")


def test_summaries_of_another_run_are_taken_over_and_cost_nothing(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, _ = undisturbed
    with Endpoint().serving() as endpoint:
        recipe = recipe_of(tmp_path, endpoint.base_url)
        workspace = build(recipe, tmp_path / "run", Options(reuse=folder / "run"))
        assert endpoint.asked.total() == 0
    counts = workspace.record()["stages"]["select"]["counts"]
    assert counts["summaries"] == {"wise": PROBLEMS, "template": 0}
    cost = counts["summary_cost"]
    assert counts["summaries_reused_from_other_run"] == cost["taken_over"]["completions"] == PROBLEMS
    assert cost["paid"]["completions"] == 0
    assert hashes(tmp_path / "run" / "dataset") == hashes(folder / "run" / "dataset")


def test_another_prompt_or_sampling_selects_anew_and_the_same_stands(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, endpoint = undisturbed
    workspace = Workspace(folder / "run")
    prompt = tmp_path / "short.txt"
    prompt.write_text("{{ problem }} {{ paths }}")
    assert is_finished(recipe_of(folder, endpoint.base_url), workspace, Options())
    for paths in ({"summary": "template"}, {"summary": {"teacher": "wise", "prompt": str(prompt)}}):
        assert not is_finished(recipe_of(folder, endpoint.base_url, paths=paths), workspace, Options())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"paths": {"summary": {"teacher": "recorded"}}}, "paths.summary.teacher: a teacher of kind recorded can't be"),
        ({"teachers": [RECORDED, teacher(NOWHERE, kind="openai_batch")]}, "kind openai_batch writes no summaries"),
        ({"paths": {"summary": {"teacher": "wise", "prompt": "none"}}}, "paths.summary.prompt: none: there is no such"),
        ({"paths": {"summary": {"teacher": "wise", "prompt": "solve"}}}, "it never mentions {{ paths }}"),
    ],
)
def test_a_summary_that_nobody_can_write_is_refused_before_anything_starts(
    tmp_path: Path, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        check(recipe_of(tmp_path, NOWHERE, **settings), Options())
    assert told in str(refusal.value)


def test_a_key_in_a_summary_never_reaches_the_run(tmp_path: Path) -> None:
    with Endpoint().serving() as endpoint:
        endpoint.reply = lambda number, question: f"{KEY}. {good(number)}"
        build(recipe_of(tmp_path, endpoint.base_url), tmp_path / "run")
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert not any(KEY.encode() in file.read_bytes() for file in files)


def test_an_estimate_counts_a_summary_for_each_example_and_knows_what_is_paid(
    tmp_path: Path, undisturbed: tuple[Path, Endpoint]
) -> None:
    folder, endpoint = undisturbed
    settings = recipe_of(folder, endpoint.base_url)
    assumed = estimate_run(settings, tmp_path / "none", None, Stated(tokens=50, solve_rate=1.0, survival=1.0))
    without = recipe_of(folder, endpoint.base_url, paths={"summary": "template"})
    bare = estimate_run(without, tmp_path / "none", None, Stated(tokens=50, solve_rate=1.0, survival=1.0))
    more = assumed.teachers["wise"].completions.expected - bare.teachers["wise"].completions.expected
    assert more == pytest.approx(assumed.examples.expected)
    assert any(
        line.startswith("summaries by wise: one an example, 500 + 2,000 tokens, assumed") for line in assumed.basis
    )
    measured = estimate_run(settings, folder / "run", read_evidence(folder / "run", settings), Stated())
    assert f"summaries by wise: one an example, {PROMPT_TOKENS} + {COMPLETION_TOKENS} tokens, measured in" in str(
        measured.basis
    )
    assert measured.teachers["wise"].completions.expected == pytest.approx(measured.examples.expected)
    assert [paid.completions for paid in measured.paid] == [PROBLEMS]


def test_sampling_anew_calls_no_summary_unused(tmp_path: Path, undisturbed: tuple[Path, Endpoint]) -> None:
    folder, endpoint = undisturbed
    shutil.copytree(folder / "run", tmp_path / "run", symlinks=True)
    asked = endpoint.asked.total()
    workspace = build(recipe_of(folder, endpoint.base_url), tmp_path / "run", Options(fresh=True))
    figures = workspace.record()["stages"]["sample"]["counts"]["reuse"]
    assert (figures["summaries"]["completions"], figures["unused"]) == (PROBLEMS, [])
    assert f"{PROBLEMS:11,} {PROBLEMS * TOKENS_A_SUMMARY:15,}" in "\n".join(
        reuse_lines({**figures, "unused": [_UNUSED]})
    )
    assert endpoint.asked.total() == asked
    assert hashes(tmp_path / "run" / "dataset") == hashes(folder / "run" / "dataset")


def test_where_rules_cannot_decide_the_judge_has_its_say_on_a_summary_too(tmp_path: Path) -> None:
    gold = "its base is shorter than both of its legs"
    boxed = "So \\boxed{\\text{isosceles, with a short base}}"
    with Endpoint().serving() as endpoint:
        endpoint.reply = lambda number, question: f"Both paths measure and agree. {boxed}"
        settings = recipe_of(tmp_path, endpoint.base_url, verify={"judge": "wise", "workers": 1})
        rows = [json.loads(line) | {"answer": gold} for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
        for row in rows:
            row["generations"] = [f"{text.partition('So ')[0]}{boxed}" for text in row["generations"]]
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        workspace = build(settings, tmp_path / "run")
    assert {one.summary_by for one in workspace.read(EXAMPLES)} == {"m"}
    assert workspace.rows(EXAMPLES) == PROBLEMS
    assert endpoint.judged.total() == len(endpoint.judged) == PROBLEMS


def test_a_wrong_path_is_summed_up_too_and_the_answer_must_be_right_all_the_same(tmp_path: Path) -> None:
    def reply(number: int, question: str) -> str:
        if "end of Path" not in question:
            return "I give up."
        texts = re.findall(r"^Path (\d) \w+\n(.*?)\nend of Path", question, re.MULTILINE | re.DOTALL)
        [wrong] = [path for path, text in texts if f"\\boxed{{{number + 3}}}" in text]
        return f"Path {wrong} counts one too many; the other path is right: \\boxed{{{number + 2 + number % 2}}}"

    with Endpoint().serving() as endpoint:
        endpoint.reply = reply
        settings = recipe_of(tmp_path, endpoint.base_url, paths={"require": "any_correct", "count": [2, 2]})
        rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
        for number, row in enumerate(rows):
            row["generations"][1] = row["generations"][1].replace(f"{{{number + 2}}}", f"{{{number + 3}}}")
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        workspace = build(settings, tmp_path / "run")
    made = list(workspace.read(EXAMPLES))
    assert Counter(one.summary_by for one in made) == {"m": PROBLEMS // 2, "template": PROBLEMS // 2}
    for one in made:
        [wrong] = [path.think_id for path in one.paths if path.verdict == "wrong"]
        assert one.summary_by == "template" or one.summary.startswith(f"Path {wrong} counts one too many")
    assert workspace.record()["stages"]["select"]["counts"]["summary_faults"] == {"wrong_answer": PROBLEMS // 2}
