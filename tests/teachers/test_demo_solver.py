"""The demo teacher's mathematics: its answers against independent calculations, and how it errs."""

import itertools
import random
from collections import Counter
from fractions import Fraction
from math import comb, prod

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from math_verify import parse

from datagen.teachers.demo.kinds import KINDS, recognise
from datagen.teachers.demo.pen import Pen
from datagen.teachers.demo.solver import count_tokens, solve

x = sympy.Symbol("x")


def ask(problem, seed=0, temperature=0.0, max_tokens=16_384):
    prompt = f"Please help me.\n\n{problem}\n\nPut the answer into \\boxed{{}}."
    return solve([{"role": "user", "content": prompt}], seed=seed, temperature=temperature, max_tokens=max_tokens)


def boxed(content):
    return content.rsplit("\\boxed{", 1)[1].rstrip(".$\n")[:-1]


def whole(low, high):
    return st.integers(low, high)


def distinct(low, high):
    return st.tuples(whole(low, high), whole(low, high)).filter(lambda pair: pair[0] != pair[1])


def roots_of(a, b, c):
    return sympy.FiniteSet(*sympy.solve(a * x**2 + b * x + c, x))


def committees(m, w, k):
    people = ["m"] * m + ["w"] * w
    return sum("w" in group for group in itertools.combinations(people, k))


def grid(a, b):
    return 1 if 0 in (a, b) else grid(a - 1, b) + grid(a, b - 1)


def equal_pairs(r, b):
    balls = [0] * r + [1] * b
    return Fraction(sum(p == q for p, q in itertools.combinations(balls, 2)), comb(r + b, 2))


def hits(s, n):
    return Fraction(sum(1 in rolls for rolls in itertools.product(range(1, s + 1), repeat=n)), s**n)


def triangle_area(a, b, c):
    corners = sympy.Triangle(sss=(a, b, c))
    return abs(corners.area)


SIDES = st.tuples(whole(2, 30), whole(2, 30), whole(2, 30)).filter(lambda s: 2 * max(s) < sum(s))
COLLECT = st.tuples(whole(2, 20), whole(-20, 20), whole(2, 20), whole(-20, 20)).filter(lambda v: v[0] != v[2])
QUADRATIC = st.tuples(whole(1, 6), whole(-12, 12), whole(-15, 15)).filter(lambda v: v[1] ** 2 > 4 * v[0] * v[2])
MIXTURE = st.tuples(whole(1, 90), whole(0, 30), whole(31, 60), whole(61, 100))

CASES = {
    "linear equation": (
        "Solve for x: {0}x{1:+d} = {2}x{3:+d}",
        COLLECT,
        lambda a, b, c, d: sympy.solve(a * x + b - c * x - d, x)[0],
    ),
    "quadratic equation": ("Find all real solutions of ${0}x^2 {1:+d}x {2:+d} = 0$.", QUADRATIC, roots_of),
    "squares of the roots": (
        "The roots of $x^2 {0:+d}x {1:+d} = 0$ are $r$ and $s$. Find $r^2 + s^2$.",
        st.tuples(whole(-15, 15), whole(-20, 20)),
        lambda b, c: sympy.expand(sum(m * r**2 for r, m in sympy.roots(x**2 + b * x + c, x).items())),
    ),
    "arithmetic series": (
        "Find the sum of the first {1} terms of the arithmetic sequence with first term {0} and common difference {2}.",
        st.tuples(whole(-50, 50), whole(3, 60), whole(-9, 9).filter(bool)),
        lambda a, n, d: sum(a + k * d for k in range(n)),
    ),
    "geometric series": (
        "What is the sum of the first {1} terms of a geometric sequence whose first term is {0} and whose ratio is "
        "{2}?",
        st.tuples(whole(1, 20), whole(3, 10), whole(-6, 8).filter(lambda r: r not in (-1, 0, 1))),
        lambda a, n, r: sum(a * r**k for k in range(n)),
    ),
    "greatest common divisor": (
        "Find the greatest common divisor of {0} and {1}.",
        distinct(2, 3000),
        lambda a, b: max(k for k in range(1, min(a, b) + 1) if a % k == b % k == 0),
    ),
    "number of divisors": (
        "How many positive divisors does {0} have?",
        st.tuples(whole(12, 3000)),
        lambda n: sum(n % k == 0 for k in range(1, n + 1)),
    ),
    "remainder of a power": (
        "What does ${0}^{{{1}}}$ leave as a remainder after division by {2}?",
        st.tuples(whole(2, 30), whole(4, 400), whole(3, 90)),
        lambda a, n, m: a**n % m,
    ),
    "committee with at least one": (
        "From {0} violinists and {1} cellists a conductor picks a group of {2}, with no fewer than one cellist in it. "
        "How many groups are possible?",
        st.tuples(whole(4, 8), whole(2, 6), whole(2, 4)),
        committees,
    ),
    "lattice paths": (
        "A robot receives {0} commands R and {1} commands U in some order. How many different orders are there?",
        st.tuples(whole(2, 7), whole(2, 7)),
        grid,
    ),
    "two of one colour": (
        "An urn holds {0} red and {1} blue balls. Two balls are drawn at random without replacement. What is the "
        "probability that they have the same colour?",
        st.tuples(whole(2, 20), whole(2, 20)),
        equal_pairs,
    ),
    "at least one hit": (
        "A wheel of fortune has {0} equal sectors, and one of them wins. It is spun {1} times. With what probability "
        "does at least one spin win?",
        st.tuples(whole(3, 9), whole(2, 4)),
        hits,
    ),
    "right triangle": (
        "A rectangle is {0} cm wide and {1} cm high. How long is its diagonal, in centimetres, as an exact value?",
        distinct(1, 60),
        lambda a, b: abs(sympy.Point(0, 0).distance(sympy.Point(a, b))),
    ),
    "area of a triangle": ("A triangle has sides of length {0}, {1} and {2}. What is its area?", SIDES, triangle_area),
    "area of a ring": (
        "Two circles with the same centre have radii {0} and {1}. Express the area between them as a multiple of "
        "$\\pi$.",
        distinct(1, 60),
        lambda a, b: abs(sympy.Circle((0, 0), a).area - sympy.Circle((0, 0), b).area),
    ),
    "mixture": (
        "How many litres of a {3}\\% acid solution must be added to {0} litres of a {1}\\% acid solution to obtain a "
        "{2}\\% acid solution?",
        MIXTURE,
        lambda v, q, t, p: sympy.solve(v * q + x * p - t * (v + x), x)[0],
    ),
    "percentage change": (
        "The price of a bicycle is {0} euros. It is raised by {1}\\% and later reduced by {2}\\%. What is the final "
        "price in euros?",
        st.tuples(whole(1, 2000), whole(1, 60), whole(1, 60)),
        lambda v, a, b: sympy.Rational(v * (100 + a) * (100 - b), 10_000),
    ),
    "work done together": (
        "One pipe fills a tank in {0} hours, another pipe fills it in {1} hours. How many hours does it take both "
        "pipes together to fill the tank?",
        distinct(1, 40),
        lambda a, b: sympy.solve(x / a + x / b - 1, x)[0],
    ),
}


def same(latex, expected):
    found = parse(f"${latex}$")[0]
    if isinstance(expected, sympy.FiniteSet):
        pairs = zip(*(sorted(side, key=lambda v: sympy.N(v, 30)) for side in (found, expected)), strict=True)
        return all(same_value(one, other) for one, other in pairs)
    return same_value(found, sympy.sympify(expected))


def same_value(one, other):
    return abs(sympy.N(one - other, 40)) < sympy.Rational(1, 10**25)


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_at_temperature_zero_the_answer_equals_an_independent_calculation(name, data):
    sentence, values, expected = CASES[name]
    chosen = data.draw(values)
    reply = ask(sentence.format(*chosen))
    assert reply.finish_reason == "stop"
    assert same(boxed(reply.content), expected(*chosen)), (sentence.format(*chosen), boxed(reply.content))


def test_every_kind_has_a_calculation_of_its_own_here():
    assert {kind.name for kind in KINDS} == set(CASES)
    assert len({kind.topic for kind in KINDS}) == 8


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_all_methods_agree_and_every_slip_can_be_carried_to_its_end(name, data):
    sentence, values, _ = CASES[name]
    problem = recognise(sentence.format(*data.draw(values)))
    answers = set()
    for method in problem.kind.methods:
        pen = Pen(random.Random(0), problem.problem)
        answer = problem.attempt(method, pen)
        if answer is None:
            continue
        answers.add(answer)
        for place in range(pen.finish(answer).slip_points):
            slipped = Pen(random.Random(0), problem.problem, slip_at=place)
            assert isinstance(problem.attempt(method, slipped), str)
    assert len(answers) == 1


@pytest.mark.parametrize(
    "problem",
    [
        "Prove that there are infinitely many primes.",
        "Solve for x: $2x = 3x + 1$",
        "Find the minimum of $x^4 - 3x$ over the reals.",
        "Find all real solutions of $x^2 + x + 5 = 0$.",
        "A triangle has sides of length 1, 2 and 9. What is its area?",
        "What?",
        "",
    ],
)
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_an_unknown_problem_gets_an_honest_reply_without_a_box(problem, temperature):
    reply = ask(problem, temperature=temperature)
    assert "do not know" in reply.content
    assert "boxed" not in reply.reasoning + reply.content


@pytest.mark.parametrize(
    "prompt",
    [
        "Find the greatest common divisor of 84 and 30.",
        "Problem: Find the greatest common divisor of 84 and 30. Answer in a box.",
        "Solve this.\n\n**Find the greatest common divisor of\n$84$ and \\(30\\).**\n\nThink.",
        "<problem>Find the greatest common divisor of 84 and 30.</problem>",
    ],
)
def test_a_problem_is_found_whatever_prompt_surrounds_it(prompt):
    messages = [
        {"role": "system", "content": "How many positive divisors does 720 have?"},
        {"role": "user", "content": [{"type": "text", "text": prompt}]},
    ]
    assert boxed(solve(messages, seed=1, temperature=0.0, max_tokens=9999).content) == "6"


def test_a_reply_depends_on_what_is_asked_and_on_nothing_else():
    problem = "How many positive divisors does 360 have?"
    first = [ask(problem, seed=seed, temperature=0.8) for seed in range(30)]
    again = [ask(problem, seed=seed, temperature=0.8) for seed in reversed(range(30))][::-1]
    assert first == again
    assert len({reply.reasoning for reply in first}) > 20
    assert len({ask(problem, seed=seed).content for seed in range(5)}) == 1


def test_slips_cuts_and_repeats_grow_with_temperature():
    problem = "Find the greatest common divisor of 2310 and 1365."
    outcomes = {}
    for temperature in (0.0, 0.4, 0.8, 1.6):
        replies = [ask(problem, seed=seed, temperature=temperature) for seed in range(600)]
        done = [reply for reply in replies if reply.finish_reason == "stop"]
        greedy = ask(problem)
        outcomes[temperature] = (
            sum(boxed(reply.content) != "105" for reply in done) / 600,
            1 - len(done) / 600,
            sum(reply.reasoning == greedy.reasoning for reply in done) / 600,
        )
    assert outcomes[0.0] == (0.0, 0.0, 1.0)
    slips, cuts, repeats = zip(*(outcomes[t] for t in (0.4, 0.8, 1.6)), strict=True)
    assert list(slips) == sorted(slips)
    assert list(cuts) == sorted(cuts)
    assert list(repeats) == sorted(repeats)
    assert 0.08 < slips[1] < 0.20
    assert 0.02 < cuts[1] < 0.09
    assert 0.05 < repeats[1] < 0.15


def test_the_token_limit_cuts_thought_and_content():
    problem = "How many positive divisors does 360 have?"
    full = ask(problem)
    text = full.reasoning + full.content
    for limit in (1, 17, count_tokens(full.reasoning), full.completion_tokens - 1):
        cut = ask(problem, max_tokens=limit)
        assert (cut.finish_reason, cut.completion_tokens) == ("length", limit)
        assert text.startswith(cut.reasoning + cut.content)
    assert ask(problem, max_tokens=full.completion_tokens).finish_reason == "stop"


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=300), limit=whole(1, 50))
@settings(max_examples=200, deadline=None)
def test_any_text_gets_a_reply_within_the_limit(text, limit):
    reply = solve([{"role": "user", "content": text}], seed=3, temperature=0.8, max_tokens=limit)
    assert reply.completion_tokens <= limit


def test_wording_and_method_vary_between_attempts():
    problem = "A triangle has sides of length 7, 8 and 9. What is its area?"
    replies = [ask(problem, seed=seed, temperature=0.8) for seed in range(60)]
    methods = Counter(
        next((word for word in ("Heron", "axis", "cosine", "Coordinates") if word in reply.reasoning), "none")
        for reply in replies
        if reply.finish_reason == "stop"
    )
    assert methods["none"] == 0
    assert len(methods) >= 3
    assert prod(count > 2 for count in methods.values())
