"""As much of the OpenAI chat-completions protocol as a teacher needs: how a request is read, how a reply is written.

The names of the fields are OpenAI's, and vLLM's for an answer that is to be continued. What a request asks for beyond
them is accepted and changes nothing.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, Self

import orjson
from aiohttp import web
from pydantic import BaseModel, Field, ValidationError, model_validator

from datagen.teachers.demo.solver import DemoReply
from datagen.thoughts import CLOSE, OPEN


class _TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_TextPart] | None = None


class ChatRequest(BaseModel):
    """What of a request is read."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    n: int = Field(default=1, ge=1, le=128)
    seed: int | None = None
    temperature: float = Field(default=1.0, ge=0.0, le=2.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stream: bool = False
    continue_final_message: bool = False
    add_generation_prompt: bool = True

    @model_validator(mode="after")
    def _check_continuation(self) -> Self:
        if self.continue_final_message and self.add_generation_prompt:
            raise ValueError("Cannot set both `continue_final_message` and `add_generation_prompt` to True.")
        if self.continue_final_message and self.messages[-1].role != "assistant":
            raise ValueError("`continue_final_message` needs a last message of the assistant.")
        return self

    @property
    def limit(self) -> int | None:
        """Most tokens of a reply; None when the request does not say."""
        return self.max_completion_tokens or self.max_tokens


class Answering(Protocol):
    """Who answers behind the protocol."""

    @property
    def models(self) -> tuple[str, ...]:
        """The names that it is listed under."""

    @property
    def takes_any_model(self) -> bool:
        """Whether it also answers to every other name."""

    def replies(self, request: ChatRequest, seed: int) -> list[DemoReply]:
        """Answer a request, once for each of the `n` that it asks for; a request without a seed is given one."""


def reply_body(name: str, model: str, replies: Sequence[DemoReply], *, inline: bool, is_rest: bool = False) -> bytes:
    """The body of a reply.

    Args:
        name: what its id ends with.
        model: the model that was asked for.
        replies: one a choice.
        inline: write thoughts into the content, in think tags, instead of `reasoning_content`.
        is_rest: whether they go on with a beginning, which has the opening tag of the thought.
    """
    prompt_tokens = replies[0].prompt_tokens
    completion_tokens = sum(reply.completion_tokens for reply in replies)
    return orjson.dumps(
        {
            "id": f"chatcmpl-{name}",
            "object": "chat.completion",
            "created": 0,  # no clock: the same request gets the same bytes
            "model": model,
            "choices": [
                {
                    "index": index,
                    "message": _inline_message(reply, "" if is_rest else f"{OPEN}\n") if inline else _message(reply),
                    "logprobs": None,
                    "finish_reason": reply.finish_reason,
                }
                for index, reply in enumerate(replies)
            ],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": prompt_tokens + completion_tokens,
            },
        }
    )


def models_body(names: Sequence[str]) -> bytes:
    """The body of the list of models."""
    models = [{"id": name, "object": "model", "created": 0, "owned_by": "datagen"} for name in names]
    return orjson.dumps({"object": "list", "data": models})


def json_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A response that says that it is JSON."""
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def error_response(
    status: int, message: str, param: str | None = None, code: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    """A refusal as OpenAI writes it."""
    kind = {429: "rate_limit_error", 500: "server_error"}.get(status, "invalid_request_error")
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_response(orjson.dumps({"error": error}), status, headers)


def invalid_response(error: ValidationError) -> web.Response:
    """The refusal of a request that can't be read; it names the parameter."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return error_response(400, f"{place}: {first['msg']}" if place else first["msg"], param=place or None)


def _message(reply: DemoReply) -> dict[str, Any]:
    if not reply.reasoning:
        return {"role": "assistant", "content": reply.content}
    return {"role": "assistant", "reasoning_content": reply.reasoning, "content": reply.content}


def _inline_message(reply: DemoReply, opening: str) -> dict[str, Any]:
    if not reply.reasoning:
        return _message(reply)
    thought = f"{opening}{reply.reasoning}"
    closed = reply.content or reply.finish_reason == "stop"
    return {"role": "assistant", "content": f"{thought}\n{CLOSE}\n\n{reply.content}" if closed else thought}
