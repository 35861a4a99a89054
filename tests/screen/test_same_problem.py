"""Groups as a whole: whose answers are in doubt, and what real rows of two sources share."""

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from datagen.pipeline import Options
from datagen.recipe import Screening
from datagen.tables import RECORDED, SCREENED, SOLUTIONS, Drop, Problem
from datagen.texts import problem_id
from tests.building import build
from tests.screen.screening import screen
from tests.screen.test_near_duplicates import BASE, ONE_PROBLEM, reasons
from tests.verify.test_verify_stage import recipe

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (../shared/data) is not here")


def test_a_disagreement_reaches_all_rows_of_the_problem(rows, screened):
    # the first two differ in a unit and agree; the third says the same as the second, and disagrees
    fates = screened(
        rows(
            (BASE, "5"),
            (ONE_PROBLEM["another unit"], "5"),
            (ONE_PROBLEM["another unit"].replace("find the", "what is the"), "6"),
            (BASE.replace("12", "13"), "6"),
        )
    )
    assert reasons(fates) == ["conflicting_answers"] * 3 + ["kept"]
    assert fates[0].detail.count(" of mine") == 2  # who says 5 and who says 6


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("Let", "Suppose that").replace("apples", "apple"),
        BASE.replace("possible", "posisble"),
        f"Good evening! Please look at this little puzzle. {BASE}",
        "1. " + BASE.replace(". Let", ".\n2. Let").replace(". If", ".\n3. If"),
        f"{BASE}\n\n*Proposed by Georgia*",
    ],
)
def test_copies_that_disagree_are_reported_and_go(rows, screened, other):
    assert reasons(screened(rows((BASE, "5"), (other, "6")))) == ["conflicting_answers"] * 2


def test_two_questions_about_one_text_are_no_conflict(rows, screened):
    # MATH train 6422 and 6494, OlympiadBench's n-labels, "at least" and "exactly": all have other answers
    sum_of_all = BASE.replace("find the largest possible value", "find the sum of all possible values")
    either = [BASE.replace("largest", "smallest"), sum_of_all, BASE.replace("more each day", "more on each second day")]
    for other in either:
        assert reasons(screened(rows((BASE, "5"), (other, "6")))) == ["kept", "kept"]
    brackets = [("What is $88 \\div (4 \\div 2)$?", "44"), ("What is $88 \\div 4 \\div 2$?", "11")]
    assert reasons(screened(rows(*brackets))) == ["kept", "kept"]


@needs_data
def test_olympiad_problems_that_two_sources_share_are_found_by_name():
    def read(source, column):
        table = pq.read_table(DATA / "sources" / source).to_pylist()
        return [
            Problem(f"{source}-{number}", problem_id(row[column]), row[column], "5", source, str(number), "rev", "mit")
            for number, row in enumerate(table)
            if source == "s1k" or row["source"] == "olympiads"
        ]

    rows = [*read("open_r1", "problem"), *read("s1k", "question")]
    fates = screen(lambda: iter(rows), [], Screening(), str.__eq__)
    across = {
        fate.row_id: fate.detail.split("row ")[1].split()[0]
        for fate in fates
        if isinstance(fate, Drop) and fate.source == "s1k" and "of open_r1" in fate.detail
    }
    assert across == {
        "s1k-190": "open_r1-1273",  # Dave and George arrange numbers; one + is lost
        "s1k-254": "open_r1-426",
        "s1k-616": "open_r1-1547",  # its row has no answer, so that a run drops it at the pull
        "s1k-873": "open_r1-80",  # in forum tags, with its author
        "s1k-884": "open_r1-1227",  # one copy numbers its conditions
        "s1k-914": "open_r1-1305",  # and not open_r1 109 and 770, which ask about other labels
    }


@needs_data
def test_real_solutions_of_a_dropped_copy_go_over_to_the_row_that_stays(tmp_path):
    # AIME 2024 in two wordings, each with what three models really wrote of it
    wordings = [read_lines(name) for name in ("aime24", "aime24_other_wording")]
    written = pq.read_table(
        DATA / "solutions" / "skythought.parquet", filters=[("benchmark", "=", "aime24")]
    ).to_pylist()
    by_answer: dict[str, list[str]] = {}
    for one in sorted(written, key=lambda one: one["model"]):
        by_answer.setdefault(one["answer"], []).append(one["output"])
    rows = [
        {"problem": one["problem"], "answer": one["answer"], "solutions": by_answer[one["answer"]][which : which + 3]}
        for which, wording in zip((0, 3), wordings, strict=True)
        for one in wording
        if one["answer"] in ("294", "197", "480")  # two lost a drawing, one is reworded
    ]
    run = build(recipe(tmp_path, rows), tmp_path / "run", Options(until="sample"))

    survivors = {one.id: one.answer for one in run.read(SCREENED)}
    assert sorted(survivors.values()) == ["197", "294", "480"]
    solved = Counter(solution.problem_id for solution in run.read(SOLUTIONS))
    assert solved == Counter(dict.fromkeys(survivors, 6))
    carried = {solution.request_key for solution in run.read(RECORDED, ["00-mine"])}
    assert {solution.request_key for solution in run.read(SOLUTIONS)} == carried


def read_lines(name):
    return list(map(json.loads, (DATA / "benchmarks" / f"{name}.jsonl").read_text().splitlines()))
