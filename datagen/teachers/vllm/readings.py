"""What a vLLM server says of itself on its /metrics page: how much it does at a time, and what waits.

A page is read for a few figures only, whoever wrote it: what can't be read tells nothing, and never raises.
"""

import math
import re
from collections import defaultdict
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from datagen.teachers.exchange import Exchange, Reply

PATH = "metrics"
_MOST_BYTES = 2 * 2**20
"""Ten times the page of eight engines under data parallel."""
_RUNNING, _WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
_KV_USE, _KV_USE_BEFORE = "vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"
_PREEMPTIONS, _GENERATED = "vllm:num_preemptions_total", "vllm:generation_tokens_total"
_FINISHED = "vllm:request_success_total"
_NAMES = (_RUNNING, _WAITING, _KV_USE, _KV_USE_BEFORE, _PREEMPTIONS, _GENERATED, _FINISHED)
_WANTED = re.compile(rf"^(?:{'|'.join(_NAMES)})[{{ \t].*$", re.MULTILINE)
"""The lines that are parsed: a page has a thousand, and the parser goes through them sign by sign."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A server at one moment, its engines taken together.

    Attributes:
        running: requests that it works on.
        waiting: requests in its queue.
        kv_use: share of the KV cache in use, from 0 to 1; that of the fullest engine.
        preemptions: requests whose work was thrown away for want of KV cache, since the server started.
        generated: tokens that it generated since it started.
        finished: requests that it finished since it started.
    """

    running: int
    waiting: int
    kv_use: float = 0.0
    preemptions: int = 0
    generated: int = 0
    finished: int = 0


async def read_metrics(exchange: Exchange, root: str) -> Reading | None:
    """Fetch a server's page once; None when there is none, or none that can be read.

    Args:
        exchange: knows the root.
        root: of the server, as `root_of` gives it.
    """
    reply = await exchange.call("GET", root, PATH, most=_MOST_BYTES)
    is_page = isinstance(reply, Reply) and 200 <= reply.status < 300
    return parse_metrics(reply.body.decode("utf-8", "replace")) if isinstance(reply, Reply) and is_page else None


def root_of(base_url: str) -> str:
    """Where a server has its pages that are no part of the API: its base URL without the version at the end."""
    url = URL(base_url)
    return str(url.parent if url.name == "v1" else url).rstrip("/")


def parse_metrics(page: str) -> Reading | None:
    """Read a page; None when it does not say how many requests run and wait."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    try:
        for family in text_string_to_metric_families("\n".join(_WANTED.findall(page)) + "\n"):
            for sample in family.samples:
                found[sample.name].append(_amount(sample.value))
    except (ValueError, IndexError, KeyError):  # what the parser meets in a page that is none
        return None
    if not (found[_RUNNING] and found[_WAITING]):
        return None
    kv_use = max([*found[_KV_USE], *found[_KV_USE_BEFORE]], default=0.0)
    running, waiting, *counters = (
        int(sum(found[name])) for name in (_RUNNING, _WAITING, _PREEMPTIONS, _GENERATED, _FINISHED)
    )
    return Reading(running, waiting, min(kv_use, 1.0), *counters)


def _amount(value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(value)
    return value
