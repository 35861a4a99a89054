"""The Prefect API for a run: the one that PREFECT_API_URL names, or one of the run's own that ends with it."""

import contextlib
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from datagen.children import running
from datagen.errors import DatagenError

_TIMEOUT_S = 120
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
"""Without a proxy: on the loopback address there is none."""
_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


@contextlib.contextmanager
def prefect_api(state: Path, logs: Path) -> Iterator[None]:
    """Make sure that flows find an API while the block lasts; enter it before Prefect is imported.

    Args:
        state: where a server of the run's own keeps its state.
        logs: the folder for its log.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named:
        os.environ.setdefault("DO_NOT_TRACK", "1")
        if not _answers(named):
            raise DatagenError("PREFECT_API_URL names a server that does not answer; start it, or unset the variable")
        yield
        return
    port = _free_port()
    address = f"http://127.0.0.1:{port}/api"
    environment = {**os.environ, **_QUIET, "PREFECT_HOME": str(state)}
    command = [sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]

    def answers(said: str) -> str | None:
        return address if _answers(address) else None

    log = logs / "prefect-server.log"
    with (
        running("the Prefect server", command, log=log, ready=answers, timeout_s=_TIMEOUT_S, environment=environment),
        _environment({**_QUIET, "PREFECT_HOME": str(state), "PREFECT_API_URL": address, **_loopback_without_proxy()}),
    ):
        yield


def _answers(address: str) -> bool:
    try:
        _open(f"{address.rstrip('/')}/health", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)  # it is there; whether we may use it, Prefect's client says better
    except (OSError, ValueError):
        return False
    return True


def _loopback_without_proxy() -> dict[str, str]:
    """The proxy's exceptions, with this machine among them: the run's own servers are here."""
    kept = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    exceptions = ",".join(filter(None, [kept, "127.0.0.1", "localhost"]))
    return {"no_proxy": exceptions, "NO_PROXY": exceptions}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
