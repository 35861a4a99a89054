"""Whole runs with budgets: never over, stopped with everything kept, and gone on with as if nothing had been."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from datagen.errors import DatagenError, StoppedError, UsageError
from datagen.journal import Journal, journal
from datagen.pipeline import Options
from datagen.spending.ledger import ledger_of
from datagen.status import run_status, status_lines
from datagen.workspace import Workspace
from tests.building import build
from tests.spending.billing import Endpoint, recipe

_BUILD = """
import sys
from pathlib import Path
from tests.building import build
from tests.spending.billing import recipe
folder = Path(sys.argv[1])
build(recipe(folder, sys.argv[2]), folder / "run")
"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().serving() as endpoint:
        yield endpoint


def records(run: Path) -> list[dict[str, Any]]:
    with Journal(run / "journal" / "completions.jsonl", read_only=True) as journal:
        return list(journal.records())


def dataset(run: Path) -> dict[str, str]:
    files = [path for path in sorted((run / "dataset").rglob("*")) if path.is_file()]
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("setting", ["budget_usd", "budget_tokens"])
def test_a_budget_stops_a_run_before_it_is_exceeded_and_raising_it_goes_on_as_if_nothing_had_been(
    setting: str, tmp_path: Path, endpoint: Endpoint
) -> None:
    (tmp_path / "one").mkdir()
    build(recipe(tmp_path / "one", endpoint.base_url), tmp_path / "one" / "run")
    undisturbed, whole_usd, whole_tokens = Counter(endpoint.asked), endpoint.usd, endpoint.tokens
    whole: float = whole_usd if setting == "budget_usd" else whole_tokens

    with Endpoint().serving() as other:
        for share in (0.3, 0.6):
            limit: float = whole * share if setting == "budget_usd" else int(whole * share)
            with pytest.raises(StoppedError, match=f"stopped by sampling.{setting}: "):
                build(recipe(tmp_path, other.base_url, **{setting: limit}), tmp_path / "run")
            billed: float = other.usd if setting == "budget_usd" else other.tokens
            assert 0.7 * limit < billed <= limit
            assert len(records(tmp_path / "run")) == other.asked.total() > 0
        build(recipe(tmp_path, other.base_url, **{setting: 2 * whole}), tmp_path / "run")
        assert other.asked == undisturbed
        assert set(other.asked.values()) == {1}
    assert dataset(tmp_path / "run") == dataset(tmp_path / "one" / "run")


def test_a_budget_that_is_spent_already_asks_nothing_and_lets_what_needs_no_teacher_go_on(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    with pytest.raises(StoppedError):
        build(recipe(tmp_path, endpoint.base_url, budget_tokens=2000), tmp_path / "run")
    asked = endpoint.asked.total()
    with pytest.raises(StoppedError, match=f"{endpoint.tokens:,} of 500 tokens are spent"):
        build(recipe(tmp_path, endpoint.base_url, budget_tokens=500), tmp_path / "run")
    assert endpoint.asked.total() == asked

    build(recipe(tmp_path, endpoint.base_url), tmp_path / "run", Options(until="sample"))
    asked = endpoint.asked.total()
    build(recipe(tmp_path, endpoint.base_url, budget_tokens=500), tmp_path / "run", Options(fresh=True))
    assert endpoint.asked.total() == asked


def test_a_killed_run_has_the_ledger_of_its_journal_and_what_was_in_flight_counts_at_its_worst(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.answers = 20
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", _BUILD, str(tmp_path), endpoint.base_url]
    with subprocess.Popen(command, env=environment) as process:
        assert endpoint.holding.wait(60)
        process.send_signal(signal.SIGKILL)
    endpoint.release()

    kept = records(tmp_path / "run")
    ledger, _ = ledger_of(Workspace(tmp_path / "run"))
    paid = ledger.paid["r1"]
    assert paid.completions == len(kept) > 0
    assert paid.prompt_tokens == sum(record["prompt_tokens"] for record in kept)
    assert paid.completion_tokens == sum(record["completion_tokens"] for record in kept)
    assert paid.usd == pytest.approx(sum(record["cost_usd"] for record in kept))
    assert ledger.lost.faults == {"killed": ledger.lost.requests}
    assert endpoint.asked.total() - len(kept) <= ledger.lost.requests <= 8
    assert endpoint.tokens <= ledger.spent.tokens

    limit = ledger.spent.tokens + 2000
    with pytest.raises(StoppedError):
        build(recipe(tmp_path, endpoint.base_url, budget_tokens=limit), tmp_path / "run")
    assert ledger.spent.tokens < endpoint.tokens + ledger.lost.at_most_tokens
    assert endpoint.tokens <= limit


def test_what_was_sent_and_never_answered_whole_counts_at_its_worst_and_is_shown_apart(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    endpoint.fault = lambda number: web.Response(text="{") if number == 5 else None
    build(recipe(tmp_path, endpoint.base_url, budget_usd=1), tmp_path / "run")
    ledger, _ = ledger_of(Workspace(tmp_path / "run"))
    assert ledger.lost.faults == {"broken JSON": 1}
    assert ledger.lost.at_most_tokens > 300
    assert ledger.spent.tokens == endpoint.tokens + ledger.lost.at_most_tokens
    lines = "\n".join(status_lines(run_status(tmp_path / "run")))
    assert "  1 reply lost on the way (broken JSON 1), at most 0.00" in lines
    assert "of 1.00 USD spent, " in lines


def test_what_arrived_and_could_not_be_written_down_counts_as_lost(
    tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = journal._write_all

    def full(file: int, data: bytes, offset: int) -> None:
        if b"reasoning" in data and offset > 2000:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, data, offset)

    monkeypatch.setattr(journal, "_write_all", full)
    with pytest.raises(DatagenError, match="the journal can't be written: No space left"):
        build(recipe(tmp_path, endpoint.base_url), tmp_path / "run")
    ledger, _ = ledger_of(Workspace(tmp_path / "run"))
    assert ledger.lost.requests > 0
    assert ledger.spent.tokens >= endpoint.tokens


def test_what_an_endpoint_refused_is_not_counted(tmp_path: Path, endpoint: Endpoint) -> None:
    endpoint.fault = lambda number: web.json_response({"error": {}}, status=401) if number >= 5 else None
    with pytest.raises(DatagenError, match="HTTP 401"):
        build(recipe(tmp_path, endpoint.base_url), tmp_path / "run")
    ledger, _ = ledger_of(Workspace(tmp_path / "run"))
    assert (ledger.total.completions, ledger.lost.requests) == (5, 0)
    assert ledger.spent.tokens == endpoint.tokens


def test_completions_that_another_run_paid_for_are_shown_apart_and_count_against_no_budget_here(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    (tmp_path / "one").mkdir()
    build(recipe(tmp_path / "one", endpoint.base_url, problems=10), tmp_path / "one" / "run")
    asked, tokens = endpoint.asked.total(), endpoint.tokens
    options = Options(reuse=tmp_path / "one" / "run")
    with pytest.raises(StoppedError):
        build(recipe(tmp_path, endpoint.base_url, problems=20, budget_tokens=2000), tmp_path / "run", options)
    assert endpoint.tokens - tokens <= 2000
    ledger, _ = ledger_of(Workspace(tmp_path / "run"))
    assert ledger.taken_over["r1"].completions == asked
    assert ledger.spent.tokens == endpoint.tokens - tokens
    assert "taken over: paid for by another run" in "\n".join(status_lines(run_status(tmp_path / "run")))


@pytest.mark.parametrize("price", [None, {"input": 0, "output": 0}])
def test_a_budget_in_money_wants_a_price(price: object, tmp_path: Path) -> None:
    settings = recipe(tmp_path, "http://127.0.0.1:9/v1", budget_usd=5)
    teacher = type(settings.teachers[0]).model_validate(settings.teachers[0].model_dump() | {"price": price})
    with pytest.raises(UsageError, match=r"sums: sampling.budget_usd needs teachers.r1.price, in USD per million"):
        build(settings.model_copy(update={"teachers": (teacher,)}), tmp_path / "run")
    assert not (tmp_path / "run").exists()
