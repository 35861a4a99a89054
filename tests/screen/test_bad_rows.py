"""Rows that hold next to nothing, far too much, or another script, through a real run up to the screen."""

import json
from pathlib import Path

from datagen.pipeline import Options
from datagen.recipe import Recipe
from datagen.status import run_status, status_lines
from datagen.tables import DROPPED, SCREENED
from tests.building import build

MEGABYTE = "Let $a_1 + a_2 = 3$ as shown, so that (a) $a_1 > 0$ and we prove that "
ROWS = [
    ("", "1", ("pull", "empty_problem")),
    (None, "2", ("pull", "empty_problem")),
    (" \n\t ", "3", ("pull", "empty_problem")),
    ("![](https://example.com/a.png)", "4", ("pull", "empty_problem")),
    ("$$ \\quad $$", "5", None),
    ("$$\\int_0^1 x^2 \\, dx$$", "\\frac{1}{3}", None),
    ("What is $x$? ![](https://example.com/a.png)", "6", ("screen", "missing_figure")),
    (MEGABYTE * (1_000_000 // len(MEGABYTE)) + "what is $a_1$?", "7", None),
    ("已知 $x+1=8$，求 $x$ 的值。", "8", None),
    ("Докажите, что $x = 9$. Найдите $x$.", "9", None),
    ("احسب قيمة $x$ إذا كان $x-1=9$", "10", None),
    ("Find x \N{REPLACEMENT CHARACTER}\x00 if $x = 11$.", "11", None),
    ("Prove that there are infinitely many primes.", "12", ("screen", "proof")),
    ("What is it?", "See solution", ("screen", "no_answer")),
    ("What is it now?", None, ("pull", "no_answer")),
]


def recipe(place: Path, screen: dict[str, object]) -> Recipe:
    path = place / "rows.jsonl"
    path.write_text("".join(json.dumps({"problem": text, "answer": answer}) + "\n" for text, answer, _ in ROWS))
    return Recipe.model_validate(
        {
            "name": "bad",
            "sources": [
                {"kind": "table", "name": "bad", "path": str(path), "columns": {"source_id": "answer"}},
                {"kind": "table", "name": "good", "path": str(other_file(place))},
            ],
            "screen": {"benchmarks": []} | screen,
            "teachers": [{"name": "recorded", "kind": "recorded"}],
        }
    )


def other_file(place: Path) -> Path:
    path = place / "good.jsonl"
    path.write_text(json.dumps({"problem": "What is $2+3$?", "answer": "5"}) + "\n")
    return path


def test_each_bad_row_has_its_fate_and_the_rest_stays(tmp_path: Path) -> None:
    workspace = build(recipe(tmp_path, {}), tmp_path / "run", Options(until="screen"))
    kept = {row.answer for row in workspace.read(SCREENED) if row.source == "bad"}
    assert kept == {answer for _, answer, fate in ROWS if fate is None}
    dropped = sorted((drop.stage, drop.reason) for drop in workspace.read(DROPPED))
    assert dropped == sorted(fate for _, _, fate in ROWS if fate is not None)
    assert all(0 < len(drop.detail) < 400 for drop in workspace.read(DROPPED))
    told = "\n".join(status_lines(run_status(tmp_path / "run")))
    assert f"  {'all sources':20} pulled {len(ROWS) + 1:,}" in told
    assert f"    {'pull':7} {'empty_problem':28} -4" in told
    assert f"    {'':7} {'not decided yet':28} {len(kept) + 1:,}" in told


def test_what_the_recipe_keeps_is_not_dropped(tmp_path: Path) -> None:
    keep = dict.fromkeys(("proofs", "missing_answers", "missing_figures"), "keep")
    workspace = build(recipe(tmp_path, keep), tmp_path / "run", Options(until="screen"))
    assert {drop.stage for drop in workspace.read(DROPPED)} == {"pull"}
