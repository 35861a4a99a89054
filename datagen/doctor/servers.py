"""vLLM servers that run already: whether they answer, with which model, and with how much room."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from datagen.doctor.finding import Finding
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.exchange import Exchange, Reply

_TIMEOUT_S = 10.0
_MOST_NAMES = 5


def server_findings(teacher: VLLMTeacher, max_tokens: int) -> Iterator[Finding]:
    """Look at each of a teacher's `base_urls`.

    Args:
        teacher: its settings.
        max_tokens: the longest answer that it will be asked for.
    """
    for url in teacher.base_urls:
        complaint, detail = asyncio.run(_looked_at(url, teacher.model, max_tokens))
        yield Finding(f"teacher {teacher.name}: {url}", "broken" if complaint else "works", complaint or detail)


async def _looked_at(url: str, model: str, max_tokens: int) -> tuple[str, str]:
    """What is wrong with a server, or else what it serves."""
    root = url.removesuffix("/v1")
    exchange = Exchange((root, url), None, connections=1, timeout_s=_TIMEOUT_S)
    try:
        health = await exchange.call("GET", root, "health")
        if not isinstance(health, Reply):
            return f"{health.what.format(url=root)}; start the server, or correct base_urls", ""
        if health.status != 200:
            return f"/health answers with HTTP {health.status}; is it vLLM, and its engine alive? see its log", ""
        served = _served(await exchange.call("GET", url, "models"))
    finally:
        await exchange.close()
    if model not in served:
        names = ", ".join(list(served)[:_MOST_NAMES]) or "nothing"
        return f"serves {names}, not {model}; correct `model`, or start it with --served-model-name {model}", ""
    return room(served[model], max_tokens, "start it with more --max-model-len")


def room(context: int | None, max_tokens: int, advice: str) -> tuple[str, str]:
    """Whether prompt and answer fit: what is wrong and what to do, or else how much there is.

    Args:
        context: tokens of prompt and answer together; None when that is not known.
        max_tokens: the longest answer that will be asked for.
        advice: how to get more.
    """
    if context is None:
        return "", "its context length is not known"
    if context <= max_tokens:
        wanted = f"sampling.max_tokens {max_tokens:,} and a prompt"
        return f"{context:,} tokens are no room for {wanted}; {advice}, or lower sampling.max_tokens", ""
    return "", f"{context:,} tokens: {context - max_tokens:,} for a prompt beside sampling.max_tokens {max_tokens:,}"


def _served(reply: Any) -> dict[str, int | None]:
    """The models that a server lists, and the context length of each."""
    try:
        listed = json.loads(reply.body)["data"]
        return {str(one["id"]): one.get("max_model_len") for one in listed}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
