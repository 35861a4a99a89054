"""An audit of what we build ourselves: nothing is found, and its figures are those of the run."""

import json
from pathlib import Path

from tests.end_to_end.runs import BUNDLED, counts, datagen

EXAM = f"house-exam={BUNDLED / 'quickstart' / 'exam.jsonl'}"


def audit(dataset: Path) -> dict:
    done = datagen("audit", str(dataset), "--json", "--strict", "--benchmarks", EXAM, cwd=dataset)
    assert (done.status, done.err) == (0, "")
    return json.loads(done.out)


def test_an_own_build_has_no_fault(quickstart: Path) -> None:
    told = audit(quickstart)
    assert {finding["name"]: finding["count"] for finding in told["findings"] if finding["count"]} == {}
    assert told["not_measured"] == {}
    selected, assembled = counts(quickstart, "select"), counts(quickstart, "assemble")
    assert told["paths"] == selected["paths"]
    assert round(told["diversity"], 3) == selected["diversity"]
    assert sum(told["examples"].values()) == assembled["rows"]


def test_its_token_ids_say_the_same(quickstart: Path) -> None:
    readable, ids = audit(quickstart), audit(quickstart / "dataset" / "parathinker")
    for figure in ("examples", "paths", "diversity", "tokens"):
        assert ids[figure] == readable[figure]
    unstated = {"without_licence", "without_provenance"}  # ids say nothing of either
    assert {finding["name"] for finding in ids["findings"] if finding["count"]} == unstated
