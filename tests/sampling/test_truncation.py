"""Answers that were cut off: what more is asked for, what it brings and costs, and that none of it is paid twice."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from datagen.sampling.blocks import FIRST
from datagen.sampling.truncation import beginning, joined, repeats_itself
from datagen.tables import Solution
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.sampling.long_answers import LIMIT, PROMPT_TOKENS, LongAnswers, kept, run
from tests.sampling.openai_like import KEY

PRICE = {"prompt": 1e-6, "completion": 2e-6}
FEW = 6


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


@pytest.fixture(scope="module")
def verifier() -> Iterator[Verifier]:
    with Verifier(Limits(cpu_s=5, memory_mb=1024), workers=1) as verifier:
        yield verifier


def long(number: int, chance: float) -> int:
    """Every second problem has answers about as long as the limit, or longer."""
    return 40 + int(40 * chance) if number % 2 == 0 else 60 + int(160 * chance)


def solution(reasoning: str, content: str, finish_reason: Any = "length") -> Solution:
    return Solution("s", "p", "t", "m", 0, reasoning, content, finish_reason, 10, 20, 0.0, "k")


def asked_for_more(world: LongAnswers) -> int:
    return sum(body["max_tokens"] > LIMIT or body["messages"][-1]["role"] == "assistant" for body in world.bodies)


def cut_off(ran: Any) -> int:
    return sum(verdict.verdict == "truncated" for _, verdict in ran.solutions)


def test_an_accepted_cut_stays_and_is_counted_with_what_it_cost(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(long)
    ran = run(tmp_path, verifier, world, FEW)
    assert ran.error is None
    assert asked_for_more(world) == 0
    assert ran.figures["answers"] == cut_off(ran) > 0
    assert ran.figures["tokens"] == ran.figures["answers"] * (PROMPT_TOKENS + LIMIT)
    assert ran.figures["asked_again"] == ran.figures["tokens_again"] == 0


@pytest.mark.parametrize("parser", [False, True])
def test_a_continued_answer_is_the_whole_answer_as_one_attempt(
    parser: bool, tmp_path: Path, verifier: Verifier
) -> None:
    world = LongAnswers(long, parser=parser)
    ran = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert ran.error is None
    again, figures = asked_for_more(world), ran.figures
    assert figures["asked_again"] == figures["answers"] == again > 3
    assert figures["finished"] == again - cut_off(ran)
    assert 0 < figures["new_paths"] <= figures["correct"] < figures["finished"]
    for one, verdict in ran.solutions:
        number, seed = map(int, one.reasoning.split()[0].split("-")[1:])
        words = world.words(number, seed)
        written = one.reasoning.split(), one.content.split()
        is_whole = len(words) <= 2 * LIMIT
        assert (verdict.verdict != "truncated") == is_whole
        assert ["<think>", *written[0], "</think>", *written[1]][: len(words)] == (words if is_whole else words[:200])


def test_both_completions_of_an_attempt_count_and_each_is_paid_once(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(long)
    first = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    records = kept(tmp_path).values()
    assert sum(record["prompt_tokens"] + record["completion_tokens"] for record in records) == world.tokens
    told = [(one.prompt_tokens or 0, one.completion_tokens or 0, one.cost_usd) for one, _ in first.solutions]
    assert sum(prompt + written for prompt, written, _ in told) == world.tokens
    for prompt, written, usd in told:
        assert usd == pytest.approx(prompt * PRICE["prompt"] + written * PRICE["completion"])
    assert set(world.asked.values()) == {1}
    assert first.progress.settled == first.progress.completions == len(records)
    assert first.progress.verdicts.total() == len(first.solutions)

    asked = len(world.bodies)
    second = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert (len(world.bodies), second.progress.kept) == (asked, len(records))
    assert (second.solutions, second.figures) == (first.solutions, first.figures)


def hard(number: int, chance: float) -> int:
    """Every fourth problem has answers that seldom are shorter than the limit, and never longer than twice that."""
    return 55 + int(40 * chance) if number % 4 else 97 + int(100 * chance)


MANY = 64


def test_a_limit_is_raised_where_earlier_problems_say_that_it_brings_more_than_another_attempt(
    tmp_path: Path, verifier: Verifier
) -> None:
    world = LongAnswers(hard)
    ran = run(tmp_path, verifier, world, MANY, on_truncated="raise_limit")
    assert ran.error is None
    raised = [body for body in world.bodies if body["max_tokens"] == 2 * LIMIT]
    assert {body["max_tokens"] for body in world.bodies} == {LIMIT, 2 * LIMIT}
    assert ran.figures["answers"] > ran.figures["asked_again"] == ran.figures["finished"] == len(raised) > 8
    assert ran.figures["new_paths"] > 4
    numbers = [int(body["messages"][-1]["content"].split("What is ")[1].split()[0]) for body in raised]
    assert min(numbers) >= 2 * FIRST, "nobody knows anything about the first two blocks"
    assert cut_off(ran) == ran.figures["answers"] - len(raised)
    for one, _ in ran.solutions:
        assert len(one.reasoning.split()) + len(one.content.split()) <= 2 * LIMIT
    assert set(world.asked.values()) == {1}


def test_a_limit_is_not_raised_where_nothing_that_comes_near_it_ever_ends(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(lambda number, chance: 40 if chance < 0.6 else 150)
    ran = run(tmp_path, verifier, world, MANY, on_truncated="raise_limit")
    assert ran.figures["answers"] > 20
    assert ran.figures["asked_again"] == 0


@pytest.mark.parametrize(
    ("policy", "cuts"),
    [
        ("raise_limit", 4),
        ("continue", 6),
        pytest.param("raise_limit", 40, marks=pytest.mark.full),
        pytest.param("continue", 1000, marks=pytest.mark.full),
    ],
)
def test_neither_the_order_of_arrival_nor_a_cut_of_the_journal_changes_what_is_asked(
    policy: str, cuts: int, tmp_path: Path, verifier: Verifier
) -> None:
    world, problems = LongAnswers(hard), MANY if policy == "raise_limit" else FEW
    (tmp_path / "whole").mkdir()
    whole = run(tmp_path / "whole", verifier, world, problems, on_truncated=policy)
    lines = (tmp_path / "whole" / "c.jsonl").read_bytes().splitlines(keepends=True)
    assert whole.figures["asked_again"] > 3
    places = range(0, len(lines), max(1, len(lines) // cuts))
    for place in places:
        folder = tmp_path / str(place)
        folder.mkdir()
        half = lines[place][: len(lines[place]) // 2]
        (folder / "c.jsonl").write_bytes(b"".join(lines[:place]) + half)
        other = LongAnswers(hard)
        ran = run(folder, verifier, other, problems, concurrency=1 + place % 5, on_truncated=policy)
        assert (ran.error, ran.solutions, ran.figures) == (None, whole.solutions, whole.figures)
        assert len(other.bodies) == len(lines) - place
        assert kept(folder) == kept(tmp_path / "whole")
        shutil.rmtree(folder)


def test_a_run_with_the_raised_limit_finds_what_was_paid_for(tmp_path: Path, verifier: Verifier) -> None:
    world = LongAnswers(hard)
    ran = run(tmp_path, verifier, world, MANY, on_truncated="raise_limit")
    later = run(tmp_path, verifier, world, MANY, max_tokens=2 * LIMIT)
    assert later.progress.kept == ran.figures["asked_again"]
    assert set(world.asked.values()) == {1}


@pytest.mark.parametrize(("policy", "room"), [("raise_limit", 150), ("continue", 199)])
def test_an_endpoint_without_room_for_more_leaves_answers_cut_off_and_is_not_asked_again(
    policy: str, room: int, tmp_path: Path, verifier: Verifier, caplog: pytest.LogCaptureFixture
) -> None:
    world, problems = LongAnswers(hard, room=room), MANY if policy == "raise_limit" else 8
    ran = run(tmp_path, verifier, world, problems, on_truncated=policy)
    assert ran.error is None
    assert ran.figures["refused"] > 3
    assert ran.figures["asked_again"] == ran.figures["usd_again"] == 0
    assert cut_off(ran) == ran.figures["answers"]
    assert len([line for line in caplog.messages if line.endswith("; such answers stay cut off")]) == 1
    assert sum(record["completion_tokens"] for record in kept(tmp_path).values()) == sum(
        min(len(world.words(_problem_of(body), body["seed"])), LIMIT) for body in world.bodies
    )
    roomy = LongAnswers(hard)
    again = run(tmp_path, verifier, roomy, problems, on_truncated=policy)
    assert (roomy.bodies, again.solutions, again.figures) == ([], ran.solutions, ran.figures)


def _problem_of(body: dict[str, Any]) -> int:
    words = body["messages"][-1]["content"].split()
    return int(words[words.index("+") - 1])


def refusing(status: int, message: str) -> Any:
    def other(body: dict[str, Any]) -> web.Response | None:
        if body["messages"][-1]["role"] != "assistant":
            return None
        return web.json_response({"error": {"message": message}}, status=status)

    return other


def test_an_endpoint_that_continues_nothing_ends_the_run_with_what_to_do_and_nothing_is_lost(
    tmp_path: Path, verifier: Verifier
) -> None:
    world = LongAnswers(long, other=refusing(400, "Unrecognized request argument supplied: continue_final_message"))
    ran = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert str(ran.error) == (
        "teacher t: HTTP 400 from the endpoint (Unrecognized request argument supplied: continue_final_message); it "
        "does not continue an answer, as sampling.on_truncated asks: set that to raise_limit or accept"
    )
    assert len(kept(tmp_path)) == len(world.bodies) > 0
    accepted = run(tmp_path, verifier, world, FEW)
    assert (accepted.error, set(world.asked.values())) == (None, {1})
    assert accepted.figures["answers"] > 0


def test_an_answer_that_the_chat_template_takes_apart_stays_cut_off_and_others_are_continued(
    tmp_path: Path, verifier: Verifier
) -> None:
    message = "continue_final_message is set but the final message does not appear in the chat after applying …"

    def other(body: dict[str, Any]) -> web.Response | None:
        return refusing(400, message)(body) if "</think>" in body["messages"][-1]["content"] else None

    world = LongAnswers(lambda number, chance: 95 + int(40 * chance), other=other)
    ran = run(tmp_path, verifier, world, 12, on_truncated="continue")
    assert ran.error is None
    assert ran.figures["refused"] > 3
    assert ran.figures["finished"] > 3


def test_an_endpoint_that_begins_anew_does_not_continue(tmp_path: Path, verifier: Verifier) -> None:
    def other(body: dict[str, Any]) -> web.Response | None:
        if body["messages"][-1]["role"] != "assistant":
            return None
        message = {"content": "<think>Anew.</think> So \\boxed{2}."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 30, "completion_tokens": 7}
        return web.json_response({"choices": [choice], "usage": usage})

    world = LongAnswers(long, other=other)
    ran = run(tmp_path, verifier, world, FEW, on_truncated="continue")
    assert ran.error is None
    assert ran.figures["begun_anew"] == ran.figures["answers"] == cut_off(ran) > 3
    assert ran.figures["tokens_again"] == 37 * ran.figures["asked_again"]
    assert (ran.figures["finished"], ran.figures["correct"]) == (0, 0)


@pytest.mark.parametrize("policy", ["raise_limit", "continue"])
def test_an_answer_that_repeats_itself_gets_nothing_more(policy: str, tmp_path: Path, verifier: Verifier) -> None:
    def other(body: dict[str, Any]) -> web.Response:
        text = "<think>" + "Wait, let me check that once more. " * 100
        choice = {"index": 0, "finish_reason": "length", "message": {"content": f"{body['seed']} {text}"}}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": LIMIT}})

    ran = run(tmp_path, verifier, LongAnswers(long, other=other), FEW, on_truncated=policy)
    assert ran.figures["answers"] == ran.figures["repeating"] > FEW
    assert ran.figures["asked_again"] == 0


def test_an_answer_that_its_endpoint_cut_below_the_limit_is_not_asked_for_with_a_higher_one(
    tmp_path: Path, verifier: Verifier
) -> None:
    def other(body: dict[str, Any]) -> web.Response | None:
        if _problem_of(body) % 8:
            return None
        choice = {"index": 0, "finish_reason": "length", "message": {"content": f"{body['seed']} so far"}}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 30}})

    world = LongAnswers(hard, other=other)
    ran = run(tmp_path, verifier, world, MANY, on_truncated="raise_limit")
    raised = {_problem_of(body) for body in world.bodies if body["max_tokens"] > LIMIT}
    assert raised
    assert not {number for number in raised if number % 8 == 0}
    assert ran.error is None


TEXT = st.text(st.sampled_from("ab \n\\{}é$"), max_size=30)


@given(thought=TEXT, text=TEXT, place=st.integers(0, 60), parser=st.booleans())
def test_a_text_that_is_cut_anywhere_and_continued_is_that_text(
    thought: str, text: str, place: int, parser: bool
) -> None:
    raw = f"<think>\n{thought.strip()}\n</think>\n\n{text.strip()}"
    place = max(place, len("<think>\n") + 1)
    if not thought.strip() or not text.strip() or place >= len(raw):
        return
    cut, rest = raw[:place], raw[place:]
    inside = "</think>" not in cut
    if inside and place > raw.index("</think>"):
        return  # half a tag is one token, and is never cut
    first = solution(cut.removeprefix("<think>\n").strip(), "") if inside else None
    if first is None:
        before, _, after = cut.removeprefix("<think>\n").partition("</think>")
        first = solution(before.strip(), after.strip())
    if not first.reasoning:
        return
    sent = beginning(first)
    rest = raw[_after(raw, sent) :]
    more = solution("", rest, "stop")
    if parser:
        before, closed, after = rest.partition("</think>")
        more = solution(before, after, "stop") if closed or not first.content else solution(rest, "", "stop")
    whole = joined(first, more)
    assert whole is not None
    assert (whole.reasoning, whole.content, whole.cut) == (thought.strip(), text.strip(), False)


def _after(raw: str, sent: str) -> int:
    """Where what was sent ends in the text, white space aside."""
    signs, place = len("".join(sent.split())), 0
    while signs:
        signs -= not raw[place].isspace()
        place += 1
    return place


@given(st.text(st.sampled_from("ab</think> \n")), st.text(st.sampled_from("ab</think> \n")), TEXT, TEXT)
def test_whatever_comes_back_begins_with_what_was_sent_or_is_no_continuation(
    reasoning: str, content: str, rest_reasoning: str, rest_content: str
) -> None:
    first = solution(reasoning.replace("think", "").strip(), content.replace("think", "").strip())
    whole = joined(first, replace(first, reasoning=rest_reasoning, content=rest_content, finish_reason="stop"))
    if whole is None:
        assert all((first.content, first.reasoning, rest_reasoning.strip(), rest_content.strip()))
        return

    def signs(*texts: str) -> str:
        return "".join("".join(texts).split())

    joined_signs = signs(whole.reasoning, whole.content)
    assert joined_signs == signs(first.reasoning, first.content, rest_reasoning, rest_content)


def test_only_a_text_that_goes_round_in_circles_repeats_itself() -> None:
    words = " ".join(orjson.dumps(number * number).decode() for number in range(3000))
    assert not repeats_itself(words)
    assert not repeats_itself("Hence " * 20)
    assert repeats_itself(words + " But wait, is that so? Let me see, 12 times 12 is 144." * 80)
    assert not repeats_itself(" But wait, is that so?" * 300 + words)
