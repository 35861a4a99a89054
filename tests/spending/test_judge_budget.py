"""The judge pays from the same purse: in both stages that may ask it."""

from pathlib import Path
from typing import Any

import pytest

from datagen.errors import StoppedError
from datagen.pipeline import Options
from datagen.spending.cost import TEMPLATE_TOKENS
from datagen.spending.ledger import ledger_of
from datagen.workspace import Workspace
from tests.answering import KEY
from tests.building import build
from tests.verify.judging_endpoint import Endpoint
from tests.verify.test_judged_runs import PROBLEMS, dataset, run_recipe

TOKENS_A_JUDGEMENT = 30


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


def sampling(**budget: Any) -> dict[str, Any]:
    few = {"target_correct": 2, "max_attempts": 1, "give_up_after": 1, "max_tokens": 100, "timeout_s": 20}
    return {"sampling": {**few, **budget}}


def worst(endpoint: Endpoint) -> int:
    """The most tokens that one judgement may take."""
    texts = ["".join(message["content"] for message in body["messages"]) for body in endpoint.bodies]
    return max(len(text.encode()) for text in texts) + TEMPLATE_TOKENS + 100


def test_a_judge_that_the_budget_does_not_pay_for_stops_the_run_which_then_goes_on(tmp_path: Path) -> None:
    with Endpoint().serving() as undisturbed:
        build(run_recipe(tmp_path / "one", undisturbed.base_url, **sampling()), tmp_path / "one")
    with Endpoint().serving() as endpoint:
        some = worst(undisturbed) + 10 * TOKENS_A_JUDGEMENT
        with pytest.raises(StoppedError, match=r"sampling.budget_tokens: .* the next request to wise may take"):
            build(run_recipe(tmp_path / "run", endpoint.base_url, **sampling(budget_tokens=some)), tmp_path / "run")
        assert 10 <= endpoint.judged.total() < 2 * PROBLEMS
        ledger, _ = ledger_of(Workspace(tmp_path / "run"))
        assert ledger.spent.tokens == endpoint.judged.total() * TOKENS_A_JUDGEMENT
        build(run_recipe(tmp_path / "run", endpoint.base_url, **sampling(budget_tokens=100_000)), tmp_path / "run")
        assert endpoint.judged == undisturbed.judged
    assert dataset(tmp_path / "run") == dataset(tmp_path / "one")


def test_the_verify_stage_asks_the_judge_within_the_budget_too(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Endpoint().serving() as endpoint:
        build(run_recipe(folder, endpoint.base_url, **sampling()), folder, Options(until="sample"))
        for file in (folder / "journal").glob("completions*"):  # sampling stands, its judgements are gone
            file.unlink()
        Workspace(folder).forget_stage("verify", [])
        asked = endpoint.judged.total()
        some = worst(endpoint) + 10 * TOKENS_A_JUDGEMENT
        with pytest.raises(StoppedError, match=r"sampling.budget_tokens: "):
            build(run_recipe(folder, endpoint.base_url, **sampling(budget_tokens=some)), folder)
        assert 10 <= endpoint.judged.total() - asked < 2 * PROBLEMS
