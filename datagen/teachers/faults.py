"""What can go wrong with a request, sorted by what to do about it.

`again`: try it again. `garbage`: an answer that is none; again, but only a few times. `later`: the endpoint asks for
time. `down`: nobody is there. `no more`: what was cut off stays so. `never`: it will not work, and the run stops with
the reason. Nothing that an endpoint sends makes the sorting itself fail.
"""

import email.utils
import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import aiohttp
import orjson

from datagen.recipe_teachers import PaidTeacher

Kind = Literal["again", "garbage", "later", "down", "no more", "never"]

MOST_TRIES = 10
"""How often one request may meet faults that others do not meet."""
MOST_GARBAGE = 5
"""How often one request may be answered with garbage, which is mostly billed."""
MOST_TIMEOUTS = 3
"""How often one request may go without an answer; each time may be billed, and costs `sampling.timeout_s`."""
LONGEST_WAIT_S = 600.0
"""The longest wait that an endpoint can ask for; a longer one is asked about again."""
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 1.0
"""Short, because an endpoint in trouble is the breaker's business: this is for requests that had bad luck."""
LONGEST_DELAY_OF_REFUSED_S = 20.0
"""Long, because a refusal without a word about when asks for patience."""

_QUOTA = re.compile(
    r"insufficient[_ ](?:quota|balance|credit)|billing_hard_limit|credit balance is too low|exceeded your current",
    re.IGNORECASE,
)
_CONTEXT = re.compile(  # OpenAI, DeepSeek and vLLM; llama.cpp; OpenAI's limit of answers; Anthropic; Gemini
    r"context[_ ](?:length|size|window)|max_(?:completion_)?tokens\W.{0,40}too large|prompt is too long|"
    r"input token count|valid range of max_tokens",
    re.IGNORECASE,
)
_LOST_IN_TEMPLATE = re.compile(r"final message does not appear in the chat", re.IGNORECASE)
"""vLLM, of a beginning whose closed thought the chat template takes out; others it continues (Qwen's do so)."""
_PARAMETER = re.compile(  # as the families refuse what they don't take
    r"unsupported_(?:parameter|value)|unknown name|extra_forbidden|cannot both be specified|deprecated for this model",
    re.IGNORECASE,
)
_LATE = frozenset({408, 504, 524})
"""What a proxy says that lost patience: the endpoint behind it may have done the work, and charge for it."""
_MOST_SAID = 300
_PIECE = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with one try of a request.

    Attributes:
        kind: what to do about it.
        name: short, for counting.
        what: what happened, in words; `{url}` stands for the endpoint.
        advice: what a person can do about it; `{url}`, `{model}` and `{key}` stand for those of the teacher.
        said: what the endpoint said, raw.
        tries: how often one request may meet such faults; None when the endpoint is to blame, however often.
        wait_s: how long the endpoint asked to wait.
        is_outage: whether it speaks for an endpoint in trouble rather than for this request.
        may_be_billed: whether the endpoint may have done the work.
        about: what a refusal for good is about: the text and its limit, which don't fit (`room`), the text alone, what
            was asked otherwise (`request`), or anything else.
    """

    kind: Kind
    name: str
    what: str
    advice: str = ""
    said: str = ""
    tries: int | None = MOST_TRIES
    wait_s: float | None = None
    is_outage: bool = False
    may_be_billed: bool = False
    about: Literal["room", "text", "request", "else"] = "else"


def of_status(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Fault:
    """The fault that a reply with another status than 2xx is.

    Args:
        status: of the reply.
        headers: of the reply, their names in any case.
        body: of the reply, or its beginning.
        now: seconds since the epoch, for `Retry-After` as a date.
    """
    name, what, said = f"HTTP {status}", f"HTTP {status} from the endpoint", _said(body)
    about = body.decode("utf-8", "replace")
    if status < 500 and status != 408 and _is_page(headers):
        return no_openai_server(name)
    if status == 402 or (status in (400, 403, 429) and _QUOTA.search(about)):
        return Fault("never", name, what, "the account's quota is used up; nothing more comes until it is raised", said)
    if status in (429, 529) or (status == 503 and told_wait(headers, now) is not None):
        advice = "it kept refusing; lower the teacher's concurrency, or start again later"
        return Fault("later", name, what, advice, said, tries=None, wait_s=told_wait(headers, now))
    if status >= 500 or status in (408, 409, 425):
        advice = "the endpoint is in trouble; start again later"
        wait_s, is_late = told_wait(headers, now), status in _LATE
        return Fault("again", name, what, advice, said, MOST_TRIES, wait_s, status >= 500, is_late)
    if status == 401:
        return Fault("never", name, what, "{key}")
    if status < 400:
        return Fault("never", name, what, "it sends requests on to another address; write that into base_url")
    if status == 404:
        return Fault("never", name, what, "does it serve the model {model} under {url}?", said)
    concerns: Literal["room", "text", "request", "else"] = "request" if status in (400, 422) else "else"
    if _CONTEXT.search(about):
        concerns = "room"
        advice = (
            "problem and answer do not fit into its context: lower sampling.max_tokens, or raise max-model-len where "
            "the model is served"
        )
    elif _PARAMETER.search(about):
        advice = "the teacher's setting family decides which parameters are sent"
    elif status == 413:
        concerns, advice = "room", "the request is too large for it"
    elif _LOST_IN_TEMPLATE.search(about):
        concerns, advice = "text", "the chat template takes a part of the text out"
    else:
        advice = "the key may not use this model" if status == 403 else ""
    return Fault("never", name, what, advice, said, about=concerns)


def of_asking_for_more(fault: Fault, continues: bool) -> Fault:
    """The same fault where it met a request for more of an answer that was cut off.

    A raised limit is all that such a request has more than one that was answered: so it is to blame. A text that can't
    be continued here may be too long; else the endpoint continues none, which the user has to know.

    Args:
        fault: as other requests would take it.
        continues: whether the answer was to be continued, rather than asked for with a raised limit.
    """
    if fault.kind != "never" or fault.about == "else":
        return fault
    if fault.about == "request" and continues:
        advice = "it does not continue an answer, as sampling.on_truncated asks: set that to raise_limit or accept"
        return replace(fault, advice=advice)
    return replace(fault, kind="no more")


def of_error(error: Exception) -> Fault:
    """The fault that a failure to send a request or to read its reply is."""
    if isinstance(error, UnicodeError | aiohttp.InvalidURL):
        return Fault("never", "no connection", "{url} is no address", "is base_url right?")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        advice = "its certificate is not accepted; is base_url right?"
        return Fault("never", "no connection", "no connection to {url}", advice)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.ClientHttpProxyError):
        return Fault("down", "no connection", "no connection to {url}", "is the server up?", tries=None, is_outage=True)
    if isinstance(error, TimeoutError):
        what, advice = "no answer within sampling.timeout_s from {url}", "raise it, or look at the endpoint"
        return Fault("again", "timeout", what, advice, tries=MOST_TIMEOUTS, may_be_billed=True)
    if isinstance(error, aiohttp.ClientResponseError):
        return garbage("no HTTP", "it does not speak HTTP")
    advice = "look at the endpoint, or start again later"
    what = "{url} closed the connection before the whole reply was there"
    return Fault("again", "closed mid-reply", what, advice, is_outage=True, may_be_billed=True)


def garbage(name: str, what: str) -> Fault:
    """The fault that a reply without a completion in it is."""
    said = "{url} does not answer like an OpenAI endpoint (" + what + ")"
    return Fault("garbage", name, said, tries=MOST_GARBAGE, may_be_billed=True)


def no_openai_server(name: str) -> Fault:
    """The fault that a web page in the place of a reply is."""
    what = "{url} does not answer like an OpenAI endpoint (a web page)"
    return Fault("never", name, what, "is base_url right? most end in /v1")


def explain(fault: Fault, teacher: PaidTeacher, url: str, key: str | None, times: int) -> str:
    """The one line that ends the run, without the key.

    Args:
        fault: what went wrong last.
        teacher: who was asked.
        url: of the endpoint.
        key: the teacher's.
        times: how often it went wrong with one request.
    """
    variable = teacher.api_key_env
    of_key = f"is {variable} the right key?" if variable else "does it want a key? name it in api_key_env"
    names = {"url": url, "model": repr(teacher.model), "key": of_key}
    said = f" ({without_key(fault.said, key)[:_MOST_SAID]})" if fault.said else ""
    often = f", {times} times" if times > 1 and fault.tries is not None else ""
    parts = (fault.what.format(**names) + said + often, fault.advice.format(**names))
    return f"teacher {teacher.name}: " + "; ".join(part for part in parts if part)


def without_key(text: str, key: str | None) -> str:
    """The text without the key, nor any longer piece of it."""
    if not key:
        return text
    text = text.replace(key, "[key]")
    for start in range(len(key) - _PIECE + 1):
        text = text.replace(key[start : start + _PIECE], "[key]")
    return text


def one_line(text: str) -> str:
    """What somebody else wrote, fit to be printed: one line, and nothing that moves a cursor."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def told_wait(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that a reply asks to wait, in any of its forms; None when it does not, or not so that it is clear.

    `x-ratelimit-reset-*` is not read: it tells when the whole allowance is back, not when one more request may come.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        told = headers.get(name, "").strip()
        try:
            seconds = float(told) * scale
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, LONGEST_WAIT_S)
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return min(max(date.timestamp() - now, 0.0), LONGEST_WAIT_S)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def delay_of(fault: Fault, faults: int) -> float:
    """Seconds until a request is tried again: exponential with full jitter, and what the endpoint asked for on top.

    Args:
        fault: what went wrong last.
        faults: how often something went wrong with this request, this time included.
    """
    most = LONGEST_DELAY_OF_REFUSED_S if fault.kind == "later" else LONGEST_DELAY_S
    longest = min(FIRST_DELAY_S * 2.0 ** min(faults - 1, 30), most)
    return (fault.wait_s or 0.0) + random.uniform(0.0, longest)


def _is_page(headers: Mapping[str, str]) -> bool:
    return "html" in headers.get("content-type", "").casefold()


def _said(body: bytes) -> str:
    """What a refusal says in one line: its message where it has one, else its text."""
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return one_line(body.decode("utf-8", "replace"))
    for name in ("error", "message", "detail"):
        told = told[0] if isinstance(told, list) and told else told
        told = told.get(name, told) if isinstance(told, dict) else told
    return one_line(told if isinstance(told, str) else orjson.dumps(told).decode()) if told else ""
