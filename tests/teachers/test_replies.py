"""What comes back is read alike from every endpoint; what arrived is kept and never asked again."""

import gzip
from typing import Any

import pytest

from tests.teachers.misbehaving import KEY, Behaviour, asking, completion, good, saying


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)


def test_a_compressed_reply_is_read() -> None:
    packed = gzip.compress(b'{"choices": [{"message": {"content": "It is 2."}}]}')
    got, _, _ = asking(saying(packed, content_encoding="gzip"))
    assert got.content == "It is 2."


@pytest.mark.parametrize(
    "usage", [None, 5, {}, {"prompt_tokens": "9"}, {"completion_tokens": -1}, {"prompt_tokens": 2**70}]
)
def test_what_an_endpoint_does_not_count_is_counted_here_and_marked(usage: Any) -> None:
    long = "word " * 5_000
    body = completion(f"<think>{long}</think>\nIt is 2.") | {"usage": usage}
    got, _, _ = asking(saying(body), count_tokens=lambda text: len(text.split()))
    assert (got.prompt_tokens, got.completion_tokens, got.usage_estimated) == (5, 5_003, True)
    got, _, _ = asking(saying(body))
    assert (got.prompt_tokens, got.completion_tokens, got.usage_estimated) == (None, None, False)


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": 10**6, "completion_tokens": 10**6}]
)
def test_counts_that_can_not_be_are_counted_anew(usage: Any) -> None:
    got, _, _ = asking(saying(completion("It is 2.") | {"usage": usage}), count_tokens=lambda text: len(text.split()))
    assert (got.prompt_tokens, got.completion_tokens, got.usage_estimated) == (5, 3, True)


def test_a_key_in_an_answer_is_masked() -> None:
    got, _, _ = asking(saying(completion(f"<think>my key is {KEY}</think>\n{KEY} it is.")))
    assert (got.reasoning, got.content) == ("my key is [key]", "[key] it is.")


def test_a_refusal_that_only_mentions_a_filter_is_none() -> None:
    body = {"error": {"code": "invalid_value", "message": "finish reasons are stop, length, content_filter"}}
    got, _, _ = asking(saying(body, 400))
    assert "HTTP 400 from the endpoint" in str(got)


def test_what_an_endpoint_counts_is_believed() -> None:
    got, _, _ = asking(good, count_tokens=lambda text: 1_000)
    assert (got.prompt_tokens, got.completion_tokens, got.usage_estimated) == (10, 20, False)


@pytest.mark.parametrize(
    ("behaviour", "content"),
    [
        (saying(completion(None, refusal="I can't help with that.")), "I can't help with that."),
        (saying(completion("", "content_filter")), ""),
        (saying({"error": {"code": "content_filter", "message": "content management policy"}}, 400), ""),
    ],
)
def test_a_refusal_is_an_answer_that_is_kept_and_never_a_path(behaviour: Behaviour, content: str) -> None:
    got, asked, faults = asking(behaviour)
    assert (got.content, got.finish_reason) == (content, "content_filter")
    assert (len(asked), faults) == (1, {})


def test_an_answer_that_was_cut_off_is_kept_and_not_asked_again() -> None:
    for cut in (completion("It is", "length"), completion("<think>hm")):
        got, asked, faults = asking(saying(cut))
        assert got.finish_reason == "length"
        assert (len(asked), faults) == (1, {})


@pytest.mark.parametrize(
    ("message", "reasoning", "content"),
    [
        ({"content": [{"type": "text", "text": "It is "}, {"type": "text", "text": "2."}]}, "", "It is 2."),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                    {"type": "text", "text": "It is 2."},
                ]
            },
            "hm",
            "It is 2.",
        ),
        ({"content": "It is 2.", "reasoning": None, "reasoning_content": "hm"}, "hm", "It is 2."),
        ({"content": "<think>hm</think>It is 2.", "reasoning": " "}, "hm", "It is 2."),
    ],
)
def test_a_thought_is_found_wherever_it_stands(message: dict[str, Any], reasoning: str, content: str) -> None:
    got, _, _ = asking(saying(completion(**message)))
    assert (got.reasoning, got.content, got.finish_reason) == (reasoning, content, "stop")
