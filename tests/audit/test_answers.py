"""When the answers of an example agree, and what counts as one."""

from collections.abc import Iterator

import pytest

from datagen.audit.checks.answers import Agreement, Closing, answers_of, closing_of
from datagen.audit.checks.tally import Tally
from datagen.audit.example import AuditedExample, AuditedPath
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

PROBLEM = "What is it?"
MENTIONED = "There are five containers for all of it.\n\nDivide 180 by 5 to get 36 per container."


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=0.5, memory_mb=1024), workers=1) as one:
        yield one


def example(*paths: AuditedPath, summary: str = "So $\\boxed{5}$.", answer: str | None = "5") -> AuditedExample:
    return AuditedExample("one", "train", PROBLEM, paths, summary, answer)


def path(answer: str, **stated: object) -> AuditedPath:
    return AuditedPath(1, f"It follows that $\\boxed{{{answer}}}$.", **stated)


def told(one: AuditedExample, verifier: Verifier) -> dict[str, Tally]:
    return {tally.name: tally for tally in Agreement(answers_of(one), verifier).tallies()}


def against(one: AuditedExample, verifier: Verifier) -> list[bool]:
    """Whether it is marked, for each path that is against the summary."""
    return [hit.is_marked for hit in told(one, verifier)["paths_against_summary"].hits]


def alone(one: AuditedExample, verifier: Verifier) -> list[bool]:
    return [hit.is_marked for hit in told(one, verifier)["without_two_agreeing_paths"].hits]


@pytest.mark.parametrize(
    ("summary", "answer"),
    [
        ("5", "5.0"),
        ("\\frac{1}{2}", "0.5"),
        ("x^2 - 1", "(x - 1)(x + 1)"),
        ("1, 2", "2, 1"),
        ("12\\%", "12"),
        ("7", "n = 7"),
    ],
)
def test_another_form_of_the_answer_agrees(summary: str, answer: str, verifier: Verifier) -> None:
    one = example(path(answer), path(summary), summary=f"So $\\boxed{{{summary}}}$.", answer=None)
    assert against(one, verifier) == []
    assert alone(one, verifier) == []


def test_two_that_agree_with_the_reference_agree_with_one_another(verifier: Verifier) -> None:
    # neither unit is that of the other, and the reference has none
    apart = example(path("5 \\text{ m}"), path("5"), summary="So $\\boxed{5 \\text{ kg}}$.", answer=None)
    assert against(apart, verifier) == [False]
    assert against(example(path("5 \\text{ m}"), path("5"), summary="So $\\boxed{5 \\text{ kg}}$."), verifier) == []


def test_a_wrong_path_that_says_so_is_marked(verifier: Verifier) -> None:
    honest = example(path("5", verdict="correct"), path("6", verdict="wrong"))
    assert against(honest, verifier) == [True]
    assert alone(honest, verifier) == [True]
    for claims in ({"verdict": "correct"}, {}):
        lying = example(path("5"), path("6", **claims))
        assert against(lying, verifier) == [False]
        assert alone(lying, verifier) == [False]


def test_one_path_has_nobody_to_agree_with(verifier: Verifier) -> None:
    assert alone(example(path("5")), verifier) == [True]
    assert alone(example(path("6")), verifier) == [False]
    assert alone(example(), verifier) == [False]


def test_only_finished_paths_agree(verifier: Verifier) -> None:
    assert alone(example(path("5"), path("5"), path("5", finish_reason="length")), verifier) == []
    assert alone(example(path("5"), path("5", finish_reason="length")), verifier) == [False]


def test_where_rules_cannot_decide_the_verdict_that_is_stated_stands(verifier: Verifier) -> None:
    for verdict, hits in (("correct", []), ("wrong", [True]), (None, [False])):
        one = example(path("Monday", verdict=verdict), summary="So it is \\boxed{Tuesday}.", answer=None)
        assert against(one, verifier) == hits


def test_an_answer_that_takes_for_ever_is_held_against_nobody(verifier: Verifier) -> None:
    tower = "9^{9^{9^{9^{9}}}}"
    for verdict, hits in ((None, []), ("correct", []), ("wrong", [True])):
        late = path(f"\\sum_{{k=1}}^{{{tower}}} \\binom{{{tower}}}{{k}}", verdict=verdict)
        one = example(path("5"), late, answer=None)
        assert against(one, verifier) == hits
        assert alone(one, verifier) == hits


@pytest.mark.parametrize(
    ("text", "readings", "is_stated"),
    [
        ("Once \\boxed{3}, but in the end \\boxed{4}.", ("4",), True),
        ("The final answer is 12.", ("12",), True),
        ("Cost: 2 gallons × $3.50 = $7.00.", ("3.50 =", "7.00"), True),
        ("Add them up:\n7 + 10 + 4 + 14 + 20 = 55", ("55",), True),
        ("The answer is 12. I am sure.", ("12",), True),
        ("So N = 81 is too much. Thus N must be less, with seeds up to 1422.", ("1422",), True),
        ("Of these 8 are full. The gallon holds exactly what is needed.", ("8",), False),
        (MENTIONED, ("36",), False),
        ("Better to stick with the first path.", (), True),
        ("Of 12 and 7 we now take the", (), True),
        ("Somebody left it open: \\boxed{", (), True),
        ("", (), True),
    ],
)
def test_what_a_text_closes_with(text: str, readings: tuple[str, ...], is_stated: bool) -> None:
    assert closing_of(text) == Closing(readings, is_stated)


def test_a_number_that_is_only_mentioned_agrees_and_never_disagrees(verifier: Verifier) -> None:
    hint = AuditedPath(1, MENTIONED)
    for summary in ("36", "35"):
        one = example(hint, hint, summary=f"So $\\boxed{{{summary}}}$.", answer=None)
        assert against(one, verifier) == []
        assert alone(one, verifier) == []
        assert not told(one, verifier)["paths_without_answer"].hits


def test_a_summary_is_held_against_the_reference(verifier: Verifier) -> None:
    def missed(**given: object) -> list[str]:
        return [hit.part for hit in told(example(path("5"), **given), verifier)["summary_against_reference"].hits]

    assert missed() == missed(answer="\\frac{10}{2}") == []
    assert missed(answer="6") == ["another answer"]
    assert missed(summary="They all agree.") == missed(summary="") == ["no answer"]
    assert "summary_against_reference" not in told(example(path("5"), answer=None), verifier)
