import random

import pytest

from datagen.screen import BenchmarkProblem, BenchmarkSet
from datagen.screen.quotes import Quotes

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


def test_a_good_half_of_a_problem_is_a_quote_and_a_few_words_are_not():
    assert QUOTES.find(TOURNAMENT[:165]) is not None
    assert QUOTES.find("In a table tennis tournament every participant played every other participant. So") is None


def test_boilerplate_and_short_problems_are_no_quotes():
    assert QUOTES.find(f"so the length {BOILERPLATE}") is None
    assert QUOTES.find("First compute $2^{10}$.") is None


def test_a_solution_may_state_its_own_problem():
    assert QUOTES.find(f"We are told: {TOURNAMENT} So", TOURNAMENT) is None
    assert QUOTES.find(f"We are told: {TOURNAMENT} So", LOG) is not None


def test_a_quote_is_found_in_a_megabyte():
    draw = random.Random(7)
    filler = " ".join(f"word{draw.randrange(10_000)}" for _ in range(100_000))
    assert QUOTES.find(filler) is None
    assert QUOTES.find(f"{filler} {TOURNAMENT} {filler}") is not None


@pytest.mark.parametrize("nothing", ["", " ", "$$", "\ud800", "{" * 100_000])
def test_a_text_that_says_nothing_quotes_nothing(nothing):
    assert QUOTES.find(nothing, nothing) is None
