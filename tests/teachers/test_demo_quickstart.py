"""The quickstart's own problems: their answers, their oddities, and what the demo teacher makes of them."""

import itertools
import json
from collections import Counter
from importlib import resources
from math import comb, gcd

import jinja2
import pytest
import sympy
from math_verify import parse, verify
from sympy import Rational, pi, sqrt

from datagen.normalising import normalise
from datagen.teachers.demo.kinds import recognise
from datagen.teachers.demo.solver import solve, work_out
from datagen.texts import problem_id
from datagen.thoughts import split_thought

FOLDER = resources.files("datagen.recipes") / "quickstart"
COLUMNS = {
    "open_r1": (
        "problem solution answer problem_type question_type source uuid is_reasoning_complete generations "
        "correctness_math_verify correctness_llama finish_reasons correctness_count messages"
    ),
    "deepmath": "question final_answer difficulty topic r1_solution_1 r1_solution_2 r1_solution_3",
    "s1k": (
        "solution question cot_type source_type metadata gemini_thinking_trajectory gemini_attempt "
        "deepseek_thinking_trajectory deepseek_attempt gemini_grade gemini_grade_reason deepseek_grade "
        "deepseek_grade_reason"
    ),
    "limo": "question solution answer",
    "exam": "problem answer",
}
PROBLEM = {"open_r1": "problem", "deepmath": "question", "s1k": "question", "limo": "question", "exam": "problem"}
ANSWER = {"open_r1": "answer", "deepmath": "final_answer", "s1k": "solution", "limo": "answer", "exam": "answer"}

x = sympy.Symbol("x")


def linear(a, b, c, d):
    return sympy.solve(a * x + b - c * x - d, x)[0]


def zeros(a, b, c):
    return sympy.FiniteSet(*sympy.solve(a * x**2 + b * x + c, x))


def squares(b, c):
    return sympy.expand(sum(r**2 for r in sympy.solve(x**2 + b * x + c, x)))


def divisors(n):
    return sum(n % k == 0 for k in range(1, n + 1))


def equal_pair(r, b):
    return Rational(comb(r, 2) + comb(b, 2), comb(r + b, 2))


def heron(a, b, c):
    return abs(sympy.Triangle(sss=(a, b, c)).area)


def mixture(v, q, p, t):
    return sympy.solve(v * q + p * x - t * (v + x), x)[0]


def together(a, b):
    return 1 / (Rational(1, a) + Rational(1, b))


# A piece of each problem's text, and its answer by a calculation that shares nothing with the demo teacher.
CALCULATED = {
    "$7x - 4 = 3x + 20$": linear(7, -4, 3, 20),
    "$x^2 - 5x - 24 = 0$": zeros(1, -5, -24),
    "The roots of $x^2 - 7x + 3 = 0$": squares(-7, 3),
    "first $40$ terms": sum(range(7, 7 + 3 * 40, 3)),
    "first $8$ terms": sum(5 * 3**k for k in range(8)),
    "$1848$ and $1260$": gcd(1848, 1260),
    "$720$ have": divisors(720),
    "$7^{123}$": pow(7, 123, 13),
    "$7$ men and $5$ women": comb(12, 4) - comb(7, 4),
    "to $(6, 4)$": comb(10, 4),
    "$5$ red and $7$ blue": equal_pair(5, 7),
    "die with $6$ sides": 1 - Rational(5, 6) ** 4,
    "lengths $6$ and $10$": sqrt(136),
    "length $7$, $8$ and $9$": heron(7, 8, 9),
    "radii $11$ and $7$": pi * (121 - 49),
    r"$60\%$ acid": mixture(30, 20, 60, 35),
    "bicycle is $640$": 640 * Rational(115 * 75, 10_000),
    "$5x + 12 = -4x - 9$": linear(5, 12, -4, -9),
    "$2x^2 - 6x + 1 = 0$": zeros(2, -6, 1),
    "polynomial $x^2 + 9x - 4$": squares(9, -4),
    r"$4 + 11 + 18 + \cdots + 249$": sum(range(4, 250, 7)),
    "$2310$ and $1365$": gcd(2310, 1365),
    "divide $1764$": divisors(1764),
    "$3^{200}$": pow(3, 200, 35),
    "$11^{75}$": pow(11, 75, 21),
    "$8$ violinists": sum("c" in group for group in itertools.combinations("v" * 8 + "c" * 4, 3)),
    "$3$ guests": Rational(sum(3 in picks for picks in itertools.product(range(1, 11), repeat=3)), 1000),
    "$12$ girls": equal_pair(12, 9),
    "$AB = 5$": heron(5, 6, 9),
    "disc of radius $20$": pi * (400 - 169),
    "strength $12": mixture(50, 12, 3, 8),
    "in $6$ hours, another": together(6, 10),
    "$9x - 5$": linear(9, -5, 2, 13),
    "$y = 3x^2 + 5x - 2$": zeros(3, 5, -2),
    "theatre has $24$ rows": sum(18 + 2 * row for row in range(24)),
    "ropes of $594$": gcd(594, 378),
    "$540$ tiles": divisors(540),
    "$6$ different novels": comb(9, 3) - comb(6, 3),
    "$10$ black": equal_pair(10, 6),
    "rectangle is $12$ cm": sqrt(144 + 324),
    "town of $36000$": 36_000 * Rational(120 * 85, 10_000),
    "alone in $9$ hours": together(9, 15),
    "$x^2 - 11x + 17 = 0$": squares(-11, 17),
    "rumour": sum(6 * 4**k for k in range(6)),
    "$7$ blocks east": comb(12, 5),
    "wheel of fortune has $8$": 1 - Rational(7, 8) ** 3,
    "$14$ miles due north": sqrt(14**2 + 21**2),
    "fences of $10$, $17$ and $21$": heron(10, 17, 21),
    "pond of radius $9$": pi * (256 - 81),
    "$80$ litres of milk": mixture(80, 3, 35, 7),
    "bought at $250$": 250 * Rational(132 * 70, 10_000),
    "jogger covers $800$": sum(800 + 150 * day for day in range(21)),
    "$5^{90}$": pow(5, 90, 17),
    "$5$ commands R": comb(10, 5),
    "old printer needs $14$": together(14, 4),
}
ODD = ("Prove that", "Is $2^{61}", "A stone falls", "first $15$ terms", r"\gcd(1071, 462)")


def rows(name):
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def problems():
    return [(name, row[PROBLEM[name]], row[ANSWER[name]]) for name in COLUMNS for row in rows(name)]


def solvable():
    """Each problem once with its right answer, the deliberate oddities and the exam left out."""
    return {
        problem: answer
        for name, problem, answer in problems()
        if name != "exam" and not any(odd in problem for odd in ODD)
    }


def ask(problem, seed, temperature):
    messages = [{"role": "user", "content": problem}]
    return solve(messages, seed=seed, temperature=temperature, max_tokens=16_384)


def same_value(one, other):
    return abs(sympy.N(one - other, 40)) < Rational(1, 10**25)


def equals(latex, expected):
    found = parse(f"${latex}$")[0]
    if not isinstance(expected, sympy.FiniteSet):
        return same_value(found, sympy.sympify(expected))
    found, expected = (sorted(side, key=lambda value: sympy.N(value, 30)) for side in (found, expected))
    return len(found) == len(expected) and all(map(same_value, found, expected))


@pytest.mark.parametrize("name", COLUMNS)
def test_each_file_has_the_columns_of_its_source(name):
    assert {tuple(row) for row in rows(name)} == {tuple(COLUMNS[name].split())}


def test_every_answer_equals_an_independent_calculation():
    checked = Counter()
    for _, problem, answer in problems():
        if any(odd in problem for odd in ODD):
            continue
        (piece,) = [piece for piece in CALCULATED if piece in problem]
        assert equals(answer, CALCULATED[piece]), (problem, answer)
        checked[piece] += 1
    assert set(checked) == set(CALCULATED)


def test_the_oddities_are_the_ones_that_the_screens_shall_show():
    open_r1, deepmath, s1k, limo, exam = (rows(name) for name in COLUMNS)
    assert [row["question_type"] for row in open_r1 if row["answer"] == "proof"] == ["proof"]
    assert [row["answer"] for row in open_r1].count("notfound") == 1
    assert [row["final_answer"] for row in deepmath].count("No") == 1
    assert [row["cot_type"] for row in s1k].count("science") == 1
    in_exam = {problem_id(row["problem"]) for row in exam}
    assert [problem_id(row["question"]) in in_exam for row in limo].count(True) == 1
    groups = {}
    for name, problem, answer in problems():
        if name != "exam":
            groups.setdefault(problem_id(problem), []).append((name, answer))
    repeated = sorted(group for group in groups.values() if len(group) > 1)
    assert repeated == [[("deepmath", "105"), ("limo", "105")], [("open_r1", "21"), ("s1k", "7")]]
    assert gcd(1071, 462) == 21


def test_no_two_problems_differ_in_their_numbers_only():
    shapes = Counter(
        " ".join("#" if token.isdigit() else token for token in normalise(problem).split()) for problem in solvable()
    )
    assert max(shapes.values()) == 1


def test_recorded_solutions_are_right_but_for_one_wrong_and_one_cut_off():
    outcomes = Counter()
    for row in rows("open_r1"):
        for text, flag in zip(row["generations"], row["correctness_math_verify"], strict=True):
            parts = split_thought(text)
            right = not parts.cut and verify(parse(f"${row['answer']}$"), parse(parts.content))
            assert right == flag
            outcomes["cut" if parts.cut else "right" if right else "wrong"] += 1
    for row in rows("deepmath"):
        for text in filter(None, (row[f"r1_solution_{k}"] for k in (1, 2, 3))):
            outcomes["right" if verify(parse(f"${row['final_answer']}$"), parse(text)) else "wrong"] += 1
    for row in rows("s1k"):
        for text in filter(None, (row["deepseek_attempt"], row["gemini_attempt"])):
            outcomes["right" if verify(parse(f"${row['solution']}$"), parse(text)) else "wrong"] += 1
    for row in rows("limo"):
        if row["solution"]:
            content = split_thought(row["solution"]).content
            outcomes["right" if verify(parse(f"${row['answer']}$"), parse(content)) else "wrong"] += 1
    assert outcomes == {"right": 18, "wrong": 1, "cut": 1}


def test_at_temperature_zero_the_verifier_accepts_every_reply():
    in_exam = {row["problem"]: row["answer"] for row in rows("exam")}
    for problem, answer in (solvable() | in_exam).items():
        reply = ask(problem, seed=0, temperature=0.0)
        assert verify(parse(f"${answer}$"), parse(reply.content)), (problem, answer, reply.content)


@pytest.mark.parametrize("family", ["default", "deepseek", "gpt-oss", "qwen", "datagen-demo"])
def test_the_teacher_finds_the_problem_in_every_prompt_file(family):
    text = (resources.files("prompts") / "solve" / f"{family}.txt").read_text(encoding="utf-8")
    _, _, user = text.rpartition("=== user ===")
    for problem in solvable():
        found = recognise(jinja2.Template(user).render(problem=problem))
        assert found == recognise(problem)
        assert found is not None


def test_at_training_temperature_most_replies_are_right_and_some_are_cut_or_repeated():
    replies = {p: [ask(p, seed=seed, temperature=0.8) for seed in range(16)] for p in solvable()}
    every = [reply for some in replies.values() for reply in some]
    right = sum(
        reply.finish_reason == "stop" and f"\\boxed{{{answer}}}" in reply.content
        for problem, answer in solvable().items()
        for reply in replies[problem]
    )
    repeated = sum(16 - len({reply.reasoning for reply in some}) for some in replies.values())
    assert 0.60 < right / len(every) < 0.95
    assert 0.02 < sum(reply.finish_reason == "length" for reply in every) / len(every) < 0.10
    assert 0.03 < repeated / len(every) < 0.20
    for some in replies.values():
        assert all(600 <= len(r.reasoning + r.content) <= 2500 for r in some if r.finish_reason == "stop")


def test_every_problem_has_two_methods_with_different_steps():
    for problem, answer in solvable().items():
        first_steps = Counter()
        for variant in range(40):
            worked = work_out(recognise(problem), variant)
            assert worked.answer == answer
            first_steps[worked.content.split("\n\n")[1]] += 1
        assert len(first_steps) >= 2, problem


def test_a_slip_is_carried_to_a_wrong_box():
    for problem, answer in solvable().items():
        for variant in range(20):
            worked = work_out(recognise(problem), variant, slips=True)
            assert worked.answer != answer, worked.content
            assert f"\\boxed{{{worked.answer}}}" in worked.content
