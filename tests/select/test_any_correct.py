"""Where a recipe lets wrong paths in, they are finished, few, marked everywhere, and never in a correct one's place."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from datagen.formats.tokenizer import load_tokenizer
from datagen.path_rule import PathRule
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.sampling.ladder import rules_of
from datagen.sampling.stage import Sample
from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.quotes import Quotes
from datagen.select.choice import Refusal
from datagen.select.example import ExampleMaker, Judged
from datagen.solutions import recorded_solution
from datagen.stage import Run
from datagen.tables import DROPPED, EXAMPLES, FinishReason, Problem, Verdict, VerdictKind
from datagen.verify.closing import CORRECT_OR_WRONG, closing_text
from datagen.verify.extract import last_box
from datagen.workspace import Workspace
from tests.building import build

TOKENIZER = load_tokenizer("bundled")
PROBLEM = Problem("row", "id", "What is 2 + 3?", "5", "s", "s#1", "r", "MIT")
WAYS = [
    "Counting up from two: three, four, five. \\boxed{5}",
    "Take three apples, add a pair, look at the heap. \\boxed{5}",
    "On the number line a jump of 3 from 2 lands here. \\boxed{5}",
]
ERRORS = [
    "Perhaps both shall be multiplied with each other. \\boxed{6}",
    "Write the digits side by side, as children like to do. \\boxed{23}",
    "Take away instead of adding, by some misreading. \\boxed{1}",
]
EXAM = "In a table tennis tournament every participant played every other participant exactly once, more or less."
QUOTES = Quotes([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, EXAM),))])


def settings(**paths: Any) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "test",
            "sources": [{"kind": "limo"}],
            "teachers": [{"name": "recorded", "kind": "recorded"}],
            "paths": {"tokenizer": "bundled", "require": "any_correct", **paths},
        }
    )


def maker(**paths: Any) -> ExampleMaker:
    recipe = settings(**paths)
    return ExampleMaker(recipe, TOKENIZER, PathRule("both", QUOTES, TOKENIZER.forbidden_in, CORRECT_OR_WRONG))


def judged(text: str, kind: VerdictKind, finish: FinishReason = "stop") -> Judged:
    solution = recorded_solution(PROBLEM.id, PROBLEM.problem, text, model="m", index=0, finish_reason=finish)
    return solution, Verdict(solution.id, "5", last_box(text), kind, "string", "v")


def solutions(correct: int, wrong: int) -> list[Judged]:
    right = [judged(text, "correct") for text in WAYS[:correct]]
    return right + [judged(text, "wrong") for text in ERRORS[:wrong]]


@pytest.mark.parametrize(
    ("correct", "wrong", "paths", "held"),
    [
        (1, 1, {}, (1, 1)),
        (1, 3, {}, (1, 1)),
        (2, 3, {}, (2, 2)),
        (3, 3, {"count": [2, 4]}, (3, 1)),
        (3, 3, {"count": [2, 3]}, (3, 0)),
        (1, 3, {"most_wrong": 3}, (1, 3)),
        (3, 3, {"most_wrong": 1}, (3, 1)),
    ],
)
def test_wrong_paths_fill_what_correct_ones_leave_as_far_as_is_allowed(
    correct: int, wrong: int, paths: dict[str, Any], held: tuple[int, int]
) -> None:
    made = maker(**paths).make(PROBLEM, solutions(correct, wrong))
    assert not isinstance(made, Refusal)
    verdicts = [path.verdict for path in made.paths]
    assert (verdicts.count("correct"), verdicts.count("wrong")) == held
    assert made.wrong_paths == held[1]
    assert {path.answer for path in made.paths if path.verdict == "correct"} == {"5"}
    assert made.summary.endswith("\\boxed{5}")


@pytest.mark.parametrize(
    "other",
    [
        judged("It must be \\boxed{6}, or so it", "wrong", "length"),
        judged("<think>It must be \\boxed{6}, or so it", "truncated"),
        judged("There is no way to tell.", "no_answer"),
        judged("Some terrible expression \\boxed{6^{6^6}}", "timeout"),
        judged("It is </think1> \\boxed{6}", "wrong"),
        judged(f"This reminds me: {EXAM} \\boxed{{6}}", "wrong"),
        judged("It is 6, plainly.", "wrong"),
    ],
    ids=["cut off", "open thought", "no answer", "timeout", "control token", "quote", "no box"],
)
def test_a_wrong_path_is_as_whole_and_clean_as_a_correct_one(other: Judged) -> None:
    held = {path.text for path in example_paths([*solutions(2, 0), other])}
    assert held == set(WAYS[:2])
    refusal = maker().make(PROBLEM, [*solutions(1, 0), other])
    assert isinstance(refusal, Refusal)
    assert refusal.reason in ("too_few_correct_paths", "quotes_benchmark")


def example_paths(solved: list[Judged]) -> tuple[Any, ...]:
    made = maker().make(PROBLEM, solved)
    assert not isinstance(made, Refusal), made
    return made.paths


def test_wrong_paths_alone_make_no_example() -> None:
    assert maker(most_wrong=5).make(PROBLEM, solutions(0, 3)) == Refusal("no_correct_solution", "3 wrong")
    unboxed = judged("It is 5, plainly.", "correct")
    refusal = maker().make(PROBLEM, [unboxed, *solutions(0, 3)])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too_few_correct_paths"
    assert "0 correct and 3 wrong usable as paths" in refusal.detail
    assert "2 needed, 1 of them correct" in refusal.detail


def test_nobody_but_who_asks_for_them_gets_wrong_texts() -> None:
    solution, verdict = judged(ERRORS[0], "wrong")
    assert closing_text(solution, verdict, "both") is None
    assert closing_text(solution, verdict, "both", CORRECT_OR_WRONG) == ERRORS[0]


def test_two_tellings_of_one_error_are_one_path() -> None:
    twice = [judged(ERRORS[0], "wrong"), judged(ERRORS[0].replace(" ", "  "), "wrong")]
    assert len(example_paths([*solutions(2, 0), *twice])) == 3


def test_the_plan_needs_as_many_correct_paths_as_an_example_does() -> None:
    asked = {
        (2, None): 1,
        (4, None): 2,
        (4, 1): 3,
        (4, 5): 1,
    }
    for (fewest, most_wrong), correct in asked.items():
        recipe = settings(count=[fewest, 6], most_wrong=most_wrong)
        assert recipe.paths.fewest_correct == correct
        assert rules_of(recipe).bounds.fewest_paths == correct
        assert rules_of(recipe).bounds.target_correct == 6
    assert rules_of(settings(require="all_correct")).bounds.fewest_paths == 2


def test_a_plan_that_needs_fewer_correct_paths_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row(1, right=2)) + "\n")

    def plan(**paths: Any) -> object:
        return Sample("sample").settings(Run(run_recipe(tmp_path, **paths), Workspace(tmp_path), {}, None, print))

    assert plan() == plan(max_example_tokens=1000)
    assert plan() != plan(require="any_correct")
    assert plan(count=[2, 6]) != plan(count=[3, 6])


def test_a_number_of_wrong_paths_where_none_may_be_wrong_is_refused() -> None:
    with pytest.raises(ValidationError, match="with require: all_correct no path is wrong; set require: any_correct"):
        settings(require="all_correct", most_wrong=2)


def test_a_run_marks_wrong_paths_in_every_readable_format_and_on_its_card(tmp_path: Path) -> None:
    rows = [row(number, right=number % 3) for number in range(9)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    workspace = build(run_recipe(tmp_path, require="any_correct"), tmp_path / "run")
    examples, dropped = list(workspace.read(EXAMPLES)), list(workspace.read(DROPPED))
    assert sorted(one.wrong_paths for one in examples) == [0, 0, 0, 1, 1, 1]
    assert {one.reason for one in dropped} == {"no_correct_solution"}
    assert len(dropped) == 3
    for one in examples:
        assert one.wrong_paths == sum(path.verdict == "wrong" for path in one.paths)
        assert one.summary.endswith(f"\\boxed{{{one.answer}}}")
    for folder in ("data", "parallel_r1"):
        files = (workspace.folder / "dataset" / folder).glob("*.parquet")
        assert sorted(mark for file in files for mark in pq.read_table(file)["wrong_paths"].to_pylist()) == [
            *[0] * 3,
            *[1] * 3,
        ]
    to_imitate = [path.solution_id for one in examples for path in one.paths if path.verdict == "correct"]
    files = (workspace.folder / "dataset" / "messages").glob("*.parquet")
    assert sorted(id_ for file in files for id_ in pq.read_table(file)["solution_id"].to_pylist()) == sorted(to_imitate)
    card = (workspace.folder / "dataset" / "README.md").read_text()
    assert "| with wrong paths among them | 3 examples |" in card
    assert "**Some paths are wrong.**" in card
    assert workspace.record()["stages"]["select"]["counts"]["wrong_paths"] == {"1": 3}


def test_a_run_without_that_setting_holds_none_and_speaks_of_none(tmp_path: Path) -> None:
    rows = [row(number, right=number % 3) for number in range(9)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    workspace = build(run_recipe(tmp_path), tmp_path / "run")
    assert [one.wrong_paths for one in workspace.read(EXAMPLES)] == [0, 0, 0]
    card = (workspace.folder / "dataset" / "README.md").read_text()
    assert "wrong paths" not in card
    assert "| diversity, mean | " in card


def row(number: int, right: int) -> dict[str, Any]:
    answers = [2 * number if place < right else 2 * number + 7 for place in range(2)]
    generations = [
        f"<think>One way: start at {number}, take {number} steps up, and count where they lead to, one after the other."
        f"</think>\n\nIt is $\\boxed{{{answers[0]}}}$.",
        f"Twice {number} is what the question asked for, and doubling gives \\boxed{{{answers[1]}}}.",
    ]
    problem, answer = f"What is {number} + {number}?", str(2 * number)
    return {"problem": problem, "answer": answer, "question_type": "math-word-problem", "generations": generations}


def run_recipe(folder: Path, **paths: Any) -> Recipe:
    file = folder / "small.yaml"
    tree = {
        "name": "small",
        "sources": [{"kind": "open_r1", "path": str(folder / "rows.jsonl")}],
        "screen": {"benchmarks": []},
        "teachers": [{"name": "carried", "kind": "recorded"}],
        "paths": {"tokenizer": "bundled", **paths},
        "output": {"formats": ["text", "messages", "parallel_r1"]},
    }
    file.write_text(json.dumps(tree))
    return load_recipe(str(file))
