"""Any OpenAI-compatible endpoint as a teacher: the `openai` package over its aiohttp transport.

Retries, backoff and Retry-After are the package's; what fails for good stops the run with one line that says why.
"""

import asyncio
import json
import os

import httpx2
import openai
from openai import AsyncOpenAI, DefaultAioHttpClient
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice

from datagen.errors import DatagenError, UsageError
from datagen.recipe_teachers import PaidTeacher
from datagen.solutions import finish_reason
from datagen.teachers.base import Budget, Completion, Hold, Request, Traffic
from datagen.thoughts import split_thought

_RETRIES = 8


def api_key(teacher: PaidTeacher) -> str | None:
    """The teacher's key from the environment.

    Raises:
        UsageError: the recipe names a variable that is not set.
    """
    if teacher.api_key_env is None:
        return None
    key = os.environ.get(teacher.api_key_env)
    if not key:
        raise UsageError(f"teacher {teacher.name}: the environment has no {teacher.api_key_env}; set it to the key")
    return key


class OpenAIClient:
    """A teacher behind one or more OpenAI-compatible servers; each request goes to the one with the fewest in flight.

    Args:
        teacher: its settings.
        base_urls: where the servers are.
        timeout_s: seconds until a request without an answer is given up.
        budget: is asked before each request; None allows all.
    """

    def __init__(
        self, teacher: PaidTeacher, base_urls: tuple[str, ...], timeout_s: float, budget: Budget | None = None
    ) -> None:
        self._teacher = teacher
        self._key = api_key(teacher)
        self._budget = budget
        limits = httpx2.Limits(max_connections=teacher.concurrency, max_keepalive_connections=teacher.concurrency)
        self._servers = [
            AsyncOpenAI(
                base_url=url,
                api_key=self._key or "none",
                max_retries=_RETRIES,
                timeout=timeout_s,
                http_client=DefaultAioHttpClient(limits=limits, timeout=timeout_s),
            )
            for url in base_urls
        ]
        self._in_flight = [0] * len(self._servers)
        self._slots = asyncio.Semaphore(teacher.concurrency)
        self._waiting = 0
        self._ended: Exception | None = None

    async def ask(self, request: Request) -> Completion:
        """Answer one request; see `TeacherClient.ask`."""
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            self._refuse_when_ended()
            return await (self._send(request) if self._budget is None else self._pay(request, self._budget))
        finally:
            self._slots.release()

    def end(self, error: Exception) -> None:
        """Send nothing more; see `TeacherClient.end`."""
        self._ended = self._ended or error

    def traffic(self) -> Traffic:
        """What it is doing now."""
        return Traffic(sum(self._in_flight), self._waiting, {})

    def _refuse_when_ended(self) -> None:
        if self._ended is not None:
            raise self._ended

    async def _pay(self, request: Request, budget: Budget) -> Completion:
        hold = await budget.reserve(request)
        try:
            self._refuse_when_ended()
        except Exception:
            hold.release()
            raise
        try:
            completion = await self._send(request)
        except BaseException as error:
            _end(hold, error)
            raise
        hold.settle(completion)
        return completion

    async def _send(self, request: Request) -> Completion:
        number = self._in_flight.index(min(self._in_flight))
        self._in_flight[number] += 1
        try:
            reply = await self._servers[number].chat.completions.create(
                model=self._teacher.model,
                messages=[{"role": message.role, "content": message.content} for message in request.messages],  # type: ignore[misc]
                temperature=request.temperature,
                top_p=request.top_p,
                max_tokens=request.max_tokens,
                seed=openai.omit if request.seed is None else request.seed,
            )
            return _completion(reply)
        except (openai.OpenAIError, json.JSONDecodeError, _NoReplyError) as error:
            message = self._explain(error, str(self._servers[number].base_url))
            raise _FailedError(
                message, _may_be_billed(error)
            ) from None  # what the endpoint said may hold the key, and tracebacks are logged
        finally:
            self._in_flight[number] -= 1

    async def close(self) -> None:
        """Let go of connections."""
        for server in self._servers:
            await server.close()

    def _explain(self, error: Exception, url: str) -> str:
        who = f"teacher {self._teacher.name}"
        if isinstance(error, openai.APIStatusError):
            variable = getattr(self._teacher, "api_key_env", None)
            hint = {
                401: f"is {variable} the right key?" if variable else "does it want a key? name it in api_key_env",
                403: "the key may not use this model",
                404: f"does it serve the model {self._teacher.model!r} under {url}?",
                429: "it kept refusing; lower the teacher's concurrency, or start again later",
            }.get(error.status_code, "" if error.status_code < 500 else "the endpoint is in trouble; start again later")
            said = "" if error.status_code == 401 else f" ({self._without_key(error.message)[:300]})"
            return f"{who}: HTTP {error.status_code} from the endpoint{said}; {hint}".rstrip("; ")
        if isinstance(error, openai.APITimeoutError) and not _is_unheard(error):
            return f"{who}: no answer within sampling.timeout_s from {url}; raise it, or look at the endpoint"
        if isinstance(error, openai.APIConnectionError):
            return f"{who}: no connection to {url}; is the server up?"
        return f"{who}: {url} does not answer like an OpenAI endpoint ({self._without_key(str(error))[:200]})"

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


class _NoReplyError(Exception):
    """The endpoint answered, but not with a completion."""


class _FailedError(DatagenError):
    """A request failed for good; it knows whether the endpoint may have worked on it."""

    def __init__(self, message: str, may_be_billed: str | None) -> None:
        super().__init__(message)
        self.may_be_billed = may_be_billed


def _is_unheard(error: Exception) -> bool:
    """Whether nobody listened; the transport calls a refused connection a timeout."""
    return isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.ConnectError)


def _may_be_billed(error: Exception) -> str | None:
    """What went wrong after the endpoint had begun to work; None when it refused at no cost."""
    if isinstance(error, openai.APIStatusError) or _is_unheard(error):
        return None
    if isinstance(error, openai.APITimeoutError):
        return "timeout"
    return "closed mid-reply" if isinstance(error, openai.APIConnectionError) else "broken JSON"


def _end(hold: Hold, error: BaseException) -> None:
    fault = error.may_be_billed if isinstance(error, _FailedError) else "cancelled"
    if fault is None:
        hold.release()
    else:
        hold.lose(fault)


def _completion(reply: ChatCompletion) -> Completion:
    # The package builds its types without looking: what an endpoint sends may have any shape.
    if not isinstance(reply, ChatCompletion) or not isinstance(reply.choices, list) or not reply.choices:
        raise _NoReplyError("a reply without choices")
    choice = reply.choices[0]
    message = choice.message if isinstance(choice, Choice) else None
    if not isinstance(message, ChatCompletionMessage) or not isinstance(message.content, str | None):
        raise _NoReplyError("a choice without a message of text")
    ended = finish_reason(str(choice.finish_reason))
    content = _whole_characters(message.content or "")
    reasoning = _whole_characters(_reasoning_field(message.model_extra or {}))
    if not reasoning:
        parts = split_thought(content)
        reasoning, content = parts.reasoning, parts.content
        ended = "length" if parts.cut else ended
    usage = reply.usage if isinstance(reply.usage, CompletionUsage) else None
    return Completion(
        reasoning=reasoning.strip(),
        content=content.strip(),
        finish_reason=ended,
        prompt_tokens=_number(usage.prompt_tokens) if usage else None,
        completion_tokens=_number(usage.completion_tokens) if usage else None,
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _whole_characters(text: str) -> str:
    """The text with a mark in place of each half of a surrogate pair, which no table takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _reasoning_field(extra: dict[str, object]) -> str:
    """The thought, under the name that vLLM (`reasoning`) or DeepSeek and older vLLM (`reasoning_content`) gives it."""
    for name in ("reasoning", "reasoning_content"):
        value = extra.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""
