"""Prompts with a verifiable answer, as the trainers' own reward functions read them."""

from dataclasses import replace

import pytest
from math_verify import LatexExtractionConfig, parse, verify

from datagen.formats import FORMATS
from datagen.formats.rl import INSTRUCTION
from tests.examples import example


def test_a_problem_is_one_row_with_what_verl_and_open_r1_read(bundled):
    one = example(bundled, 7, ["a", "b", "c"], suspect=True)
    (row,) = FORMATS["rl"].rows([one], bundled).to_pylist()
    assert row == {
        "id": "p7",
        "data_source": "lighteval/MATH",
        "prompt": [{"role": "user", "content": f"What is 6 times 7? {INSTRUCTION}"}],
        "ability": "math",
        "reward_model": {"style": "rule", "ground_truth": "42"},
        "extra_info": {"index": "p7", "split": "train", "source": "mine", "solutions": 4},
        "problem": "What is 6 times 7?",
        "solution": "\\boxed{42}",
        "answer": "42",
        "pass_rate": 0.5,
        "suspect_gold": "kept",
    }


@pytest.mark.parametrize(
    "answer", ["42", "\\frac{1}{2}", "x^2 + 1", "(1, 2)", "\\text{Monday}", "1,000", "12 \\text{ cm}"]
)
def test_open_r1s_accuracy_reward_can_read_the_solution(bundled, answer):
    one = example(bundled, 7, ["a"])
    (row,) = FORMATS["rl"].rows([replace(one, answer=answer)], bundled).to_pylist()
    gold = parse(row["solution"], extraction_mode="first_match", extraction_config=[LatexExtractionConfig()])
    assert gold  # else every completion earns the reward, or none
    assert verify(gold, parse(f"So it is $\\boxed{{{answer}}}$.", extraction_mode="first_match"))
    assert not verify(gold, parse("So it is $\\boxed{77}$.", extraction_mode="first_match"))
