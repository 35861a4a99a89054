import random
from itertools import chain, groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.quotes import FEWEST_WORDS, NGRAM_WORDS, Quotes

TOURNAMENT = (
    "In a table tennis tournament every participant played every other participant exactly once. There were twice as "
    "many right-handed players as left-handed players. What is the total number of games played?"
)
LOG = r"For how many integers $n$ does the expression $\sqrt{\log n - 3}$ represent a real number?"
BOILERPLATE = r"can be written as $\tfrac{m}{n}$, where $m$ and $n$ are relatively prime positive integers. Find $m+n$."
QUOTES = Quotes(
    [
        BenchmarkSet(
            "exam",
            "rev",
            tuple(
                BenchmarkProblem(row, text)
                for row, text in enumerate((TOURNAMENT, LOG, "Compute $2^{10}$.", f"The area {BOILERPLATE}"))
            ),
        )
    ]
)


@pytest.mark.parametrize("row", [0, 1])
def test_a_whole_benchmark_problem_in_a_solution_is_a_quote(row):
    text = (TOURNAMENT, LOG)[row]
    hit = QUOTES.find(f"<think>Hmm, this reminds me of another one. {text} But that is not asked.</think> 7")
    assert hit is not None
    assert (hit.benchmark, hit.row, hit.layer, hit.score) == ("exam", row, "quote", 1.0)
    assert len(str(hit)) < 400


def test_a_quote_in_other_markup_is_a_quote():
    assert QUOTES.find(LOG.replace("$", "").upper()) is not None


def test_a_sentence_of_a_problem_is_a_quote_and_a_few_words_are_not():
    sentence = "every participant played every other participant exactly once. There were twice as many right-handed"
    hit = QUOTES.find(f"Recall the table tennis where {sentence} ones as that.")
    assert hit is not None
    assert (hit.row, hit.text) == (0, sentence.lower().replace(".", "").replace("-", " "))
    assert QUOTES.find("In a table tennis tournament every participant played every other participant. So") is None


def test_boilerplate_and_short_problems_are_no_quotes():
    assert QUOTES.find(f"so the length {BOILERPLATE}") is None
    assert QUOTES.find("First compute $2^{10}$.") is None


def test_all_of_a_problem_is_a_quote_however_plain_its_words():
    plain = r"Find the quotient when $x^9 + 1$ is divided by $x - 1.$"
    quotes = Quotes([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, plain),))])
    assert quotes.find(f"Another one: {plain} It has nine terms.") is not None
    assert quotes.find(plain.replace("9", "8")) is None


def test_a_solution_may_state_its_own_problem():
    assert QUOTES.find(f"We are told: {TOURNAMENT} So", TOURNAMENT) is None
    assert QUOTES.find(f"We are told: {TOURNAMENT} So", LOG) is not None


def test_boilerplate_and_numbers_in_a_row_are_no_quotes_though_a_problem_is_made_of_them():
    numbers = " ".join(str(number // 2) for number in range(2, 30))
    problems = ["Find the number of solutions to the equation", f"What is next? {numbers}", "One day: " + "1 " * 40]
    exam = BenchmarkSet("exam", "rev", tuple(BenchmarkProblem(row, text) for row, text in enumerate(problems)))
    quotes = Quotes([exam])
    assert quotes.find("We have to find the number of solutions to the equation x = 7.") is None
    assert quotes.find(numbers) is None
    assert quotes.find("1 " * 1000) is None
    assert quotes.find(problems[1]) is not None


def test_a_long_formula_is_a_quote_by_its_numbers():
    formula = r"$A \begin{pmatrix} 3 \\ 1 \end{pmatrix} = \begin{pmatrix} 2 \\ 4 \end{pmatrix}$ and $A = A^2 + A^3 + 6$"
    known = f"Let $A$ be a matrix such that {formula}. Find its determinant, then say what it is good for."
    quotes = Quotes([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, known),))])
    assert quotes.find(f"Now {formula} holds.") is not None
    assert quotes.find(f"Now {formula.replace('4', '5')} holds.") is None


def test_a_sibling_shares_its_words_with_a_benchmark_and_is_no_quote():
    sibling = TOURNAMENT.replace("twice", "thrice")
    assert QUOTES.find(f"We are told: {sibling} So", sibling) is None


def test_what_a_solution_quotes_is_found_beside_longer_boilerplate():
    boiler = " ".join(["where m and n are relatively prime positive integers and n is the"] * 3)
    known = f"{boiler}. {TOURNAMENT}"
    quotes = Quotes([BenchmarkSet("exam", "rev", (BenchmarkProblem(0, known),))])
    assert quotes.find(boiler) is None
    assert quotes.find(f"{boiler} as in {TOURNAMENT}") is not None


WORDS = st.sampled_from(["curve", "meadow", "lantern", "of", "7", "8", "9", "10"])
TEXTS = st.lists(WORDS, min_size=1, max_size=40)


def every_quote(text, problems, own):
    """The plain way: each problem is laid beside each place of the text."""
    found = set()
    starts = range(len(text) - NGRAM_WORDS + 1)
    for row, problem in enumerate(problems):
        held = [ngrams(text[start : start + NGRAM_WORDS]) <= ngrams(problem) - ngrams(own) for start in starts]
        for is_run, places in groupby(enumerate(held), key=lambda place: place[1]):
            start, *others = [place for place, _ in places]
            run = text[start : start + len(others) + NGRAM_WORDS]
            if is_run and is_quote(run, problem):
                found.add((min(1.0, len(run) / len(problem)), row, " ".join(run)))
    return found


def is_quote(run, problem):
    is_all = len(run) >= len(problem) and ngrams(problem) <= ngrams(run)
    is_formula = len(run) >= 20 and {"7", "8", "9", "10"} <= set(run) and len(set(run)) >= 7
    return (is_all and any(map(str.isdigit, run))) or (
        (is_all or len(run) >= FEWEST_WORDS) and (len(phrases(run)) >= 3 or is_formula)
    )


def phrases(run):
    told = [word for word in run if len(word) >= 3]
    return set(zip(told, told[1:], told[2:], strict=False))


def ngrams(words):
    return {tuple(words[start : start + NGRAM_WORDS]) for start in range(len(words) - NGRAM_WORDS + 1)}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_is_found_is_what_the_plain_way_finds(data):
    problems = data.draw(st.lists(TEXTS, min_size=1, max_size=3))
    pieces = [*problems, *(problem[start:stop] for problem in problems for start, stop in [(0, 20), (3, 17), (5, 40)])]
    text = list(chain(*data.draw(st.lists(st.sampled_from(pieces) | TEXTS, max_size=4))))
    own = data.draw(st.sampled_from([[], *pieces]) | TEXTS)
    exam = BenchmarkSet("exam", "rev", tuple(BenchmarkProblem(row, " ".join(one)) for row, one in enumerate(problems)))
    hit = Quotes([exam]).find(" ".join(text), " ".join(own))
    expected = every_quote(text, problems, own)
    assert (hit is None) == (not expected)
    if hit is not None:
        assert (hit.score, hit.row, hit.text) in expected
        assert hit.score == max(score for score, _, _ in expected)


def test_a_quote_is_found_in_a_megabyte():
    draw = random.Random(7)
    filler = " ".join(f"word{draw.randrange(10_000)}" for _ in range(100_000))
    assert QUOTES.find(filler) is None
    assert QUOTES.find(f"{filler} {TOURNAMENT} {filler}") is not None


@pytest.mark.parametrize("nothing", ["", " ", "$$", "\ud800", "{" * 100_000])
def test_a_text_that_says_nothing_quotes_nothing(nothing):
    assert QUOTES.find(nothing, nothing) is None
