"""What an endpoint sent back, read as a completion or as the fault that it is.

Every shape of every family is read alike: a thought stands in `reasoning` (vLLM), in `reasoning_content` (DeepSeek,
older vLLM), in parts of type `thinking` (Mistral), or in the content between thought tags. A completion that arrived is
never a fault, however short it was cut.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from datagen.recipe_teachers import PaidTeacher
from datagen.solutions import finish_reason
from datagen.teachers.base import Completion, Request
from datagen.teachers.families import rest_of
from datagen.teachers.faults import Fault, garbage, no_openai_server, of_status
from datagen.thoughts import split_thought

CountTokens = Callable[[str], int]

_REASONING_FIELDS = ("reasoning", "reasoning_content")
_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_TOO_MUCH = 4
"""A count of tokens that is so many times what there can be is none; endpoints differ by less."""
_AROUND_PROMPT = 1024
_TOO_MANY_TOKENS = 2**31
_LONG_TEXT = 4_000
"""Characters from which counting tokens would hold up the other requests."""


def read_reply(status: int, headers: Mapping[str, str], body: bytes, *, is_rest: bool = False) -> Completion | Fault:
    """What a reply is.

    Args:
        status: of the reply.
        headers: of the reply, their names in any case.
        body: the whole body; of a refusal, its beginning.
        is_rest: whether it is to be joined to the text before it, and so is left as it came.
    """
    if status == 400 and _is_filtered(body):  # Azure filters prompts so; asking again is no use
        return Completion("", "", "content_filter", 0, 0)
    if not 200 <= status < 300:
        return of_status(status, headers, body, time.time())
    reply = _parsed(body)
    if isinstance(reply, Fault):
        return no_openai_server("no OpenAI server") if "html" in headers.get("content-type", "").casefold() else reply
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        return _without_choices(reply)
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    parts = _parts(message) if isinstance(message, dict) else None
    if message is None or parts is None:
        return garbage("no message", "a choice without a message of text")
    completion = _as_it_came(reply, choice, message, *parts)
    return completion if is_rest else _in_parts(completion)


async def ready(
    completion: Completion, teacher: PaidTeacher, request: Request, key: str | None, count: CountTokens | None
) -> Completion:
    """What arrived, fit to be kept: without the teacher's key, with counts of tokens that can be.

    Args:
        completion: as it was read.
        teacher: who was asked.
        request: what was asked.
        key: the teacher's; None where there is none.
        count: counts a text's tokens where the endpoint did not; None leaves them unknown.
    """
    if request.continues:
        completion = rest_of(teacher, request, completion)
    checked = believable(masked(completion, key), request)
    return checked if count is None else await with_tokens(checked, request, count)


def believable(completion: Completion, request: Request) -> Completion:
    """The completion without counts of tokens that can't be: a budget must neither stop at them nor overlook a text."""
    written, prompt = completion.completion_tokens, completion.prompt_tokens
    has_text = bool(completion.reasoning or completion.content)
    asked = _AROUND_PROMPT + sum(len(message.content.encode()) for message in request.messages)
    if written is not None and (written > _TOO_MUCH * request.max_tokens or (written == 0 and has_text)):
        written = None
    if prompt is not None and (prompt > _TOO_MUCH * asked or (prompt == 0 and has_text)):
        prompt = None
    return replace(completion, prompt_tokens=prompt, completion_tokens=written)


def masked(completion: Completion, key: str | None) -> Completion:
    """The completion without the teacher's key, should the endpoint have written it into its answer."""
    if key is None or (key not in completion.content and key not in completion.reasoning):
        return completion
    reasoning, content = (text.replace(key, "[key]") for text in (completion.reasoning, completion.content))
    return replace(completion, reasoning=reasoning, content=content)


async def with_tokens(completion: Completion, request: Request, count: CountTokens) -> Completion:
    """The completion with its tokens counted here where the endpoint did not say."""
    if completion.prompt_tokens is not None and completion.completion_tokens is not None:
        return completion
    asked = "\n".join(message.content for message in request.messages)
    given = "\n".join((completion.reasoning, completion.content))
    prompt_tokens, completion_tokens = completion.prompt_tokens, completion.completion_tokens
    if prompt_tokens is None:
        prompt_tokens = await _counted(count, asked)
    if completion_tokens is None:
        completion_tokens = await _counted(count, given)
    return replace(completion, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, usage_estimated=True)


async def _counted(count: CountTokens, text: str) -> int:
    return count(text) if len(text) < _LONG_TEXT else await asyncio.to_thread(count, text)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body.decode())  # takes halves of surrogate pairs, which some endpoints send
    except UnicodeDecodeError:
        return garbage("invalid UTF-8", "a reply that is not UTF-8")
    except (ValueError, RecursionError):
        return garbage("broken JSON", "a reply that is no JSON")


def _is_filtered(body: bytes) -> bool:
    reply = _parsed(body)
    error = reply.get("error") if isinstance(reply, dict) else None
    inner = error.get("innererror") if isinstance(error, dict) else None
    return any(isinstance(part, dict) and part.get("code") in _FILTERED for part in (error, inner))


def _without_choices(reply: object) -> Fault:
    """The fault of a reply without choices; gateways send the error of the endpoint behind them with status 200."""
    error = reply.get("error") if isinstance(reply, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, int) and 400 <= code < 600:
        return of_status(code, {}, json.dumps(reply).encode(), time.time())
    return garbage("no choices", "a reply without choices")


def _parts(message: dict[str, Any]) -> tuple[str, str] | None:
    """Reasoning and content of a message as they stand there; None when its content is no text."""
    reasoning = next(
        (text for name in _REASONING_FIELDS if isinstance(text := message.get(name), str) and text.strip()), ""
    )
    content = message.get("content")
    if content is None or isinstance(content, str):
        return reasoning, content or ""
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        return None
    thoughts = "".join(_text_of(part.get("thinking")) for part in content if part.get("type") == "thinking")
    return reasoning or thoughts, "".join(_text_of(part.get("text")) for part in content if part.get("type") == "text")


def _text_of(part: object) -> str:
    """The text of a part: itself, or joined from parts within it."""
    if isinstance(part, list):
        return "".join(_text_of(inner.get("text")) for inner in part if isinstance(inner, dict))
    return part if isinstance(part, str) else ""


def _as_it_came(
    reply: dict[str, Any], choice: dict[str, Any], message: dict[str, Any], reasoning: str, content: str
) -> Completion:
    ended = finish_reason(str(choice.get("finish_reason")))
    reasoning, content = _whole_characters(reasoning), _whole_characters(content)
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        content, ended = content or _whole_characters(refusal), "content_filter"
    usage = reply.get("usage")
    tokens = usage if isinstance(usage, dict) else {}
    return Completion(
        reasoning=reasoning,
        content=content,
        finish_reason=ended,
        prompt_tokens=_number(tokens.get("prompt_tokens")),
        completion_tokens=_number(tokens.get("completion_tokens")),
    )


def _in_parts(completion: Completion) -> Completion:
    """The completion with thought and text apart, as far as they are not, and no white space around them."""
    reasoning, content, ended = completion.reasoning, completion.content, completion.finish_reason
    if not reasoning.strip():
        split = split_thought(content)
        reasoning, content = split.reasoning, split.content
        ended = "length" if split.cut and ended != "content_filter" else ended
    return replace(completion, reasoning=reasoning.strip(), content=content.strip(), finish_reason=ended)


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _TOO_MANY_TOKENS else None


def _whole_characters(text: str) -> str:
    """The text with a mark in place of each half of a surrogate pair, which no table takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
