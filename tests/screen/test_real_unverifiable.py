"""What can't be verified in the real sets; every hit that is counted here was read (docs/screening/unverifiable.md)."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from datagen.recipe import HubSource, Screening, Source, TableSource
from datagen.screen.demands import asks_only_for_proof
from datagen.screen.verifiable import why_unverifiable
from datagen.sources import PullCounts, Pulled, pull, resolve

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real data (../shared/data) is not here")


def source(name: str) -> Source:
    folder = (DATA / "sources" / name).resolve()
    if folder.is_dir():
        return HubSource.model_validate({"kind": name, "path": str(folder)})
    return TableSource(kind="table", name=name, path=str((DATA / "problems" / f"{name}.parquet").resolve()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open_r1", {"missing_figure": 1}),
        ("deepmath", {"binary_answer": 4}),
        ("s1k", {"binary_answer": 3, "missing_figure": 2, "multi_part_answer": 2, "proof": 1}),
        ("limo", {"multi_part_answer": 1}),
        ("math_train", {"missing_figure": 1}),
        ("dapo17k", {"missing_figure": 167, "multi_part_answer": 1}),
        ("aime_1983_2023", {"missing_figure": 6, "stated_answer": 1}),
    ],
)
def test_what_goes_of_the_real_sets_is_what_was_read(name: str, expected: dict[str, int]) -> None:
    settings, read = Screening(), source(name)
    problems = (row.problem for row in pull(read, resolve(read), PullCounts()) if isinstance(row, Pulled))
    reasons = (why_unverifiable(problem, settings) for problem in problems)
    assert Counter(reason[0] for reason in reasons if reason) == expected


def test_a_request_for_a_proof_is_known_whatever_stands_in_the_place_of_its_answer() -> None:
    questions = pq.read_table(DATA / "sources" / "s1k", columns=["question"]).column("question").to_pylist()
    assert sum(asks_only_for_proof(question, question.lower()) for question in questions) == 87
