"""What can go wrong: sorted by what to do about it, whatever an endpoint sends, and told without the key."""

import email.utils
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.teachers.base import Completion
from datagen.teachers.faults import (
    LONGEST_DELAY_OF_REFUSED_S,
    LONGEST_DELAY_S,
    LONGEST_WAIT_S,
    Fault,
    delay_of,
    explain,
    of_status,
    told_wait,
    without_key,
)
from datagen.teachers.replies import read_reply
from tests.teachers.misbehaving import KEY, teacher

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, "again") for status in (408, 409, 425, 500, 502, 503, 504, 520)],
        *[(status, "later") for status in (429, 529)],
        *[(status, "never") for status in (301, 400, 401, 402, 403, 404, 405, 413, 422)],
    ],
)
def test_a_status_says_whether_to_try_again(status: int, kind: str) -> None:
    fault = of_status(status, {}, b"", NOW)
    assert (fault.kind, fault.name) == (kind, f"HTTP {status}")


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (429, b'{"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}', "quota"),
        (402, b'{"error": {"message": "Insufficient Balance"}}', "quota"),
        (400, b'{"error": {"message": "Your credit balance is too low to access the API."}}', "quota"),
        (400, b'{"error": {"code": "context_length_exceeded"}}', "lower sampling.max_tokens"),
        (400, b'{"message": "This model\'s maximum context length is 4096 tokens. However"}', "raise max-model-len"),
        (400, b'{"detail": "max_tokens is too large: 20000. This model supports"}', "lower sampling.max_tokens"),
        (400, b'[{"error": {"message": "Invalid JSON payload. Unknown name \\"seed\\""}}]', "setting family"),
        (400, b'{"error": {"code": "unsupported_value", "message": "temperature"}}', "setting family"),
        (413, b"", "too large"),
    ],
)
def test_what_will_never_work_says_what_to_change(status: int, body: bytes, advice: str) -> None:
    fault = of_status(status, {}, body, NOW)
    assert fault.kind == "never"
    assert advice in fault.advice


HEADERS = st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text(max_size=40))


@given(st.integers(300, 999), st.binary(max_size=300), HEADERS)
def test_whatever_is_refused_is_sorted_and_told_in_one_line(status: int, body: bytes, headers: dict[str, str]) -> None:
    fault = of_status(status, headers, body, NOW)
    line = explain(fault, teacher("http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1", KEY, 3)
    assert line.startswith("teacher t: ")
    assert line.isprintable()
    assert 0 <= delay_of(fault, 40) <= LONGEST_DELAY_OF_REFUSED_S + LONGEST_WAIT_S


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "text", "type", "thinking", "usage", "error", "code",
                             "refusal", "reasoning", "finish_reason", "completion_tokens"]),
            inner, max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from([200, 201, 204, 299]), st.binary(max_size=300) | JSON.map(lambda tree: repr(tree).encode()))
def test_any_bytes_are_a_completion_or_a_fault(status: int, body: bytes) -> None:
    assert isinstance(read_reply(status, {}, body), Completion | Fault)


@given(JSON, JSON, JSON)
def test_any_shape_is_a_completion_or_a_fault(message: Any, usage: Any, error: Any) -> None:
    for tree in ({"choices": [{"message": message}], "usage": usage}, {"choices": message, "error": error}, message):
        got = read_reply(200, {}, json.dumps(tree).encode())
        assert isinstance(got, Completion | Fault)
        if isinstance(got, Completion):
            assert got.completion_tokens is None or 0 <= got.completion_tokens < 2**31
            (got.reasoning + got.content).encode()


@given(st.floats(0, 500))
def test_a_wait_in_seconds_is_obeyed(seconds: float) -> None:
    assert told_wait({"retry-after": str(seconds)}, NOW) == pytest.approx(seconds)
    assert told_wait({"retry-after-ms": str(seconds), "retry-after": "77"}, NOW) == pytest.approx(seconds / 1000)


@given(st.integers(-100_000, 500))
def test_a_wait_as_a_date_is_obeyed(seconds: int) -> None:
    date = email.utils.formatdate(NOW + seconds, usegmt=True)
    assert told_wait({"retry-after": date}, NOW) == max(0, seconds)


@given(st.text(max_size=40))
def test_a_wait_that_is_none_is_none(text: str) -> None:
    wait = told_wait({"retry-after": text}, time.time())
    assert wait is None or 0 <= wait <= LONGEST_WAIT_S


@pytest.mark.parametrize(("told", "wait"), [("-5", None), ("nan", None), ("inf", None), ("", None), ("1e9", 600.0)])
def test_an_odd_wait_is_bounded(told: str, wait: float | None) -> None:
    assert told_wait({"retry-after": told}, NOW) == wait


@given(st.integers(0, len(KEY) - 12), st.integers(12, len(KEY)), st.text(max_size=20), st.text(max_size=20))
def test_no_longer_piece_of_a_key_is_told(start: int, length: int, before: str, after: str) -> None:
    told = without_key(f"{before}{KEY[start : start + length]}{after}", KEY)
    assert not any(KEY[place : place + 12] in told for place in range(len(KEY) - 11))


@pytest.mark.parametrize(("status", "most"), [(500, LONGEST_DELAY_S), (429, LONGEST_DELAY_OF_REFUSED_S)])
def test_delays_grow_at_random_up_to_a_limit(status: int, most: float) -> None:
    fault = of_status(status, {}, b"", NOW)
    for faults in (1, 4, 30, 10_000):
        delays = [delay_of(fault, faults) for _ in range(200)]
        longest = min(0.1 * 2 ** (min(faults, 50) - 1), most)
        assert longest / 2 < max(delays) <= longest
        assert min(delays) < longest / 2


@pytest.mark.parametrize("status", [408, 504, 524])
def test_a_proxy_that_lost_patience_may_have_cost_something(status: int) -> None:
    fault = of_status(status, {}, b"", 0.0)
    assert fault.may_be_billed
    assert fault.tries is not None
