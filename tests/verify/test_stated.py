r"""Answers without a box: whole closing sentences that say which of their values is the answer, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.verify.extract import final_answer
from datagen.verify.stated import stated_answer

LONG = "We compute step by step.\n\n" * 20


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        ("Therefore, the largest angle is 120 degrees.", "120"),
        ("So, the value of $f(-2)$ is $18$.", "18"),
        ("Hence, they will meet 27 miles from City A.", "27"),
        ("Therefore, the value of \\( n \\) is \\( 7 \\).", "7"),
        (
            "Therefore, 57/160 is indeed 0.35625, which is a terminating decimal.\n\nI think that's the answer.",
            "0.35625",
        ),
        ("So, I'm confident that 44 is the correct answer.", "44"),
        ("Thus, the equation of the plane is:\n\\[\n5x - 7y + 11z + 4 = 0\n\\]", "5x - 7y + 11z + 4 = 0"),
        ("I'm convinced. I end up with the same answer: $-2 + 7i$.\n\nI think that's the correct result.", "-2 + 7i"),
        ("The final answer is $\\boxed$", None),
        ("**Final Answer:** 42", "42"),
        ("The answer is **5**", "5"),
        ("#### 1,234", "1,234"),
        ("So the base six equivalent of 999 is 4343_6.", "4343_6"),
        ("Therefore, $n = 7$ does not work.", None),
        ("Now, find the value of 12.", None),
        ("What is 5 + 5?", None),
        ("Let's try 12 and then 13, since", None),
        ("Therefore, x = 12 * (3 +", None),
        ("The answer is not 5.", None),
    ],
)
def test_a_closing_sentence_states_its_answer_or_none(end: str, answer: str | None) -> None:
    assert stated_answer(LONG + end) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("\\boxed{255} of it. Final Answer: The final answer is $10,455$. I hope it is correct.", "10,455"),
        ("The final answer is $5$. I hope it is correct. Then \\boxed{6}", "6"),
        ("\\boxed{5}<|im_end|><|im_start|>user\nWhat is 2+2? \\boxed{4}", "5"),
        ("$\\boxed{2}$ and $\\boxed{3}$", "2, 3"),
        ("\\boxed{1} papers and \\boxed{2} bins", "1, 2"),
        ("$y_1 = \\boxed{3}$ and $y_2 = \\boxed{4}$", "3, 4"),
        ("\\boxed{5}. So the answer is \\boxed{5}", "5"),
        ("\\boxed{1} no no no no no \\boxed{2}", "2"),
        ("so \\boxed{4} and then simplify to get \\boxed{5}", "5"),
        ("first \\boxed{4}.\n\nthen \\boxed{5}", "5"),
        ("answer", "answer"),
        ("so the number is 10 which is 1,000.99€", "1,000.99€"),
        ("$1$ and $2$", "1, 2"),
        ("x^2 + 1", "x^2 + 1"),
    ],
)
def test_boxes_forms_and_turns_are_told_apart(text: str, answer: str) -> None:
    assert final_answer("", text) == answer


@settings(deadline=None)
@given(st.text(alphabet="Therefore, the answer is $\\[]()=5.x\n*#"))
def test_what_is_stated_stands_in_the_text(text: str) -> None:
    answer = stated_answer(text)
    assert answer is None or all(part in text for part in answer.split(", "))
