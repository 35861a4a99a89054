import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.contamination import BenchmarkIndex, Hit

TOURNAMENT = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players, and the number of games won by left-handed players was 40% more "
    "than the number of games won by right-handed players. What is the total number of games played?"
)
BOILERPLATE = "where $m$ and $n$ are relatively prime positive integers. Find $m+n$."
DIAGRAM = "[asy]\nunitsize(0.4 cm);\npair A, B; A = (0,0); B = (5,0);\ndraw(A--B--(3,4)--cycle);\nlabel(A, W);\n[/asy]"


@pytest.fixture
def held(benchmark):
    def find(text: str, *benchmark_texts: str) -> Hit | None:
        return BenchmarkIndex([benchmark(*benchmark_texts)]).find(text)

    return find


def test_a_text_that_differs_in_markup_alone_is_found_exactly(held):
    hit = held(r"What is the value of \(\dfrac{1}{2} + x\)", "Find y.", r"What is the value of $\frac{1}{2}+x$?")
    assert hit is not None
    assert (hit.benchmark, hit.row, hit.layer, hit.score) == ("exam", 1, "exact", 1.0)
    assert "what is the value of" in hit.shared


def test_a_short_benchmark_problem_is_found_exactly_though_it_has_no_ngrams(held):
    assert held("Compute $2^{10}$", "Compute $2^{10}$.") is not None
    assert held("Compute $2^{11}$", "Compute $2^{10}$.") is None
    assert held("Let us compute $2^{10}$ and then more", "Compute $2^{10}$.") is None


def test_a_row_that_holds_a_whole_benchmark_problem_is_found(held):
    short = "How many positive perfect squares less than $2023$ are divisible by $5$?"
    hit = held(f"Read this: {short} Give the number as an integer.", short)
    assert hit is not None
    assert (hit.layer, hit.score) == ("overlap", 1.0)
    assert hit.shared == "how many positive perfect squares less than 2023 are divisible by 5"


def test_a_reworded_question_is_found_with_the_shared_text(held):
    hit = held(TOURNAMENT.replace("What is the total", "Determine, with proof, the total"), TOURNAMENT)
    assert hit is not None
    assert hit.layer == "overlap"
    assert 0.5 < hit.score < 1
    assert hit.shared.startswith("in a table tennis tournament")
    assert len(hit.shared) <= 160


def test_one_template_with_other_numbers_is_another_problem(held):
    template = "Convert the point $({}, {})$ from rectangular to polar coordinates. Enter your answer in the form "
    template += (
        r"$(r,\theta),$ where $r > 0$ and $0 \le \theta < 2 \pi,$ and simplify every root that can be simplified."
    )
    assert held(template.format(4, 3), template.format(7, 5)) is None
    assert held(template.format(7, 5) + " Show your work.", template.format(7, 5)) is not None


def test_boilerplate_that_many_problems_share_is_no_hit(held):
    benchmark_text = "The probability that two of ten socks match is $\\frac{m}{n}$, " + BOILERPLATE
    row = "The area of the smallest of the four shaded regions can be written as $\\frac{m}{n}$, " + BOILERPLATE
    assert held(row, benchmark_text) is None


def test_the_source_of_a_drawing_is_no_evidence(held):
    benchmark_text = f"In the figure, what is the length of the median through the right angle?\n{DIAGRAM}"
    assert held(f"Find the radius of the circle that touches all three sides.\n{DIAGRAM}", benchmark_text) is None
    assert held(benchmark_text.replace("\n", " "), benchmark_text) is not None


def test_a_drawing_that_is_missing_hides_nothing(held):
    assert held(TOURNAMENT + " Explain.", f"{TOURNAMENT}\n{DIAGRAM}") is not None


def test_a_short_question_about_a_drawing_is_not_found_in_another_drawing_s_question(held):
    question = "What is the number of square centimeters in the area of this trapezoid?"
    assert held(f"Look. {question}", f"{question}\n{DIAGRAM}") is None


def test_scripts_without_blanks_are_compared_by_character(held):
    text = (
        "已知甲乙两人分别从相距四十五公里的两地同时出发相向而行甲每小时行十八公里乙每小时行十二公里问几小时后两人相遇"
    )
    hit = held(text.replace("问几小时后两人相遇", "求相遇时间"), text)
    assert hit is not None
    assert hit.score > 0.5


def test_the_problem_of_which_most_is_held_is_named(held):
    weaker = TOURNAMENT.replace("What is the total number of games played?", "Who won the most games of them all?")
    hit = held(TOURNAMENT + " Explain.", weaker, TOURNAMENT)
    assert hit is not None
    assert hit.row == 1


@pytest.mark.parametrize("nothing", ["...", "$$ $$", "![](https://example.com/a.png)", "?!", "-"])
def test_a_benchmark_problem_without_words_matches_nothing(held, nothing):
    assert held(nothing, nothing) is None


@pytest.mark.parametrize(
    "hostile", ["[asy]" * 200_000, "![" * 500_000, "![](" * 250_000, "{" * 1_000_000, "# " * 500_000]
)
def test_a_megabyte_of_openings_gets_its_answer(held, hostile):
    assert held(hostile, TOURNAMENT) is None


def test_a_benchmark_problem_is_found_in_a_megabyte_of_text(held):
    draw = random.Random(7)
    filler = " ".join(f"w{draw.randrange(10_000)}" for _ in range(150_000))
    hit = held(f"{filler} {TOURNAMENT} {filler}", TOURNAMENT)
    assert hit is not None
    assert hit.score == 1.0
    assert len(str(hit)) < 400


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_is_added_around_a_benchmark_problem_never_hides_it(before, after):
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, TOURNAMENT),))])
    # a drawing that the additions open or close would swallow words
    if "asy" not in (before + after).casefold():
        assert index.find(f"{before}\n\n{TOURNAMENT} {after}") is not None
