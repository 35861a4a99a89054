"""Provider families: each is sent what it takes, and what it is not sent is no part of what was asked."""

from typing import Any, get_args

import pytest

from datagen.errors import UsageError
from datagen.recipe_teachers import FamilyName, VLLMTeacher
from datagen.solutions import request_key
from datagen.teachers.base import Message, Request
from datagen.teachers.families import FAMILIES, family_name, parameters_of, refuse_unable_to_continue
from tests.sampling.openai_like import recipe
from tests.teachers.misbehaving import KEY, asking, completion, good, request, saying, teacher

PLAIN = {"temperature": 0.8, "top_p": 0.95, "max_tokens": 100, "seed": 7}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)


@pytest.mark.parametrize(
    ("settings", "sent", "role"),
    [
        ({"model": "m"}, PLAIN, "system"),
        ({"model": "deepseek-reasoner"}, PLAIN, "system"),
        ({"model": "openai/gpt-oss-20b"}, PLAIN, "system"),
        ({"model": "gpt-4o"}, PLAIN, "system"),
        ({"model": "gpt-5-chat-latest"}, PLAIN, "system"),
        *[
            ({"model": model}, {"max_completion_tokens": 100, "seed": 7}, "developer")
            for model in ("o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "GPT-5.4-mini", "openai/gpt-5-nano")
        ],
        ({"model": "claude-opus-4-20250514"}, PLAIN, "system"),
        ({"model": "claude-opus-4-1-20250805"}, {"temperature": 0.8, "max_tokens": 100, "seed": 7}, "system"),
        ({"model": "anthropic/claude-sonnet-4-5"}, {"temperature": 0.8, "max_tokens": 100, "seed": 7}, "system"),
        ({"model": "claude-opus-4-7"}, {"max_tokens": 100, "seed": 7}, "system"),
        ({"model": "claude-sonnet-5"}, {"max_tokens": 100, "seed": 7}, "system"),
        ({"model": "m", "family": "mistral"}, {"temperature": 0.8, "top_p": 0.95, "max_tokens": 100}, "system"),
        ({"model": "my-o3", "family": "openai_reasoning"}, {"max_completion_tokens": 100, "seed": 7}, "developer"),
        ({"model": "o3", "family": "plain"}, PLAIN, "system"),
    ],
    ids=lambda value: value.get("model", "") if isinstance(value, dict) else "",
)
def test_each_family_is_sent_what_it_takes(settings: dict[str, Any], sent: dict[str, Any], role: str) -> None:
    _, [asked], _ = asking(good, **settings)
    messages = [{"role": role, "content": "Be brief."}, {"role": "user", "content": "What is 0?"}]
    assert asked.body == {"model": settings["model"], "messages": messages, **sent}


@pytest.mark.parametrize(
    ("base_url", "family"),
    [
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://api.example.com/v1", "plain"),
    ],
)
def test_a_host_that_serves_one_family_tells_it(base_url: str, family: str) -> None:
    assert family_name(teacher(base_url)) == family


def test_every_family_has_its_row() -> None:
    assert set(FAMILIES) == set(get_args(FamilyName))


def test_a_key_of_the_plain_family_is_what_it_always_was() -> None:
    asked = request()
    messages = [{"role": message.role, "content": message.content} for message in asked.messages]
    vllm = VLLMTeacher(name="v", kind="vllm", model="m", base_urls=("http://127.0.0.1:8000/v1",))
    for one in (teacher("http://127.0.0.1:9/v1"), vllm):
        key = request_key("m", messages, parameters_of(one, asked), 3)
        assert key == "e74201599f1a5c7dd2e50e661dc7de8b08386f65b3ae745e5c1d533eec5a4826"


def test_what_is_not_sent_is_no_part_of_what_was_asked() -> None:
    assert parameters_of(teacher("http://127.0.0.1:9/v1", model="o3"), request()) == {"max_tokens": 100}


CUT = "<think>\nSo far"
BEGUN = Request((*request().messages, Message("assistant", CUT)), 0.8, 0.95, 100, 7, asks_for_more=True)


@pytest.mark.parametrize(
    ("settings", "sent", "last"),
    [
        (
            {"model": "m"},
            PLAIN | {"continue_final_message": True, "add_generation_prompt": False},
            {"role": "assistant", "content": CUT},
        ),
        (
            {"model": "m", "family": "mistral"},
            {"temperature": 0.8, "top_p": 0.95, "max_tokens": 100},
            {"role": "assistant", "content": CUT, "prefix": True},
        ),
        (
            {"model": "m", "family": "deepseek"},
            PLAIN,
            {"role": "assistant", "content": "", "reasoning_content": "So far", "prefix": True},
        ),
    ],
)
def test_each_family_is_told_in_its_own_words_to_go_on_with_an_answer(
    settings: dict[str, str], sent: dict[str, Any], last: dict[str, Any]
) -> None:
    _, asked, _ = asking(good, lambda client: client.ask(BEGUN), **settings)
    body = asked[0].body
    assert body["messages"][-1] == last
    assert {name: value for name, value in body.items() if name not in ("model", "messages")} == sent


def test_an_answer_that_begins_with_what_was_sent_is_read_as_the_rest_where_the_family_answers_so() -> None:
    for family, rest in (("mistral", " it is 2."), ("plain", f"{CUT} it is 2.")):
        got, _, _ = asking(saying(completion(f"{CUT} it is 2.")), lambda client: client.ask(BEGUN), family=family)
        assert got.content == rest


@pytest.mark.parametrize("model", ["o3", "claude-opus-4-7"])
def test_a_family_that_continues_nothing_is_refused_before_anything_is_asked(model: str) -> None:
    settings = recipe("http://127.0.0.1:9/v1", on_truncated="continue")
    other = settings.teachers[0].model_copy(update={"model": model})
    refuse_unable_to_continue(settings)
    with pytest.raises(UsageError, match=r"sampling\.on_truncated: continue: teacher t is of the family .* use raise_"):
        refuse_unable_to_continue(settings.model_copy(update={"teachers": (other,)}))
