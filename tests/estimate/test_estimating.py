"""Estimates of real runs: from assumptions, from an earlier run, within budgets; each says what it rests on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import UsageError
from datagen.estimate.assumptions import Stated, known_of
from datagen.estimate.estimating import estimate_run
from datagen.estimate.evidence import read_evidence
from datagen.estimate.figures import Estimate
from datagen.estimate.lines import estimate_json, estimate_lines
from datagen.estimate.pilot import pilot_of
from datagen.pipeline import Options, run_folder
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.recipe_teachers import OpenAITeacher
from datagen.spending.ledger import ledger_of
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.billing import PROMPT_TOKENS, Endpoint, recipe

NOWHERE = "http://127.0.0.1:9/v1"
UNTIL = Options(until="sample")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def first(settings: Recipe, problems: int) -> Recipe:
    """The recipe with the first rows of its sources."""
    sources = tuple(source.model_copy(update={"limit": problems}) for source in settings.sources)
    return settings.model_copy(update={"sources": sources})


def estimate(settings: Recipe, folder: Path, run: Path | None = None, **stated: Any) -> Estimate:
    evidence = None if run is None else read_evidence(run, settings)
    return estimate_run(settings, folder / "run", evidence, Stated(**stated))


def test_an_estimate_spends_nothing_and_writes_nothing(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE)
    before = sorted(tmp_path.rglob("*"))
    estimate(settings, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_stated_is_what_is_reckoned_with(tmp_path: Path) -> None:
    found = estimate(recipe(tmp_path, NOWHERE, 100), tmp_path, solve_rate=1.0, tokens=200, survival=1.0, seconds=36)
    assert found.problems.low == found.problems.high == 100
    assert found.in_all.completions.expected == pytest.approx(200, rel=0.1)  # two paths each, hardly ever a third try
    each = found.in_all.completion_tokens.expected / found.in_all.completions.expected
    assert each == pytest.approx(200, rel=0.15)
    assert found.hours.expected == pytest.approx(200 * 36 / 8 / 3600, rel=0.25)
    assert found.in_all.usd is not None
    rests_on = "\n".join(found.basis)
    for words in ("100 rows (counted), 1.00 of them survive, as stated", "1.00 ± 0.00, as stated", "36 seconds a"):
        assert words in rests_on


def test_the_same_recipe_has_the_same_estimate(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE)
    assert estimate(settings, tmp_path) == estimate(settings, tmp_path)


def test_rates_per_minute_bound_the_hours(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE, 100)
    slow = settings.teachers[0].model_copy(update={"requests_per_minute": 1})
    found = estimate(settings.model_copy(update={"teachers": (slow,)}), tmp_path, seconds=1)
    assert found.hours.expected == pytest.approx(found.in_all.completions.expected / 60, rel=0.01)
    assert any("at most 1 requests a minute" in basis for basis in found.basis)


def test_a_batch_is_reckoned_at_half_the_price_and_with_the_time_that_batches_take(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE, 100)
    told = settings.teachers[0].model_dump() | {"kind": "openai_batch"}
    batched = settings.model_copy(update={"teachers": (OpenAITeacher.model_validate(told),)})
    usual, found = estimate(settings, tmp_path).in_all.usd, estimate(batched, tmp_path)
    assert usual is not None
    assert found.in_all.usd is not None
    assert found.in_all.usd.expected == pytest.approx(usual.expected / 2, rel=0.1)
    assert found.hours.low > 3
    assert any("assumed (what a batch takes)" in basis for basis in found.basis)


def test_a_pilot_tells_what_the_whole_run_takes_which_then_pays_for_nothing_of_it_twice(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.rate = lambda problem: (0.05, 0.5, 0.95)[problem % 3]
    whole = recipe(tmp_path, endpoint.base_url, 150, 16)
    pilot = build(first(whole, 30), tmp_path / "pilot", UNTIL).folder
    asked = endpoint.asked.total()
    found = estimate(whole, tmp_path, pilot)
    assert [paid.completions for paid in found.paid] == [asked]
    assert endpoint.asked.total() == asked

    run = build(whole, tmp_path / "run", Options(until="sample", reuse=pilot))
    assert set(endpoint.asked.values()) == {1}
    ledger, _ = ledger_of(run)
    completions = ledger.total.completions + ledger.taken_over["r1"].completions
    usd = ledger.total.usd + ledger.taken_over["r1"].usd
    assert found.in_all.usd is not None
    assert found.in_all.completions.expected == pytest.approx(completions, rel=0.2)
    assert found.in_all.usd.expected == pytest.approx(usd, rel=0.2)
    assert found.in_all.prompt_tokens.expected == pytest.approx(completions * PROMPT_TOKENS, rel=0.2)
    assert found.problems.low <= 150 <= found.problems.high + 5
    told = "\n".join(estimate_lines(found))
    assert f"30 of 30 survived in {pilot}" in told
    assert f"{pilot}: {asked} completions, 0.0" in told


def test_a_run_that_stands_knows_its_problems_and_its_pace(tmp_path: Path, endpoint: Endpoint) -> None:
    settings = recipe(tmp_path, endpoint.base_url, 12)
    build(settings, tmp_path / "run", UNTIL)
    found = estimate(settings, tmp_path, tmp_path / "run")
    assert found.problems.low == found.problems.expected == found.problems.high == 12
    assert any("seconds a completion, measured in" in basis for basis in found.basis)


def test_a_budget_is_told_how_far_it_reaches(tmp_path: Path, endpoint: Endpoint) -> None:
    whole = recipe(tmp_path, endpoint.base_url, 60)
    pilot = build(first(whole, 20), tmp_path / "pilot", UNTIL).folder
    needed = estimate(whole, tmp_path, pilot).in_all.usd
    assert needed is not None
    paid = ledger_of(Workspace(pilot))[0].total.usd
    half = estimate(recipe(tmp_path, endpoint.base_url, 60, budget_usd=needed.expected / 2 - paid), tmp_path, pilot)
    [reach] = half.reaches
    assert reach.share.expected == pytest.approx(0.5, abs=0.05)
    assert reach.enough == 0
    enough = estimate(recipe(tmp_path, endpoint.base_url, 60, budget_usd=10 * needed.high), tmp_path, pilot)
    assert enough.reaches[0].enough == 1


def test_only_what_fits_the_recipe_is_paid_already(tmp_path: Path, endpoint: Endpoint) -> None:
    pilot = build(recipe(tmp_path, endpoint.base_url, 12), tmp_path / "pilot", UNTIL).folder
    budget = endpoint.tokens // 2
    same = estimate(recipe(tmp_path, endpoint.base_url, 12, budget_tokens=budget), tmp_path, pilot)
    assert [paid.completions for paid in same.paid] == [endpoint.asked.total()]
    assert same.reaches[0].enough > 0.5
    for changed in ({"temperature": 0.33}, {"top_p": 0.5}, {"max_tokens": 299}):
        other = estimate(recipe(tmp_path, endpoint.base_url, 12, budget_tokens=budget, **changed), tmp_path, pilot)
        assert other.paid == []
        assert other.reaches[0].share.expected == pytest.approx(0.5, abs=0.1)


def test_what_a_run_spent_on_what_no_longer_fits_is_gone_from_its_budget(tmp_path: Path, endpoint: Endpoint) -> None:
    run = build(recipe(tmp_path, endpoint.base_url, 12), tmp_path / "run", UNTIL).folder
    budget = endpoint.tokens
    same = estimate(recipe(tmp_path, endpoint.base_url, 12, budget_tokens=budget), tmp_path, run)
    assert same.reaches[0].share.expected == pytest.approx(1, abs=0.15)
    other = estimate(recipe(tmp_path, endpoint.base_url, 12, budget_tokens=budget, temperature=0.33), tmp_path, run)
    assert other.reaches[0].share.high == 0


def test_money_is_unknown_where_no_price_is_known(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE)
    unpriced = settings.teachers[0].model_copy(update={"price": None})
    found = estimate(settings.model_copy(update={"teachers": (unpriced,)}), tmp_path)
    assert found.in_all.usd is None
    assert "unknown: the recipe names no price" in "\n".join(estimate_lines(found))
    assert json.loads(json.dumps(estimate_json(found)))["teachers"]["r1"]["usd"] is None


def test_a_teacher_of_which_nothing_was_seen_is_assumed(tmp_path: Path, endpoint: Endpoint) -> None:
    settings = recipe(tmp_path, endpoint.base_url, 12)
    build(settings, tmp_path / "pilot", UNTIL)
    other = settings.teachers[0].model_copy(update={"model": "another"})
    found = estimate(settings.model_copy(update={"teachers": (other,)}), tmp_path, tmp_path / "pilot")
    assert "r1: solve rate 0.60, assumed (spread 1)" in found.basis


def test_every_bundled_source_has_a_size(tmp_path: Path) -> None:
    from datagen.recipe_file import load_recipe

    urls = 'teachers.oss.base_urls=["http://127.0.0.1:9/v1"]'
    settings = load_recipe("parathinker-math-6k", [urls])
    assert [known_of(source).rows for source in settings.sources] == [93_733, 103_022, 1_000, 800]
    found = estimate(settings, tmp_path)
    assert 0 < found.problems.low < found.problems.expected < found.problems.high < 6_300


@pytest.mark.parametrize("stated", [{"solve_rate": 0.0}, {"solve_rate": 1.5}, {"tokens": -1}, {"seconds": 0}])
def test_what_can_not_be_is_not_taken(stated: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(stated)).replace('_', '-')}"):
        Stated(**stated)


def test_a_run_without_verdicts_is_no_evidence(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE)
    build(settings, tmp_path / "run", Options(until="screen"))
    with pytest.raises(UsageError, match="this run has no verdicts yet"):
        read_evidence(tmp_path / "run", settings)
    assert any("problems, screened in" in basis for basis in estimate(settings, tmp_path).basis)


def test_a_pilot_does_not_pay_for_what_the_run_has_paid_for(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = recipe(tmp_path, endpoint.base_url, 60)
    build(first(whole, 6), run_folder(whole, None), UNTIL)
    asked = endpoint.asked.total()
    for rows in (4, 12):
        pilot = pilot_of(whole, rows, None)
        build(load_recipe(str(tmp_path / "sums.yaml"), pilot.overrides), pilot.folder, pilot.options)
        assert (endpoint.asked.total() > asked) == (rows > 6)
    assert set(endpoint.asked.values()) == {1}


def test_a_pilot_is_of_one_row_at_least_and_never_larger_than_a_source(tmp_path: Path) -> None:
    settings = recipe(tmp_path, NOWHERE)
    with pytest.raises(UsageError, match="--pilot 0: give a whole number above 0"):
        pilot_of(settings, 0, None)
    assert pilot_of(settings, 5, None).overrides == ("sources.0.limit=5",)
    assert pilot_of(first(settings, 3), 5, None).overrides == ("sources.0.limit=3",)
    free = settings.model_validate(settings.model_dump() | {"teachers": [{"name": "recorded", "kind": "recorded"}]})
    with pytest.raises(UsageError, match="asks no teacher"):
        pilot_of(free, 5, None)
