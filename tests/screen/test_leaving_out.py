"""What a recipe leaves out by its id leaves alone: nobody else's fate, nothing that was paid for."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.errors import DatagenError, UsageError
from datagen.formats import parathinker
from datagen.formats.rendering import Rendered
from datagen.pipeline import Options
from datagen.recipe import Screening
from datagen.recipe_file import load_recipe
from datagen.status import run_status, status_lines
from datagen.tables import DROPPED, EXAMPLES, Drop, Problem
from datagen.texts import problem_id
from datagen.workspace import Workspace
from tests.building import build
from tests.publish.small import built, card_of, section
from tests.screen.screening import screen
from tests.screen.test_near_duplicates import BASE, ONE_PROBLEM
from tests.screen.test_screen import ANSWERS, EXAM, TEXTS
from tests.spending.billing import Endpoint, recipe

TEXTS_AND_NEAR_ONES = TEXTS | st.sampled_from([BASE, *ONE_PROBLEM.values()])
NOBODYS = "0123456789abcdef"


def fates(pairs: list[tuple[str, str]], leave_out: tuple[str, ...] = ()) -> list[Problem | Drop]:
    problems = [
        Problem(f"r{number}", problem_id(text), text, answer, "mine", str(number), "rev", "mit")
        for number, (text, answer) in enumerate(pairs)
    ]
    return list(screen(lambda: iter(problems), [EXAM], Screening(leave_out=leave_out), str.__eq__))


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS_AND_NEAR_ONES, ANSWERS), max_size=10), st.data())
def test_only_what_would_have_stayed_leaves_and_no_other_fate_changes(
    pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    before = fates(pairs)
    named = data.draw(st.sets(st.sampled_from([problem_id(text) for text, _ in pairs] or [NOBODYS])))
    for was, now in zip(before, fates(pairs, tuple(named)), strict=True):
        if isinstance(was, Problem) and was.id in named:
            assert now == Drop(was.row_id, was.id, was.source, "screen", "left_out", was.id)
        else:
            assert now == was


def test_a_near_duplicate_does_not_take_the_place_of_what_is_left_out() -> None:
    pairs = [(BASE, "5"), (ONE_PROBLEM["another unit"], "5")]
    [stays] = [fate for fate in fates(pairs) if isinstance(fate, Problem)]
    reasons = Counter(fate.reason for fate in fates(pairs, (stays.id,)) if isinstance(fate, Drop))
    assert reasons == {"left_out": 1, "duplicate": 1}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def by_id(workspace: Workspace) -> dict[str, object]:
    return {example.id: example for example in workspace.read(EXAMPLES)}


def test_an_example_that_was_paid_for_is_left_out_at_no_cost_and_no_other_changes(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    whole = recipe(tmp_path, endpoint.base_url, problems=12)
    before, asked = by_id(build(whole, tmp_path / "run")), endpoint.asked.total()
    one = sorted(before)[7]
    smaller = load_recipe(str(tmp_path / "sums.yaml"), [f'screen.leave_out=["{one}"]'])
    workspace = build(smaller, tmp_path / "run")
    assert by_id(workspace) == {name: example for name, example in before.items() if name != one}
    assert Counter(drop.reason for drop in workspace.read(DROPPED))["left_out"] == 1
    assert f"    {'screen':7} {'left_out':28} -1" in status_lines(run_status(workspace.folder))
    assert "| screen | left_out | 1 |" in section(card_of(workspace), "What was left out")
    assert yaml.safe_load((workspace.folder / "dataset" / "recipe.yaml").read_text())["screen"]["leave_out"] == [one]
    assert by_id(build(whole, tmp_path / "run")) == before
    assert endpoint.asked.total() == asked > 0


def test_an_id_that_no_row_has_is_told_and_stops_nobody(tmp_path: Path, endpoint: Endpoint) -> None:
    recipe(tmp_path, endpoint.base_url)
    said: list[str] = []
    settings = load_recipe(str(tmp_path / "sums.yaml"), [f'screen.leave_out=["{NOBODYS}"]'])
    build(settings, tmp_path / "run", Options(until="screen"), said.append)
    assert f"warning: screen.leave_out: no row that was pulled has the id {NOBODYS}" in said


@pytest.mark.parametrize("given", ["1234567890123456", "train row 7", "0123456789ABCDEF", "null"])
def test_what_is_no_id_is_refused(tmp_path: Path, given: str) -> None:
    recipe(tmp_path, "http://127.0.0.1:9/v1")
    with pytest.raises(UsageError, match=r"screen\.leave_out\.1: .* is no problem's id: write its 16 hexadecimal"):
        load_recipe(str(tmp_path / "sums.yaml"), [f'screen.leave_out=["{NOBODYS}", {given}]'])


def test_what_a_failed_audit_of_the_build_advises_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render = parathinker.render

    def broken_for_two(*arguments: object) -> Rendered:
        rendered = render(*arguments)  # type: ignore[arg-type]
        is_good = not any(sum_ in str(arguments) for sum_ in ("5 + 7", "8 + 10"))
        return rendered if is_good else replace(rendered, input_ids=[0, *rendered.input_ids[1:]])

    monkeypatch.setattr(parathinker, "render", broken_for_two)
    with pytest.raises(DatagenError, match="broken_form in 2 of 5 examples") as caught:
        built(tmp_path, screen={"benchmarks": [], "leave_out": [NOBODYS]})
    *_, option, setting = shlex.split(str(caught.value))
    assert option == "--set"
    workspace = build(load_recipe(str(tmp_path / "small.yaml"), [setting]), tmp_path / "run")
    assert len(by_id(workspace)) == 3
    assert json.loads((workspace.folder / "dataset" / "audit.json").read_text())["broken_promises"] == []
    assert NOBODYS in setting
