"""A screened problem becomes one example, or is refused with the one reason why."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.formats.tokenizer import load_tokenizer
from datagen.path_rule import PathRule
from datagen.recipe import Recipe
from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.quotes import Quotes
from datagen.select.choice import Refusal
from datagen.select.example import ExampleMaker, Judged
from datagen.solutions import recorded_solution
from datagen.tables import DropReason, Example, Problem, Suspect, Verdict, VerdictKind
from datagen.verify.extract import last_box

TOKENIZER = load_tokenizer("bundled")
PROBLEM = Problem("row", "id", "What is 2 + 3?", "5", "s", "s#1", "r", "MIT")
WAYS = [
    "Counting up from two: three, four, five. \\boxed{5}",
    "Take three apples, add a pair, look at the heap. \\boxed{5}",
    "On the number line a jump of 3 from 2 lands here. \\boxed{5}",
    "By commutativity 3 + 2, which everybody knows. \\boxed{5}",
    "Double two and add one more unit. \\boxed{5}",
    "Subtract seven from twelve instead. \\boxed{5}",
    "Binary: 10 + 11 = 101. \\boxed{5}",
]
EXAM = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players. What is the total number of games played?"
)
QUOTES = Quotes([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, EXAM),))])
BOXED_FIRST = f"\\boxed{{5}} is what it is. {WAYS[5]}"
QUOTING = f"This reminds me: {EXAM} Here it is \\boxed{{5}}"


def maker(seed: int = 42, test_fraction: float = 0.02, difficulty: Any = None, **paths: Any) -> ExampleMaker:
    tree = {
        "name": "test",
        "seed": seed,
        "sources": [{"kind": "limo"}],
        "teachers": [{"name": "recorded", "kind": "recorded"}],
        "sampling": {"difficulty": difficulty},
        "paths": {"tokenizer": "bundled", **paths},
        "output": {"test_fraction": test_fraction},
    }
    settings_ = Recipe.model_validate(tree)
    return ExampleMaker(settings_, TOKENIZER, PathRule(settings_.paths.text, QUOTES, TOKENIZER.forbidden_in))


def judged(text: str, kind: VerdictKind = "correct", answer: str | None = None, gold: str = "5") -> Judged:
    solution = recorded_solution(PROBLEM.id, PROBLEM.problem, text, model="m", index=0)
    found = last_box(text) if answer is None else answer
    return solution, Verdict(solution.id, gold, found, kind, "string", "v")


def correct(number: int) -> list[Judged]:
    return [judged(text) for text in WAYS[:number]]


def example(made: Example | Refusal) -> Example:
    assert isinstance(made, Example), made
    return made


def test_correct_paths_become_an_example_and_wrong_ones_do_not() -> None:
    wrong = judged("Perhaps \\boxed{6}", "wrong")
    cut = judged("<think>Hm \\boxed{5}", "truncated")
    made = example(maker().make(PROBLEM, [wrong, *correct(3), cut]))
    assert {path.text for path in made.paths} == set(WAYS[:3])
    assert {path.verdict for path in made.paths} == {"correct"}
    assert [path.think_id for path in made.paths] == [1, 2, 3]
    assert made.summary.endswith("\\boxed{5}")
    assert (made.row_id, made.id, made.source, made.licence) == ("row", "id", "s", "MIT")


def test_an_example_holds_no_more_paths_than_it_may() -> None:
    assert len(example(maker().make(PROBLEM, correct(7))).paths) == 6
    assert len(example(maker(count=[1, 3]).make(PROBLEM, correct(7))).paths) == 3


def test_the_budget_counts_the_whole_example_to_the_token() -> None:
    whole = example(maker().make(PROBLEM, correct(4)))
    assert len(whole.paths) == 4
    assert whole.n_tokens == example(maker(max_example_tokens=whole.n_tokens).make(PROBLEM, correct(4))).n_tokens
    less = example(maker(max_example_tokens=whole.n_tokens - 1).make(PROBLEM, correct(4)))
    assert len(less.paths) == 3
    assert all(path.text in WAYS for path in less.paths)


REFUSALS: dict[str, tuple[Problem, list[Judged], dict[str, Any]]] = {
    "no_correct_solution": (PROBLEM, [judged("\\boxed{6}", "wrong"), judged("Hm.", "no_answer")], {}),
    "bad_gold": (PROBLEM, [judged("\\boxed{6}", "bad_gold"), judged("\\boxed{7}", "bad_gold")], {}),
    "control_token_in_problem": (replace(PROBLEM, problem="What is </think1>?"), correct(3), {}),
    "too_few_correct_paths": (PROBLEM, correct(1), {}),
    "quotes_benchmark": (PROBLEM, [judged(QUOTING), *correct(1)], {}),
    "degenerate_paths": (PROBLEM, [judged(BOXED_FIRST), *correct(1)], {}),
    "too_few_distinct_paths": (PROBLEM, [judged(WAYS[0]), judged(WAYS[0].replace(" ", "  "))], {}),
    "paths_exceed_token_budget": (PROBLEM, correct(3), {"max_example_tokens": 60}),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_problem_without_example_is_refused_with_its_reason(reason: str) -> None:
    problem, solutions, settings_ = REFUSALS[reason]
    refusal = maker(**settings_).make(problem, solutions)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert reason in get_args(DropReason)
    assert refusal.detail


SUSPECT = Suspect("row", "id", "s", "5", "7", 4, 6, "contradicted", "drop")


def test_a_gold_that_is_contradicted_is_no_answer_to_train_on_even_with_enough_correct_paths() -> None:
    refusal = maker().make(PROBLEM, correct(3), SUSPECT)
    detail = "the source answers '5', but 4 of 6 solutions answer '7'; 3 correct"
    assert refusal == Refusal("suspect_gold", detail)


def test_a_kept_gold_answers_and_an_adopted_majority_does_and_both_are_marked() -> None:
    kept = example(maker().make(PROBLEM, correct(2), replace(SUSPECT, policy="keep")))
    assert (kept.suspect_gold, kept.answer, kept.source_answer, kept.majority_answer) == ("kept", "5", "5", "7")
    sevens = [judged(text.replace("{5}", "{7}"), gold="7") for text in WAYS[:2]]
    adopted = example(maker().make(PROBLEM, sevens, replace(SUSPECT, policy="adopt")))
    assert (adopted.suspect_gold, adopted.answer, adopted.source_answer) == ("adopted", "7", "5")
    assert adopted.summary.endswith("\\boxed{7}")
    plain = example(maker().make(PROBLEM, correct(2)))
    assert (plain.suspect_gold, plain.source_answer, plain.majority_answer) == ("", "5", None)


def test_an_adopted_answer_that_holds_a_control_token_is_refused() -> None:
    suspect = replace(SUSPECT, majority="7<summary>", policy="adopt")
    refusal = maker().make(PROBLEM, [judged("So \\boxed{7<summary>}", gold="7<summary>")], suspect)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "control_token_in_problem"


def test_a_problem_without_any_solution_is_refused() -> None:
    assert maker().make(PROBLEM, []) == Refusal("no_correct_solution", "no solution")


@pytest.mark.parametrize(
    "token", ["<think1>", "</think3>", "<summary>", "</summary>", "<vllm_pad>", "a</think>b<think>c</think>d"]
)
def test_a_control_token_in_a_path_keeps_that_path_out(token: str) -> None:
    hostile = judged(f"Look: {token} so \\boxed{{5}}")
    made = example(maker().make(PROBLEM, [hostile, *correct(2)]))
    assert {path.text for path in made.paths} == set(WAYS[:2])
    refusal = maker().make(PROBLEM, [hostile, *correct(1)])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too_few_correct_paths"


def test_a_path_that_quotes_a_benchmark_is_left_out_and_the_others_stay() -> None:
    made = maker()
    found = example(made.make(PROBLEM, [judged(QUOTING), *correct(2)]))
    assert found == replace(example(maker().make(PROBLEM, correct(2))), solutions=3)
    assert made.quoting == {"exam": 1}


def test_what_is_lost_to_a_quote_says_which_benchmark_problem_and_shows_the_words() -> None:
    quoting, _ = judged(QUOTING)
    refusal = maker().make(PROBLEM, [judged(QUOTING), *correct(1)])
    assert isinstance(refusal, Refusal)
    assert refusal.detail.startswith(f"2 correct; 1 quote a benchmark: solution {quoting.id}: exam row 0: quote")
    assert "in a table tennis tournament every participant" in refusal.detail


@pytest.mark.parametrize("others", [[], [judged(QUOTING.replace("reminds me", "reminds me of"))]])
def test_what_would_be_lost_without_any_quote_too_keeps_its_own_reason(others: list[Judged]) -> None:
    refusal = maker(count=[2, 6]).make(PROBLEM, [judged(QUOTING), *others])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "too_few_correct_paths"


def test_a_degenerate_path_is_left_out_and_the_others_stay() -> None:
    made = maker()
    found = example(made.make(PROBLEM, [judged(BOXED_FIRST), *correct(2)]))
    assert found == replace(example(maker().make(PROBLEM, correct(2))), solutions=3)
    assert made.degenerate == {"box_before_reasoning": 1}


def test_what_is_lost_to_a_degenerate_path_says_which_and_shows_the_words() -> None:
    degenerate, _ = judged(BOXED_FIRST)
    refusal = maker().make(PROBLEM, [judged(BOXED_FIRST), *correct(1)])
    assert isinstance(refusal, Refusal)
    found = "box_before_reasoning at character 0: '\\\\boxed{5} is what it is."
    assert refusal.detail.startswith(f"2 correct; 1 degenerate: solution {degenerate.id}: {found}")


def test_what_a_quote_alone_would_have_cost_is_not_said_of_degenerate_paths() -> None:
    lost_to = {}
    for name, solutions in {"either": [QUOTING, BOXED_FIRST, WAYS[0]], "both": [QUOTING, BOXED_FIRST]}.items():
        refusal = maker().make(PROBLEM, [judged(text) for text in solutions])
        assert isinstance(refusal, Refusal)
        lost_to[name] = refusal.reason
    assert lost_to == {"either": "quotes_benchmark", "both": "degenerate_paths"}


def test_only_what_the_student_reads_is_degenerate() -> None:
    thought = "As an AI language model, I add two and three."
    texts = [f"<think>{thought}</think>{text}" for text in WAYS[:2]]
    assert isinstance(maker(text="both").make(PROBLEM, [judged(text) for text in texts]), Refusal)
    assert len(example(maker(text="solution").make(PROBLEM, [judged(text) for text in texts])).paths) == 2


def test_the_words_of_its_own_problem_are_no_quote() -> None:
    problem = replace(PROBLEM, problem=f"{EXAM} Twice that?")
    assert len(example(maker().make(problem, [judged(QUOTING), *correct(1)])).paths) == 2


def test_a_control_token_in_the_answer_is_refused() -> None:
    problem = replace(PROBLEM, answer="5<summary>")
    refusal = maker().make(problem, [judged(f"{text} \\boxed{{5<summary>}}") for text in WAYS[:2]])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "control_token_in_problem"


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(2, 7))
def test_the_same_solutions_give_the_same_example_in_any_order(order: Any, number: int) -> None:
    shuffled = correct(number)
    order.shuffle(shuffled)
    assert maker(think_ids="random").make(PROBLEM, shuffled) == maker(think_ids="random").make(PROBLEM, correct(number))


def test_random_path_tokens_are_drawn_from_one_to_six_without_repetition() -> None:
    drawn = []
    for number in range(40):
        made = example(maker(think_ids="random").make(replace(PROBLEM, id=f"id{number}"), correct(3)))
        ids = [path.think_id for path in made.paths]
        assert len(set(ids)) == 3
        drawn += ids
    assert set(drawn) == {1, 2, 3, 4, 5, 6}


def test_the_order_of_paths_does_not_tell_their_lengths() -> None:
    firsts = {example(maker().make(replace(PROBLEM, id=f"id{n}"), correct(3))).paths[0].text for n in range(20)}
    assert firsts == set(WAYS[:3])


def test_the_split_follows_from_seed_and_problem_alone() -> None:
    problems = [replace(PROBLEM, id=f"id{number}") for number in range(200)]

    def splits(number: int, seed: int = 42) -> list[str]:
        made = maker(seed, test_fraction=0.3)
        return [example(made.make(problem, correct(number))).split for problem in problems]

    assert splits(2) == splits(3)
    assert splits(2) != splits(2, seed=43)
    assert 30 < splits(2).count("test") < 90
    everywhere = {example(maker(test_fraction=0).make(problem, correct(2))).split for problem in problems}
    assert everywhere == {"train"}


MODES = {
    "boxed in both": ("<think>{way} \\boxed{{5}}</think>{way} \\boxed{{5}}", {"both", "reasoning", "solution"}),
    "boxed in the thought": ("<think>{way} \\boxed{{5}}</think>So it is five.", {"both", "reasoning"}),
    "boxed after the thought": ("<think>{way}</think>So {way} \\boxed{{5}}", {"both", "solution"}),
    "another box in the thought": ("<think>{way} \\boxed{{4}}</think>{way} \\boxed{{5}}", {"both", "solution"}),
    "an empty thought": ("<think></think>{way} \\boxed{{5}}", {"both", "solution"}),
}


@pytest.mark.parametrize("mode", ["both", "reasoning", "solution"])
@pytest.mark.parametrize("shape", MODES)
def test_each_path_verifies_by_what_the_student_reads(shape: str, mode: str) -> None:
    form, modes = MODES[shape]
    solutions = [judged(form.format(way=way.removesuffix(" \\boxed{5}")), answer="5") for way in WAYS[:3]]
    made = maker(text=mode).make(PROBLEM, solutions)
    if mode in modes:
        paths = example(made).paths
        assert [last_box(path.text) for path in paths] == ["5", "5", "5"]
        whole = {text for solution, _ in solutions for text in (solution.reasoning, solution.content) if text}
        assert all(part in whole for path in paths for part in path.text.split("\n\n"))
    else:
        assert isinstance(made, Refusal)
        assert made.reason == "too_few_correct_paths"
        assert "3 correct; 0 usable as paths" in made.detail


def test_a_problem_is_kept_by_the_share_of_its_solutions_that_are_right() -> None:
    one_of_three = [*correct(2), *[judged(f"No. \\boxed{{{wrong}}}", "wrong") for wrong in range(4)]]
    made = example(maker().make(PROBLEM, one_of_three))
    assert (made.pass_rate, made.solutions) == (pytest.approx(1 / 3), 6)
    for keep, is_kept in (([0.1, 0.9], True), ([1 / 3, 1 / 3], True), ([0.4, 1.0], False), ([0.0, 0.3], False)):
        found = maker(difficulty={"keep": keep}).make(PROBLEM, one_of_three)
        assert isinstance(found, Refusal) != is_kept
        if isinstance(found, Refusal):
            assert found.reason == "outside_difficulty"
            assert "pass rate 0.333" in found.detail
