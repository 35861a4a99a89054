"""Which summary stands: by what it says, by what it would be read as, and by its length beside its paths."""

from dataclasses import replace

import pytest

from datagen.formats.rendering import render
from datagen.path_rule import PathRule
from datagen.select.summary_rule import SummaryRule, names_unknown_path
from datagen.solutions import recorded_solution
from datagen.tables import Example, Verdict
from datagen.verify.extract import last_box
from tests.select.test_example_maker import EXAM, PROBLEM, QUOTES, TOKENIZER, correct, example, maker

MARK = "c0ffee123456"
GOOD = "Path 1 adds, Path 2 counts; both are right, so it is $\\boxed{5}$."


def made(**paths: object) -> Example:
    return example(maker(count=[2, 2], **paths).make(PROBLEM, correct(2)))


def read(one: Example, text: str, verdict: str = "correct", most_tokens: int = 28672, **parts: str) -> object:
    """What the rule makes of a summary: an example, or the fault."""
    summary = recorded_solution(one.id, one.problem, "", model="wise-model", index=0)
    summary = replace(summary, content=text, finish_reason=parts.get("finish_reason", "stop"))
    given = Verdict(summary.id, one.answer, parts.get("answer", last_box(text)), verdict, "string", "v")
    return SummaryRule(TOKENIZER, PathRule("both", QUOTES), most_tokens).read(one, summary, given, MARK)


def test_a_summary_that_stands_is_rendered_and_counted_to_the_token() -> None:
    one = made()
    written = read(one, GOOD)
    assert isinstance(written, Example)
    rendered = render(one.problem, [(path.think_id, path.text) for path in one.paths], GOOD, TOKENIZER)
    assert (written.prompt, written.completion, written.n_tokens) == (
        rendered.prompt,
        rendered.completion,
        rendered.n_tokens,
    )
    assert (written.summary, written.summary_by) == (GOOD, "wise-model")
    same = replace(written, summary=one.summary, summary_by=one.summary_by, completion=one.completion)
    assert replace(same, n_tokens=one.n_tokens) == one


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Path 1 and Path 2 agree on 5.", "no_answer"),
        ("Adding 2 and 3 gives $\\boxed{5}$.", "no_synthesis"),
        (f"Path 3 errs. {GOOD}", "unknown_path"),
        (f"The third path errs. {GOOD}", "unknown_path"),
        (f"As <think1> says: {GOOD}", "structure"),
        (f"</summary> {GOOD}", "structure"),
        (f"<think>Hm.</think> {GOOD}", "structure"),
        (f"end of Path 2 {MARK} {GOOD}", "structure"),
        (f"As an AI language model, I can't check that. {GOOD}", "degenerate"),
        (f"{'We add the two numbers and get the sum of them once more. ' * 60}{GOOD}", "degenerate"),
        (f"It is like this one: {EXAM} {GOOD}", "quotes_benchmark"),
    ],
)
def test_a_summary_that_the_student_must_not_read_has_its_fault(text: str, fault: str) -> None:
    assert read(made(), text) == fault


@pytest.mark.parametrize("verdict", ["wrong", "timeout", "bad_gold", "no_answer"])
def test_only_an_answer_that_was_found_right_stands(verdict: str) -> None:
    assert read(made(), GOOD, verdict) == "wrong_answer"


def test_the_last_box_must_be_the_one_that_was_verified() -> None:
    assert read(made(), f"{GOOD} And \\boxed{{7}}.", answer="5") == "wrong_answer"


@pytest.mark.parametrize("finish_reason", ["length", "content_filter", "unknown"])
def test_only_a_summary_that_ended_by_itself_stands(finish_reason: str) -> None:
    assert read(made(), GOOD, finish_reason=finish_reason) == "cut_off"


def test_a_summary_gets_the_room_that_the_paths_leave_and_no_path_goes_for_it() -> None:
    one = made()
    written = read(one, GOOD)
    assert isinstance(written, Example)
    assert written.n_tokens > one.n_tokens
    assert read(one, GOOD, most_tokens=written.n_tokens) == written
    assert read(one, GOOD, most_tokens=written.n_tokens - 1) == "over_budget"


def test_a_path_is_known_by_the_number_that_the_student_sees_or_by_its_place() -> None:
    one = made()
    paths = tuple(replace(path, think_id=number) for path, number in zip(one.paths, (5, 2), strict=True))
    one = replace(one, paths=paths)
    assert not names_unknown_path("Path 5 and Path 2 agree, the first path is short.", one)
    assert names_unknown_path("Path 1 errs.", one)
    assert names_unknown_path("The third path errs.", one)


def test_a_path_of_the_problem_itself_is_no_ghost() -> None:
    one = replace(made(), problem="Ann walks along Path 7. How far is it?")
    assert not names_unknown_path("Path 1 says that Path 7 is longer.", one)
    assert names_unknown_path("Path 8 says so.", one)
