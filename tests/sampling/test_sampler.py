"""The sampler against a server that misbehaves: what arrives is kept, what fails says why, nothing is paid twice."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from datagen.errors import DatagenError, UsageError
from datagen.journal import Journal
from datagen.path_rule import PathRule
from datagen.progress import Progress
from datagen.recipe import Recipe
from datagen.sampling.asking import ReadyTeacher
from datagen.sampling.sampler import Sampler
from datagen.solutions import recorded_solution
from datagen.tables import Problem, Solution
from datagen.teachers.base import Message, Request
from datagen.teachers.openai_api import OpenAIClient
from datagen.teachers.prompting import load_prompt
from datagen.verify.verdicts import Verdicts
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.sampling.openai_like import KEY, Behaviour, Server, completion, problem, recipe, serving

REQUEST = Request((Message("user", "What is 0 + 2?"),), 0.8, 0.95, 100, seed=7)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        yield verifier


def right(body: dict[str, Any], number: int) -> dict[str, Any]:
    """The right answer, in other words each time."""
    first = int(body["messages"][-1]["content"].split()[2])
    return completion(f"Way {number}: \\boxed{{{first + 2}}}")


async def ask(behaviour: Behaviour) -> Any:
    async with serving(behaviour) as server:
        teacher = recipe(server.base_url).paid_teachers[0]
        client = OpenAIClient(teacher, teacher.base_urls, 20)
        try:
            return await client.ask(REQUEST), server
        finally:
            await client.close()


def run(
    folder: Path,
    verifier: Verifier,
    behaviour: Behaviour,
    problems: list[tuple[Problem, list[Solution]]],
    reuse: Journal | None = None,
    **sampling: Any,
) -> tuple[Server, Progress, DatagenError | None]:
    """One start of a run: what the server saw, what was counted, and how it failed."""

    async def start() -> tuple[Server, Progress, DatagenError | None]:
        async with serving(behaviour) as server:
            settings: Recipe = recipe(server.base_url, **sampling)
            teacher = settings.paid_teachers[0]
            client = OpenAIClient(teacher, teacher.base_urls, settings.sampling.timeout_s)
            ready = ReadyTeacher(teacher, load_prompt("solve", "m"), client)
            progress = Progress()
            with Journal(folder / "c.jsonl") as journal, Journal(folder / "v.jsonl") as verdicts:
                paths, judge = PathRule(settings.paths.text), Verdicts(verifier, verdicts)
                recorded = {problem.id: solutions for problem, solutions in problems}
                sampler = Sampler(
                    settings,
                    paths,
                    lambda problem: recorded[problem.id],
                    {"t": ready},
                    journal,
                    reuse,
                    judge,
                    progress,
                )
                try:
                    await sampler.run(problem for problem, _ in problems)
                except DatagenError as error:
                    return server, progress, error
                finally:
                    await client.close()
            return server, progress, None

    return asyncio.run(start())


def kept(folder: Path) -> list[dict[str, Any]]:
    with Journal(folder / "c.jsonl", read_only=True) as journal:
        return list(journal.records())


@pytest.mark.parametrize(
    ("reply", "reasoning", "content", "finish_reason"),
    [
        (completion("It is 2.", reasoning="hm"), "hm", "It is 2.", "stop"),
        (completion("It is 2.", reasoning_content="hm"), "hm", "It is 2.", "stop"),
        (completion("<think>\nhm\n</think>\n\nIt is 2."), "hm", "It is 2.", "stop"),
        (completion("hm\n</think>\n\nIt is 2."), "hm", "It is 2.", "stop"),
        (completion("It is 2."), "", "It is 2.", "stop"),
        (completion("It is", "length"), "", "It is", "length"),
        (completion("<think>hm"), "hm", "", "length"),
        (completion(None, "length", reasoning="hm"), "hm", "", "length"),
        (completion("", "content_filter"), "", "", "content_filter"),
        (completion("It is 2.", "tool_calls"), "", "It is 2.", "unknown"),
        (completion("It is \ud83d 2."), "", "It is \N{REPLACEMENT CHARACTER} 2.", "stop"),
    ],
)
def test_thought_text_and_end_of_every_kind_of_endpoint_are_read(
    reply: dict[str, Any], reasoning: str, content: str, finish_reason: str
) -> None:
    answer, _ = asyncio.run(ask(lambda body, number: reply))
    assert (answer.reasoning, answer.content, answer.finish_reason) == (reasoning, content, finish_reason)
    assert (answer.prompt_tokens, answer.completion_tokens) == (10, 20)


def test_a_request_says_what_is_asked_and_sends_the_key() -> None:
    _, server = asyncio.run(ask(lambda body, number: completion("2")))
    assert server.asked == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "What is 0 + 2?"}],
            "temperature": 0.8,
            "top_p": 0.95,
            "max_tokens": 100,
            "seed": 7,
        }
    ]
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("status", "headers"), [(500, {}), (429, {"Retry-After": "0.01"}), (503, {"Retry-After": "0.01"})]
)
def test_an_endpoint_that_is_in_trouble_for_a_moment_is_asked_again(status: int, headers: dict[str, str]) -> None:
    def behaviour(body: dict[str, Any], number: int) -> Any:
        return completion("It is 2.") if number else web.Response(status=status, headers=headers)

    answer, server = asyncio.run(ask(behaviour))
    assert answer.content == "It is 2."
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (lambda: web.json_response({"error": {"message": f"bad key {KEY}"}}, status=401), "is TEST_KEY the right key?"),
        (lambda: web.json_response({"error": {"message": f"{KEY}: no"}}, status=403), "may not use this model"),
        (lambda: web.json_response({"error": {"message": "no"}}, status=404), "does it serve the model 'm' under http"),
        (lambda: web.json_response({"error": {"message": "too long"}}, status=400), "HTTP 400 from the endpoint"),
        (lambda: web.json_response({}), "a reply without choices"),
        (lambda: web.json_response({"choices": []}), "a reply without choices"),
        (lambda: web.json_response({"choices": [{"message": None}]}), "a choice without a message of text"),
        (lambda: web.json_response({"choices": [{"message": {"content": [5]}}]}), "a choice without a message of text"),
        (lambda: web.json_response({"choices": 5}), "a reply without choices"),
        (lambda: web.Response(text="<html>", content_type="text/html"), "does not answer like an OpenAI endpoint"),
        (lambda: web.Response(text="{", content_type="application/json"), "does not answer like an OpenAI endpoint"),
    ],
)
def test_an_endpoint_that_will_not_work_is_refused_in_one_line_without_its_key(reply: Any, said: str) -> None:
    with pytest.raises(DatagenError) as refusal:
        asyncio.run(ask(lambda body, number: reply()))
    message = str(refusal.value)
    assert message.startswith("teacher t: ")
    assert said in message
    assert KEY not in message
    assert len(message.splitlines()) == 1


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagen.teachers.breaker.NEVER_SERVED_S", 0.2)

    async def ask_nobody() -> None:
        async with serving(right) as server:
            teacher = recipe(server.base_url).paid_teachers[0]
        client = OpenAIClient(teacher, teacher.base_urls, 5)
        try:
            await client.ask(REQUEST)
        finally:
            await client.close()

    with pytest.raises(DatagenError, match=r"teacher t: no connection to http://127.*; is the server up\?"):
        asyncio.run(ask_nobody())


def test_a_key_that_is_not_set_is_missed_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_KEY")
    teacher = recipe("http://127.0.0.1:9/v1").paid_teachers[0]
    with pytest.raises(UsageError, match="teacher t: the environment has no TEST_KEY; set it to the key"):
        OpenAIClient(teacher, teacher.base_urls, 5)


def test_every_problem_gets_what_the_plan_wants_and_every_answer_is_kept(tmp_path: Path, verifier: Verifier) -> None:
    server, progress, error = run(tmp_path, verifier, right, [(problem(n), []) for n in range(5)])
    assert error is None
    assert len(server.asked) == len(kept(tmp_path)) == progress.completions == 10
    assert progress.done == 5
    assert {record["cost_usd"] for record in kept(tmp_path)} == {(10 * 1.0 + 20 * 2.0) / 1e6}
    assert KEY not in (tmp_path / "c.jsonl").read_text()


def test_what_arrived_now_is_counted_with_its_verdicts_and_what_was_there_apart(
    tmp_path: Path, verifier: Verifier
) -> None:
    def in_turn(body: dict[str, Any], number: int) -> Any:
        return (right(body, number), completion(f"{number}: \\boxed{{0}}"), completion("cut", "length"))[number % 3]

    recorded = recorded_solution("id0", "What is 0 + 2?", "So \\boxed{2}", model="r", index=0)
    server, first, _ = run(tmp_path, verifier, in_turn, [(problem(), [recorded])])
    assert first.verdicts.total() == first.completions == len(server.asked)
    assert first.verdicts["correct"] == 1
    assert first.completion_tokens == 20 * first.completions

    _, second, _ = run(tmp_path, verifier, right, [(problem(), [recorded]), (problem(1), [])])
    assert (second.kept, second.reused) == (first.completions, 0)
    assert (second.completions, second.verdicts) == (2, {"correct": 2})


def test_what_was_asked_before_is_not_asked_again(tmp_path: Path, verifier: Verifier) -> None:
    problems: list[tuple[Problem, list[Solution]]] = [(problem(n), []) for n in range(3)]
    run(tmp_path, verifier, right, problems)
    before = (tmp_path / "c.jsonl").read_bytes()
    server, progress, error = run(tmp_path, verifier, right, problems)
    assert (server.asked, progress.completions, error) == ([], 0, None)
    assert (tmp_path / "c.jsonl").read_bytes() == before


def test_another_runs_completions_are_taken_over_and_not_paid_again(tmp_path: Path, verifier: Verifier) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    run(tmp_path / "one", verifier, right, [(problem(), [])])
    with Journal(tmp_path / "one" / "c.jsonl", read_only=True) as reuse:
        server, progress, _ = run(tmp_path / "two", verifier, right, [(problem(), []), (problem(1), [])], reuse)
    assert (len(server.asked), progress.reused) == (2, 2)
    assert len(kept(tmp_path / "two")) == 4


def test_other_parameters_ask_anew(tmp_path: Path, verifier: Verifier) -> None:
    run(tmp_path, verifier, right, [(problem(), [])])
    server, _, _ = run(tmp_path, verifier, right, [(problem(), [])], temperature=0.5)
    assert len(server.asked) == 2


def test_enough_recorded_solutions_ask_nobody(tmp_path: Path, verifier: Verifier) -> None:
    texts = ["0 + 2 = \\boxed{2}", "Nothing and 2 make \\boxed{2}"]
    recorded = [recorded_solution("id0", "What is 0 + 2?", text, model="r", index=n) for n, text in enumerate(texts)]
    server, _, error = run(tmp_path, verifier, right, [(problem(), recorded)])
    assert (server.asked, error) == ([], None)


def test_a_problem_that_nobody_solves_is_given_up(tmp_path: Path, verifier: Verifier) -> None:
    server, _, error = run(tmp_path, verifier, lambda body, number: completion(f"{number}: no"), [(problem(), [])])
    assert (len(server.asked), error) == (2, None)


def test_a_teacher_that_fails_for_good_stops_the_run_and_what_arrived_is_kept(
    tmp_path: Path, verifier: Verifier
) -> None:
    def until_the_key_is_revoked(body: dict[str, Any], number: int) -> Any:
        return right(body, number) if number < 5 else web.json_response({"error": {"message": KEY}}, status=401)

    problems: list[tuple[Problem, list[Solution]]] = [(problem(n), []) for n in range(10)]
    _, _, error = run(tmp_path, verifier, until_the_key_is_revoked, problems)
    assert str(error) == "teacher t: HTTP 401 from the endpoint; is TEST_KEY the right key?"
    assert len(kept(tmp_path)) == 5
    server, _, error = run(tmp_path, verifier, right, problems)
    assert error is None
    assert len(server.asked) == 20 - 5


def test_a_request_that_always_fails_holds_up_its_problem_and_no_other(
    tmp_path: Path, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagen.teachers.faults.LONGEST_DELAY_S", 0.01)

    def poisoned(body: dict[str, Any], number: int) -> Any:
        is_poison = "What is 1 +" in body["messages"][-1]["content"]
        return web.Response(text="{") if is_poison and number else right(body, number)

    problems: list[tuple[Problem, list[Solution]]] = [(problem(n), []) for n in range(6)]
    _, progress, error = run(tmp_path, verifier, poisoned, problems)
    assert progress.done == 5
    assert len(kept(tmp_path)) == 10
    assert str(error).startswith("teacher t: http://127.0.0.1")
    assert str(error).endswith("1 problems are left for such requests: start again to try them once more")
    server, progress, error = run(tmp_path, verifier, right, problems)
    assert (error, progress.done, len(server.asked)) == (None, 6, 2)


def test_a_seed_follows_from_what_is_asked_and_is_no_part_of_it(tmp_path: Path, verifier: Verifier) -> None:
    (tmp_path / "two").mkdir()
    one, _, _ = run(tmp_path, verifier, right, [(problem(), [])])
    two, _, _ = run(tmp_path / "two", verifier, right, [(problem(), [])])
    seeds = sorted(body["seed"] for body in one.asked)
    assert seeds == sorted(body["seed"] for body in two.asked)
    assert len(set(seeds)) == 2


def test_problems_that_wait_for_an_earlier_one_hold_no_texts_meanwhile(tmp_path: Path, verifier: Verifier) -> None:
    held: list[int] = []

    async def slow_at_the_first(body: dict[str, Any], number: int) -> Any:
        if "What is 0 +" not in body["messages"][-1]["content"]:
            return completion(f"{number}: \\boxed{{no}}")
        while (tmp_path / "v.jsonl").read_bytes().count(b"\n") < 2 * 95 and not held:
            await asyncio.sleep(0.01)
        held.append(solutions())
        return right(body, number)

    before = solutions()
    _, progress, error = run(tmp_path, verifier, slow_at_the_first, [(problem(n), []) for n in range(96)])
    assert (error, progress.done) == (None, 96)
    assert held[0] - before < 16, "two solutions each of more than sixty problems that are put aside"


def solutions() -> int:
    """How many are in memory."""
    return sum(isinstance(one, Solution) for one in gc.get_objects())
