"""The demo teacher as a server of the run: started by itself, ended with the run."""

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from datagen.children import running

_READY = re.compile(r"(http://\S+/v1)")
_TIMEOUT_S = 60


@contextlib.contextmanager
def running_demo(latency_ms: int, log: Path) -> Iterator[str]:
    """Run the demo teacher; yields its base URL."""
    command = [sys.executable, "-m", "datagen.teachers.demo", "--port", "0", "--latency-ms", str(latency_ms)]

    def url(said: str) -> str | None:
        found = _READY.search(said)
        return found.group(1) if found else None

    with running("the demo teacher", command, log=log, ready=url, timeout_s=_TIMEOUT_S) as base_url:
        yield base_url
