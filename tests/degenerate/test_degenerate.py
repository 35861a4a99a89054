"""Which texts are degenerate, and which only look so."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.degenerate import FAULTS, FaultName, fault_of
from datagen.degenerate import phrases as phrases_module
from datagen.degenerate.repeats import repetition, tail_share
from datagen.degenerate.tongues import other_tongue

PROBLEM = "What is the sum of the first ten odd numbers?"
REASONING = (
    "The odd numbers from 1 on add up to squares: 1 is one, 1 + 3 is four, 1 + 3 + 5 is nine, and so it goes on, since "
    "each new odd number is the border of the next square. Ten of them make a square of side ten."
)
ANSWER = "So the sum is $\\boxed{100}$."
FRENCH = (
    "Nous avons donc une suite de nombres impairs, et la somme des dix premiers est le carré de dix. En effet, pour "
    "chaque nombre, nous ajoutons le bord du carré suivant, ce qui donne une figure avec un côté de plus. C'est une "
    "preuve sur les carrés, qui est connue depuis les Grecs, et qui sont dans tous les livres. "
)
PLANTS = ("tree", "root", "leaf", "vine", "moss", "fern", "reed", "bush")
SIZES = ("red", "old", "tall", "white", "young", "small", "blue")
VARIED = "".join(f" Perhaps I can use each {one} {plant}, but that is not needed." for plant in PLANTS for one in SIZES)
LISTED = "".join(
    f"\nSequence {one}: its total is {one * one}, so it never comes to 3, and this is no solution either."
    for one in range(90)
)
CHINESE = "前十个奇数的和等于十的平方，因为每个新的奇数正好是下一个正方形的边框，所以答案是一百。"
ENGLISH = f"{REASONING} Let us look at this from another side, and see whether it is the same. " * 2


def name(thought: str, content: str = ANSWER, problem: str = PROBLEM) -> FaultName | None:
    fault = fault_of(problem, thought, content)
    return fault.name if fault else None


def numbered(lines: int, line: str) -> str:
    return "\n".join(line.format(number=number, square=number * number) for number in range(lines))


DEGENERATE: dict[FaultName, Sequence[tuple[str, str]]] = {
    "repeats": [
        (VARIED, ANSWER),
        (REASONING + " But wait, is that so? Let me see, ten times ten is a hundred." * 80, ANSWER),
        (REASONING, ANSWER + " \\boxed{100}" * 400),
        (numbered(20, "Row {number} of the first table says that the odd number is {square}.\n") * 3, ANSWER),
    ],
    "other_language": [(ENGLISH + CHINESE * 12, ANSWER), (ENGLISH + FRENCH * 3, ANSWER), (FRENCH * 2, CHINESE * 15)],
    "as_an_ai": [
        ("", f"{REASONING} As an AI language model, I can't draw it. {ANSWER}"),
        ("", f"I'm sorry, but I can't assist with that. Still: {REASONING} {ANSWER}"),
        (f"{REASONING} I apologize for the confusion.", ANSWER),
        (REASONING, "I cannot provide a definitive answer, say \\boxed{100}"),
    ],
    "speaks_of_reference": [
        ("", f"We follow a step-by-step approach based on the given solution: {REASONING} {ANSWER}"),
        ("", f"{REASONING} This closely follows the original solution. {ANSWER}"),
        (f"{REASONING} The reference answer is 100, so I write that.", ANSWER),
        ("", f"{REASONING} According to the provided solution it is \\boxed{{100}}"),
        ("", f"{REASONING} The answer key has 100. {ANSWER}"),
    ],
    "speaks_of_prompt": [
        ("", f"Please reason step by step, and put your final answer within \\boxed{{}}. {REASONING} {ANSWER}"),
        ("", f"{PROBLEM} \\boxed{{}}.\n\nAssistant: {REASONING} {ANSWER}"),
        (f"{REASONING} As per the system prompt I stay brief.", ANSWER),
        (REASONING, f"The user asks for the sum. {ANSWER}"),
        (REASONING, f"The instructions say to box it. {ANSWER}"),
    ],
    "box_before_reasoning": [
        ("", f"**Answer:** $\\boxed{{100}}$\n\n{REASONING}"),
        ("", f"The final answer is \\boxed{{100}}. {REASONING}"),
        ("", f"{PROBLEM} \\boxed{{100}}"),
        ("", "\\boxed{\\frac{1}{2}}"),
    ],
    "empty_reasoning": [("Okay.", f"{REASONING} {ANSWER}"), (" \n ", ANSWER), ("...", ANSWER)],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_where_it_is(fault: FaultName) -> None:
    assert list(FAULTS) == list(DEGENERATE)
    for thought, content in DEGENERATE[fault]:
        found = fault_of(PROBLEM, thought, content)
        assert found is not None
        assert found.name == fault
        text = "\n\n".join(part for part in (thought, content) if part)
        assert 0 <= found.place < len(text)
        assert str(found).startswith(f"{fault} at character {found.place}: ")
        assert len(str(found)) < 300


def test_the_place_of_a_phrase_is_where_the_text_has_it() -> None:
    fault = fault_of(PROBLEM, REASONING, f"The user asks for the sum. {ANSWER}")
    assert fault is not None
    assert f"{REASONING}\n\nThe user asks"[fault.place :] == "The user asks"
    assert fault.words.startswith("The user asks for the sum. So")


SOUND = {
    "a solution without a thought": ("", f"{REASONING} {ANSWER}"),
    "a computation that ends in its box": ("", "2 + 3 = \\boxed{5}"),
    "an empty box of the restated instruction": ("", f"I shall put it in \\boxed{{}}. {REASONING} {ANSWER}"),
    "a long thought that checks itself again and again": (
        numbered(60, "Wait, let me check again: the odd number {number} gives the square {square}, fine."),
        ANSWER,
    ),
    "a long list of cases": (f"{REASONING}{LISTED}", ANSWER),
    "cases one after the other": (
        "",
        numbered(40, "Case {number}:\nThen x is {number}.\nSubstitute.\nThis gives {square}.\nNot a solution.")
        + ANSWER,
    ),
    "a table": ("", "\n".join(["| 0 | 1 | 0 | 1 |"] * 30 + [REASONING] + ["0 & 0 & 0 & 0 & 0 & 0 & 0 & 0 \\\\"] * 12)),
    "code": (
        "",
        "```python\ntotal = 0\nfor odd in range(1, 20, 2):\n    total += odd\nprint(total)\n```\n" * 2
        + REASONING
        + ANSWER,
    ),
    "a thought that weighs its instruction": (
        f'{REASONING} The user wants it in a box: the instruction says "Please reason step by step, and put your final '
        'answer within \\boxed{}." I need to put the final answer in \\boxed{}.',
        ANSWER,
    ),
    "what was given": ("", f"From the given equation and the given answer choices: {REASONING} {ANSWER}"),
    "a guess at what is expected": (f"{REASONING} Maybe the expected answer is 100. I can't solve for both.", ANSWER),
}


@pytest.mark.parametrize("what", SOUND)
def test_what_only_looks_so_is_let_be(what: str) -> None:
    thought, content = SOUND[what]
    assert fault_of(PROBLEM, thought, content) is None


def test_a_list_of_cases_is_told_from_a_circle_by_its_numbers_where_it_is_as_uniform() -> None:
    assert 0.07 < tail_share(VARIED) < tail_share(LISTED) < 0.1
    assert repetition([VARIED]) is not None
    assert repetition([LISTED]) is None


def test_a_language_is_judged_by_the_problem_and_by_how_the_text_began() -> None:
    assert other_tongue(CHINESE, CHINESE * 30) is None
    assert other_tongue(CHINESE, ENGLISH * 3 + CHINESE * 30) is None
    assert other_tongue(PROBLEM * 5, CHINESE * 30 + ENGLISH * 3) is None
    assert other_tongue(FRENCH, FRENCH * 4) is None
    assert other_tongue(CHINESE, CHINESE * 30 + ENGLISH * 3) is not None
    assert other_tongue(FRENCH, FRENCH * 4 + ENGLISH * 3) is not None


def test_a_sentence_of_another_language_is_no_change_of_language() -> None:
    quoting = f"{ENGLISH} The Chinese original says {CHINESE} I think. {ENGLISH} Voilà, la somme des carrés! {ENGLISH}"
    assert other_tongue(PROBLEM, quoting * 3) is None
    assert other_tongue(PROBLEM, ENGLISH + "$\\frac{1}{2} + \\sqrt{x}$ " * 200 + "α β γ δ ≤ ∑ " * 100) is None


def test_what_the_problem_says_is_no_fault() -> None:
    phrase = "As an AI assistant, Rob speaks 3 words a second."
    assert name("", f"{phrase} {REASONING} {ANSWER}") == "as_an_ai"
    assert name("", f"{phrase} {REASONING} {ANSWER}", problem=f"{phrase} How many in a minute?") is None
    ode = "The given solution of the equation is x(t). Find b."
    assert name("", f"Based on the given solution, b is 1. {REASONING} {ANSWER}", problem=ode) is None


PHRASES = [group for group in vars(phrases_module).values() if isinstance(group, phrases_module._Phrases)]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_quick_look_for_words_misses_no_phrase(data: st.DataObject) -> None:
    group = data.draw(st.sampled_from(PHRASES))
    text = data.draw(st.from_regex(re.compile(group.pattern.pattern, group.pattern.flags), alphabet=_ASCII))
    if group.pattern.search(text):
        assert group.first("", text) is not None


_ASCII = st.characters(min_codepoint=10, max_codepoint=126)


@settings(deadline=None, max_examples=200)
@given(st.text(), st.text(), st.text())
def test_any_text_has_a_fault_that_can_be_written_down_or_none(problem: str, thought: str, content: str) -> None:
    fault = fault_of(problem, thought, content)
    if fault is not None:
        str(fault).encode()
        assert "\n" not in str(fault)
