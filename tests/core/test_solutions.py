"""What a solution is: nothing is lost between thought and text, and what is paid for is named by what was asked."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.solutions import is_truncated, path_text, recorded_solution, request_key
from datagen.thoughts import CLOSE, OPEN, SplitText, split_thought

TEXT_WITH_TAGS = st.lists(st.sampled_from([OPEN, CLOSE, "a", "b ", "\n", "\\boxed{5}", "<", "think>"]), max_size=12)
MESSAGES = [{"role": "user", "content": "What is 2 + 3?"}]
PARAMETERS = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 100}


def visible(text: str) -> Counter[str]:
    return Counter(text.replace(OPEN, "").replace(CLOSE, "").replace(" ", "").replace("\n", ""))


@settings(deadline=None, max_examples=300)
@given(TEXT_WITH_TAGS)
def test_splitting_loses_nothing_but_tags(parts: list[str]) -> None:
    text = "".join(parts)
    split = split_thought(text)
    assert visible(split.reasoning) + visible(split.content) == visible(text)


@pytest.mark.parametrize(
    ("text", "reasoning", "content", "cut"),
    [
        ("<think>\nhm\n</think>\n\nIt is 5.", "hm", "It is 5.", False),
        ("It is 5.", "", "It is 5.", False),
        ("<think>\nhm", "hm", "", True),
        ("Well. <think>hm", "hm", "Well.", True),
        ("<think>", "", "", True),
        ("hm\n</think>\nIt is 5.", "hm", "It is 5.", False),
        ("Well. <think>hm</think> It is 5.", "hm", "Well.\n\nIt is 5.", False),
        ("<think></think>It is 5.", "", "It is 5.", False),
        ("<think>a</think>b<think>c</think>d", "a", "b<think>c</think>d", False),
        ("<think>a</think>b<think>c", "a", "b<think>c", True),
        ("a</think>b<think>c", "a", "b<think>c", True),
        ("<think>a<think>b</think>c", "a<think>b", "c", False),
        ("", "", "", False),
    ],
)
def test_a_raw_output_is_taken_apart_at_its_thought_tags(text: str, reasoning: str, content: str, cut: bool) -> None:
    assert split_thought(text) == SplitText(reasoning, content, cut)


def recorded(text: str, **how: Any) -> Any:
    return recorded_solution("id", "What is 2 + 3?", text, **{"model": "r1", "index": 0, **how})


@pytest.mark.parametrize("text", ["<think>hm", "<think>", "<think>a</think>b<think>c"])
def test_a_thought_that_never_closes_is_truncated(text: str) -> None:
    assert is_truncated(recorded(text))


def test_a_text_without_thought_tags_is_a_solution_and_no_truncated_one() -> None:
    solution = recorded("It is 5.")
    assert not is_truncated(solution)
    assert path_text(solution, "both") == "It is 5."
    assert path_text(solution, "reasoning") == ""


def test_a_solution_that_its_endpoint_cut_is_truncated() -> None:
    assert is_truncated(recorded("<think>hm</think>It is", finish_reason="length"))


def test_a_thought_with_nothing_after_it_is_truncated() -> None:
    assert is_truncated(recorded("", reasoning="hm"))


@pytest.mark.parametrize("end", ["Now since", "so that 2 + 3 =", "which is \\frac{", "hence \\(2 + 3"])
def test_a_text_that_breaks_off_is_truncated_where_nobody_says_how_it_ended(end: str) -> None:
    text = f"The answer is \\boxed{{5}}. {end}"
    assert is_truncated(recorded(text, finish_reason="unknown"))
    assert not is_truncated(recorded(text, finish_reason="stop"))
    assert not is_truncated(recorded(f"{text} and so on.\\)", finish_reason="unknown"))


def test_a_path_is_thought_blank_line_and_text_without_tags() -> None:
    solution = recorded("<think>hm</think>It is 5.")
    assert path_text(solution, "both") == "hm\n\nIt is 5."
    assert path_text(solution, "reasoning") == "hm"
    assert path_text(solution, "solution") == "It is 5."


def test_a_recorded_solution_is_named_by_writer_problem_and_text_alone() -> None:
    one = recorded("<think>hm</think>It is 5.")
    same = recorded_solution("other-id", "What is 2 + 3?", "It is 5.", model="r1", index=7, reasoning="hm")
    assert one.request_key == same.request_key
    assert one.id == one.request_key[:16]
    others = [
        recorded("<think>hm</think>It is 6."),
        recorded("<think>hm</think>It is 5.", model="gemini"),
        recorded_solution("id", "What is 2 + 4?", "<think>hm</think>It is 5.", model="r1", index=0),
    ]
    assert len({one.request_key, *(other.request_key for other in others)}) == 4


def test_a_recorded_solution_is_free() -> None:
    assert recorded("It is 5.").cost_usd == 0


@pytest.mark.parametrize(
    ("model", "messages", "parameters", "attempt"),
    [
        ("other", MESSAGES, PARAMETERS, 0),
        ("m", [{"role": "user", "content": "What is 2 + 4?"}], PARAMETERS, 0),
        ("m", [{"role": "system", "content": "Think."}, *MESSAGES], PARAMETERS, 0),
        ("m", MESSAGES, {**PARAMETERS, "temperature": 0.7}, 0),
        ("m", MESSAGES, {**PARAMETERS, "max_tokens": 101}, 0),
        ("m", MESSAGES, PARAMETERS, 1),
    ],
)
def test_a_paid_completion_is_named_by_all_that_was_asked(
    model: str, messages: list[dict[str, str]], parameters: dict[str, Any], attempt: int
) -> None:
    asked = request_key("m", MESSAGES, PARAMETERS, 0)
    assert request_key(model, messages, parameters, attempt) != asked
    assert request_key("m", MESSAGES, dict(reversed(PARAMETERS.items())), 0) == asked
