r"""Which text of a solution is its answer: the last box that closes and holds something, else what it states."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.verify.extract import final_answer, last_box


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{5}", "5"),
        (r"so \boxed{ 5 }.", "5"),
        (r"first \boxed{4}, no: \boxed{5}", "5"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\sqrt{\frac{a_{1}}{b^{2}}}} and {more}", r"\sqrt{\frac{a_{1}}{b^{2}}}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{(-\infty, 3]}", r"(-\infty, 3]"),
        (r"\boxed{\text{a } \}}", r"\text{a } \}"),
        (r"\boxed{a \\}", "a \\\\"),
        (r"\fbox{5}", "5"),
        (r"\boxed {5}", "5"),
        (r"\boxed 5", "5"),
        (r"\boxed{5} and \boxed{", "5"),
        (r"\boxed{5} and \boxed{6", "5"),
        (r"\boxed{5} and \boxed{}", "5"),
        (r"\boxed{5} and \boxed{ }", "5"),
        (r"\boxed{\boxed{5}}", "5"),
        ("\\boxed{\n5\n}", "5"),
        (r"a stray } and \boxed{5}", "5"),
        (r"a stray { and \boxed{5}", "5"),
        (r"\boxed", None),
        (r"\boxed{", None),
        (r"\boxed{}", None),
        (r"\boxed\{5\}", None),
        ("5", None),
        ("", None),
    ],
)
def test_the_last_box_that_closes_and_holds_something_is_the_answer(text: str, answer: str | None) -> None:
    assert last_box(text) == answer


@pytest.mark.parametrize(
    ("reasoning", "content", "answer"),
    [
        (r"\boxed{4}", r"\boxed{5}", "5"),
        (r"\boxed{4}", "It is five.", "4"),
        (r"\boxed{4}", "The final answer is 5.", "4"),
        ("", "The final answer is 5.", "5"),
        ("", "The final answer is: $\\frac{1}{2}$. I hope it is correct.", "\\frac{1}{2}"),
        ("", "**Answer** The answer is **5**", "5"),
        ("", "so\n#### 5", "5"),
        ("", "The answer is 4. No, wait.\nThe answer is 5", "5"),
        ("", "The answer is 3.5.", "3.5"),
        ("The answer is 5.", "", "5"),
        ("", "The answer is 4. " + "x" * 700, None),
        ("", "I don't know.", None),
        ("", "", None),
    ],
)
def test_the_answer_is_boxed_after_the_thought_or_in_it_or_else_stated(
    reasoning: str, content: str, answer: str | None
) -> None:
    assert final_answer(reasoning, content) == answer


def balanced() -> st.SearchStrategy[str]:
    leaf = st.text(alphabet="ab12 +\\frac", max_size=4).map(lambda text: text.replace("\\", "\\\\"))
    return st.recursive(leaf, lambda inner: st.lists(inner, max_size=3).map(lambda parts: "{" + "".join(parts) + "}"))


@settings(deadline=None)
@given(balanced(), st.text(alphabet="ab }{"), st.text(alphabet="ab }"))
def test_whatever_a_box_holds_comes_out_whole(inside: str, before: str, after: str) -> None:
    assert last_box(f"{before}\\boxed{{x{inside}}}{after}") == f"x{inside}".strip()


@settings(deadline=None)
@given(st.text(alphabet="\\boxedf{} 5\n"), st.text(alphabet="\\boxedf{} 5\n"))
def test_any_text_has_an_answer_that_stands_in_it_or_none(reasoning: str, content: str) -> None:
    answer = final_answer(reasoning, content)
    assert answer is None or (answer.strip() and (answer in reasoning or answer in content))


def test_a_text_of_a_hundred_thousand_open_boxes_is_read_once() -> None:
    """A model that repeats itself writes this; reading it again for each box would take hours."""
    assert last_box("\\boxed{5} " + "\\boxed{" * 100_000) == "5"
    assert last_box("\\boxed{" * 100_000 + "5" + "}" * 100_000) == "5"
