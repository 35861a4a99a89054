import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.contamination import BenchmarkIndex, Hit
from datagen.spending.ledger import read_ledger
from datagen.status import status_lines
from tests.screen.edits import EDITS, change_a_number

TOURNAMENT = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players, and the number of games won by left-handed players was 40% more "
    "than the number of games won by right-handed players. What is the total number of games played?"
)
PROBLEMS = tuple(
    BenchmarkProblem(row, text)
    for row, text in enumerate(
        (
            TOURNAMENT + " There were 3 referees.",
            "Alice walks $3$ meters east, then $5$ meters north. Find how far she is from the start, if $x \\leq 7$.",
            "Let $x$ and $y$ be real numbers such that $x^2 + y^2 = \\frac{25}{4}$ and $x + y \\geq 2$. Compute the "
            "largest possible value of $x - y$ when the point lies on the second of 4 circles.",
            "Bob has 12 apples and 7 pears in a wooden basket. He gives some of the apples to Tom and eats 2 pears "
            "himself. How many minutes does he need when every apple takes 3 minutes?",
        )
    )
)
BOILERPLATE = "where $m$ and $n$ are relatively prime positive integers. Find $m+n$."
DIAGRAM = "[asy]\nunitsize(0.4 cm);\npair A, B; A = (0,0); B = (5,0);\ndraw(A--B--(3,4)--cycle);\nlabel(A, W);\n[/asy]"


NOTHING_FOUND = {"suspects": [], "changed": [], "verifier_before": None}


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
    assert (hit.layer, hit.score) == ("coverage", 1.0)
    assert hit.shared == "how many positive perfect squares less than 2023 are divisible by 5"


def test_a_reworded_question_is_found_with_the_shared_text(held):
    hit = held(TOURNAMENT.replace("What is the total", "Determine, with proof, the total"), TOURNAMENT)
    assert hit is not None
    assert hit.layer == "coverage"
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


def test_a_short_question_about_a_drawing_needs_more_when_the_answers_differ(benchmark):
    known = BenchmarkProblem(0, f"In the diagram, what is the area of the shaded triangle?\n{DIAGRAM}", "15")
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (known,))])
    row = "The diagram below shows a square of side length $2$. What is the area of the shaded triangle?"
    assert index.find(row, "1") is None


def test_the_same_answer_decides_where_the_text_alone_does_not():
    known = BenchmarkProblem(
        0,
        "Two fair, 6-sided dice are thrown. What is the probability that the product of the two numbers is a multiple "
        "of 5? Express your answer as a common fraction.",
        r"\frac{11}{36}",
    )
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (known,))])
    row = (
        "Two fair dice with 6 sides are thrown. What is the probability that the product of both numbers is divisible "
        "by 5?"
    )
    hit = index.find(row, "11/36")
    assert hit is not None
    assert hit.layer == "answer"
    assert index.find(row, "25/36") is None
    assert index.find(row) is None


def test_the_same_answer_alone_is_no_evidence():
    known = BenchmarkProblem(0, TOURNAMENT, "36")
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (known,))])
    assert (
        index.find("In a chess tournament every player met every other one. How many games were played?", "36") is None
    )


def test_a_row_that_asks_the_same_for_another_form_of_the_answer_is_found():
    text = (
        "An equiangular octagon has four sides of length $1$ and four sides of length $\\frac{\\sqrt{2}}{2}$, arranged "
    )
    text += "so that no two consecutive sides have the same length. What is the area of the octagon?"
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, text, r"\frac{7}{2}"),))])
    assert index.find(f"{text} The answer is in \\frac{{k}}{{m}} format, please give k + m.", "9") is not None


def test_one_set_up_with_another_question_and_answer_is_another_problem():
    set_up = "In the diagram, $D$ and $E$ are the midpoints of $\\overline{AB}$ and $\\overline{BC}$ respectively. "
    known = BenchmarkProblem(0, set_up + "Determine the area of quadrilateral $DBEF$.", "8")
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (known,))])
    assert index.find(set_up + "Determine the area of $\\triangle DBC$.", "12") is None


@pytest.mark.parametrize("number", ["5", "Five", "$5$"])
def test_a_number_may_be_in_words_and_may_not_be_another(number):
    text = (
        "Roslyn has ten boxes. {} of the boxes hold pencils, four hold pens, and two hold both pens and pencils. How "
    )
    text += "many boxes hold neither pens nor pencils?"
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, text.format("Five")),))])
    assert index.find(text.format(number) + " Explain.") is not None
    assert index.find(text.format("Six") + " Explain.") is None


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_an_edited_problem_is_found_and_one_with_another_number_is_not(kind):
    index = BenchmarkIndex([BenchmarkSet("exam", "rev", PROBLEMS)])
    draw = random.Random(3)
    edited = [(problem, text) for problem in PROBLEMS if (text := EDITS[kind](draw, problem.problem))]
    assert edited
    for problem, text in edited:
        hit = index.find(text)
        assert hit is not None, text
        assert hit.row == problem.row
        sibling = change_a_number(draw, text)
        assert sibling is None or index.find(sibling) is None


@given(st.permutations(PROBLEMS), st.permutations(range(len(PROBLEMS))))
def test_a_hit_does_not_hang_on_the_order_of_benchmark_problems_or_rows(problems, rows):
    known, other = (BenchmarkIndex([BenchmarkSet("exam", "rev", tuple(some))]) for some in (PROBLEMS, problems))
    texts = [f"{PROBLEMS[row].problem} Explain each step." for row in rows]
    assert [str(other.find(text)) for text in texts] == [str(known.find(text)) for text in texts]


def test_what_each_layer_sees_at_all_is_counted():
    problems = (TOURNAMENT, "Compute $2^{10} + 3^{10} + 5$.", "$x$?")
    known = tuple(BenchmarkProblem(row, text, "1234") for row, text in enumerate(problems))
    counted = BenchmarkIndex([BenchmarkSet("exam", "rev", known)]).visible()
    assert counted == {"exam": {"problems": 3, "coverage": 1, "similarity": 1, "answer": 2, "exact alone": 1}}


def test_a_problem_that_no_other_layer_sees_is_found_when_it_is_equal(held):
    assert held("\\( x \\)", "$x$?") is not None
    assert held("$x + y$", "$x$?") is None


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


def test_a_run_says_what_each_layer_sees_of_its_benchmarks(benchmark):
    counted = BenchmarkIndex([benchmark(TOURNAMENT, "Compute $2^{10}$.", name="exam")]).visible()
    stages = {"screen": {"rows": 1, "benchmark_floor": counted}}
    spent = read_ledger(None, None).as_json(None)
    lines = status_lines({"folder": "f", "dataset": None, "stages": stages, "sources": {}} | spent | NOTHING_FOUND)
    assert "  exam                 2 problems: coverage 1, similarity 0, answer 0, exact alone 1" in lines
