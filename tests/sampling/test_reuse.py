"""What a changed recipe takes over of what was paid for, what not, and which setting made the difference."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datagen.journal import Journal
from datagen.pipeline import Options
from datagen.recipe import Recipe
from datagen.sampling.reuse import BEYOND_PLAN, NOT_IN_RECIPE, NOT_WRITTEN_DOWN
from datagen.status import run_status, status_lines
from datagen.workspace import completions_of
from tests.building import build
from tests.sampling.openai_like import KEY, Server, completion, serving

PROBLEMS, WANTED = 3, 2


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.fixture
def server() -> Iterator[Server]:
    """Solves every problem, in other words each time."""
    ready, loop, running = threading.Event(), asyncio.new_event_loop(), []

    def solve(body: dict[str, Any], number: int) -> dict[str, Any]:
        first = int(body["messages"][-1]["content"].split("What is ")[1].split()[0])
        return completion(f"{number} way to go {number}: \\boxed{{{first + 2}}}")

    async def serve(stop: asyncio.Event) -> None:
        async with serving(solve) as server:
            running.append(server)
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)))
    thread.start()
    ready.wait()
    yield running[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def sample(tmp_path: Path, server: Server) -> Any:
    """Runs a recipe up to its samples; returns what was asked for it and its figures."""
    for source, numbers in (("one", range(PROBLEMS)), ("two", range(50, 52))):
        rows = [json.dumps({"problem": f"What is {number} + 2 ?", "answer": str(number + 2)}) for number in numbers]
        (tmp_path / f"{source}.jsonl").write_text("\n".join(rows))

    def start(
        name: str = "run",
        sources: tuple[str, ...] = ("one",),
        reuse: str | None = None,
        *,
        fresh: bool = False,
        **changes: Any,
    ) -> tuple[int, dict[str, Any]]:
        endpoint = {"kind": "openai", "base_url": server.base_url, "api_key_env": "TEST_KEY"}
        if "engine_args" in changes:
            endpoint = {"kind": "vllm", "base_urls": [server.base_url], "engine_args": changes.pop("engine_args")}
        teacher = {"name": "t", "model": "m", **endpoint}
        recipe = Recipe.model_validate(
            {
                "name": "test",
                "seed": changes.pop("seed", 0),
                "sources": [
                    {"kind": "table", "name": one, "path": str(tmp_path / f"{one}.jsonl"), "licence": "mit"}
                    for one in sources
                ],
                "teachers": [teacher | {"price": {"input": 1.0, "output": 2.0}} | changes.pop("teacher", {})],
                "sampling": {"target_correct": WANTED, "max_attempts": 4, "give_up_after": 4, **changes},
                "paths": {"count": [1, 2], "tokenizer": "bundled"},
                "screen": {"benchmarks": []},
            }
        )
        before = len(server.asked)
        options = Options(until="sample", reuse=tmp_path / reuse if reuse else None, fresh=fresh)
        workspace = build(recipe, tmp_path / name, options)
        record = workspace.stage("sample")
        assert record is not None
        return len(server.asked) - before, record.counts["reuse"]

    return start


def used(figures: dict[str, Any]) -> dict[str, int]:
    return {name: figures[name]["completions"] for name in ("kept", "asked", "taken") if figures[name]["completions"]}


def unused(figures: dict[str, Any], which: str = "unused") -> dict[str, int]:
    return {paid["why"]: paid["completions"] for paid in figures[which]}


def test_a_setting_that_comes_back_finds_its_completions_and_pays_nothing(sample: Any) -> None:
    everything = PROBLEMS * WANTED
    assert sample(temperature=0.8)[0] == everything
    asked, figures = sample(temperature=0.7)
    assert (asked, used(figures)) == (everything, {"asked": everything})
    assert unused(figures) == {"sampling.temperature 0.8 -> 0.7": everything}
    asked, figures = sample(temperature=0.8)
    assert (asked, used(figures)) == (0, {"kept": everything})
    assert figures["unused"] == [
        {"why": "sampling.temperature 0.7 -> 0.8", "completions": 6, "tokens": 180, "usd": pytest.approx(300e-6)}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"teacher": {"name": "renamed"}},
        {"teacher": {"price": {"input": 5.0, "output": 9.0}}},
        {"teacher": {"concurrency": 3}},
        {"teacher": {"seed": "none"}},
        {"seed": 7},
        {"sources": ("one", "two")},
        {"timeout_s": 60},
    ],
)
def test_what_is_no_part_of_what_is_asked_changes_nothing(sample: Any, change: dict[str, Any]) -> None:
    sample()
    asked, figures = sample(fresh=True, **change)
    assert asked == (4 if "sources" in change else 0)
    assert figures["kept"]["completions"] == PROBLEMS * WANTED
    assert not figures["unused"]


def test_a_setting_that_is_not_sent_any_more_is_named(sample: Any) -> None:
    sample()
    _, figures = sample(teacher={"family": "openai_reasoning"})
    assert list(unused(figures)) == ["sampling.temperature 0.8 -> not sent, sampling.top_p 0.95 -> not sent"]


def test_a_server_that_is_started_differently_is_asked_anew_where_that_changes_the_text(sample: Any) -> None:
    everything = PROBLEMS * WANTED
    sample(engine_args={"max-model-len": 4096})
    assert sample(engine_args={"max-model-len": 8192, "reasoning-parser": "r1"}, fresh=True)[0] == 0
    asked, figures = sample(engine_args={"quantization": "fp8", "hf-overrides": {"rope_theta": 5}})
    assert asked == everything
    why = 'engine_args.hf-overrides not given -> {"rope_theta": 5}, engine_args.quantization not given -> fp8'
    assert unused(figures) == {why: everything}
    asked, figures = sample(engine_args={"quantization": "awq"})
    assert asked == everything
    assert unused(figures) == {
        'engine_args.hf-overrides {"rope_theta": 5} -> not given, engine_args.quantization fp8 -> awq': everything,
        "engine_args.quantization not given -> awq": everything,
    }


def test_every_setting_that_differs_is_named_with_its_old_and_new_value(sample: Any, tmp_path: Path) -> None:
    sample()
    prompt = tmp_path / "mine.txt"
    prompt.write_text("Solve it: {{ problem }}")
    _, figures = sample(prompt=str(prompt))
    [why] = unused(figures)
    assert why.startswith("sampling.prompt ")
    _, figures = sample(sources=("two",), top_p=0.5, max_tokens=100, teacher={"model": "n"})
    assert len(figures["unused"]) == 2
    for why in unused(figures):
        assert "teachers: model m is not among them" in why
        assert "sampling.top_p 0.95 -> 0.5, sampling.max_tokens 16384 -> 100" in why
        assert NOT_IN_RECIPE in why


def test_a_problem_that_went_and_attempts_that_are_too_many_are_told_apart(sample: Any) -> None:
    sample(sources=("one", "two"))
    asked, figures = sample()
    assert (asked, used(figures)) == (0, {"kept": PROBLEMS * WANTED})
    assert unused(figures) == {NOT_IN_RECIPE: 4}
    asked, figures = sample(target_correct=1)
    assert (asked, used(figures)) == (0, {"kept": PROBLEMS})
    assert unused(figures) == {NOT_IN_RECIPE: 4, BEYOND_PLAN: PROBLEMS}


def test_another_runs_completions_are_counted_apart_and_it_is_told_which_do_not_fit(
    sample: Any, tmp_path: Path
) -> None:
    sample(name="other", sources=("one", "two"))
    sample(name="other", sources=("one", "two"), temperature=0.5)
    assert list((tmp_path / "other" / "journal").glob("*.parquet"))
    (tmp_path / "other" / "journal" / "completions.jsonl").unlink()  # only parts are left
    asked, figures = sample(reuse="other", temperature=0.5)
    assert (asked, used(figures)) == (0, {"taken": PROBLEMS * WANTED})
    assert unused(figures, "unused_there") == {
        NOT_IN_RECIPE: 4,
        "sampling.temperature 0.8 -> 0.5": PROBLEMS * WANTED,
        f"sampling.temperature 0.8 -> 0.5, {NOT_IN_RECIPE}": 4,
    }
    assert not figures["unused"]


def test_completions_of_an_earlier_version_are_not_guessed_at(sample: Any, tmp_path: Path) -> None:
    path = completions_of(tmp_path / "run")
    with Journal(path) as journal:
        journal.append(
            "ab" * 32, {"model": "m", "attempt": 0, "cost_usd": 0.5, "prompt_tokens": None, "completion_tokens": 7}
        )
    _, figures = sample()
    assert figures["unused"] == [{"why": NOT_WRITTEN_DOWN, "completions": 1, "tokens": 7, "usd": 0.5}]


def test_the_table_is_shown_only_when_something_was_not_used(sample: Any, tmp_path: Path) -> None:
    sample()
    assert not [line for line in status_lines(run_status(tmp_path / "run")) if "the plan uses" in line]
    sample(temperature=0.7)
    lines = status_lines(run_status(tmp_path / "run"))
    first = lines.index("paid for, and what the plan uses of it")
    assert [line.split() for line in lines[first + 1 : first + 4]] == [
        ["completions", "tokens", "USD"],
        ["6", "180", "0.0003", "asked", "now"],
        ["6", "180", "0.0003", "not", "used:", "sampling.temperature", "0.8", "->", "0.7"],
    ]
