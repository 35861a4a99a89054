"""One request, and one result, as a line of a batch's files.

A result names its request by `custom_id`, which is the key of the completion. Nothing that a provider writes into a
line makes reading it fail; a line that names nobody is nobody's.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

import orjson

from datagen.journal.lines import decode_json, encode_json
from datagen.recipe_teachers import PaidTeacher
from datagen.teachers.base import Completion, Request
from datagen.teachers.families import body_of
from datagen.teachers.faults import MOST_TRIES, Fault, garbage, one_line
from datagen.teachers.replies import read_reply

ENDPOINT = "/v1/chat/completions"
"""What every line asks for, as the protocol names it, whatever the base URL is."""
MOST_EXPIRED = 5
"""How often one request may stand in a batch that expires."""
MOST_MISSING = 3
"""How often one request may be left out of what a batch brings; it may have been billed."""

EXPIRED = Fault("again", "batch expired", "its batch expired before its turn came", "ask later", tries=MOST_EXPIRED)
MISSING = Fault(
    "again", "no line", "a batch brought nothing for it", "look at the endpoint", tries=MOST_MISSING, may_be_billed=True
)
_UNANSWERED = frozenset({"batch_expired", "batch_cancelled"})
"""What error files say of requests that were never worked on."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a line says.

    Attributes:
        custom_id: of its request.
        got: the completion, or what went wrong with this request.
    """

    custom_id: str
    got: Completion | Fault


def request_line(teacher: PaidTeacher, key: str, request: Request) -> bytes:
    """A request as a line, its end included."""
    line = {"custom_id": key, "method": "POST", "url": ENDPOINT, "body": body_of(teacher, request)}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def read_result(line: bytes, continues: Container[str] = ()) -> Result | None:
    """What a line of an output or error file says; None when it is broken.

    Args:
        line: the line.
        continues: of the requests that go on with an answer, whose rest is left as it came.
    """
    told = read_object(line)
    custom_id = told.get("custom_id") if told is not None else None
    if told is None or not isinstance(custom_id, str):
        return None
    response, error = told.get("response"), told.get("error")
    status = response.get("status_code") if isinstance(response, dict) else None
    if isinstance(response, dict) and type(status) is int and 100 <= status < 600:
        return Result(
            custom_id,
            _bounded(read_reply(status, {}, encode_json(response.get("body")), is_rest=custom_id in continues)),
        )
    return Result(custom_id, _of_error(error) if isinstance(error, dict) else garbage("no result", "an empty line"))


def read_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None when it holds none."""
    try:
        told = decode_json(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _of_error(error: dict[str, Any]) -> Fault:
    code, message = error.get("code"), error.get("message")
    if isinstance(code, str) and code in _UNANSWERED:
        return EXPIRED
    return Fault(
        "again", "batch error", "its batch failed at it", "look at the endpoint", one_line(f"{code}: {message}")
    )


def _bounded(got: Completion | Fault) -> Completion | Fault:
    """A refusal for now is bounded here: each time that it is tried again takes another batch."""
    return replace(got, tries=MOST_TRIES) if isinstance(got, Fault) and got.tries is None else got
