"""A Prefect server with SQLite and a process worker, as a user starts them, and its API as tests ask it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from datagen.children import running
from tests.end_to_end.runs import ROOT, user_environment

_ASK_EVERY_S = 0.2
_FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@dataclass
class PrefectServer:
    """A running server.

    Attributes:
        url: of its API.
        folder: its database and its log.
        environment: leads commands to it.
    """

    url: str
    folder: Path
    environment: dict[str, str]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", data=data, headers=headers, method=method)
        while True:
            try:
                with _open(request, timeout=30) as reply:
                    return json.load(reply) if reply.status != 204 else None
            except urllib.error.HTTPError as error:
                if error.code != 503:  # SQLite was busy; Prefect's own client asks again, too
                    raise

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`prefect …`, as typed in the clone."""
        words = [sys.executable, "-m", "prefect", *arguments]
        return subprocess.run(
            words, cwd=ROOT, env=self.environment | environment, capture_output=True, text=True, timeout=120
        )

    def must(self, *arguments: str) -> str:
        """What a command of Prefect prints, which must succeed."""
        done = self.command(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deployment(self, name: str) -> Any:
        flow = "publish-dataset" if name == "publish" else "build-dataset"
        return self.ask(f"deployments/name/{flow}/{name}")

    def start(self, deployment: str, **parameters: Any) -> str:
        """Start a deployment's run through the API; its id."""
        name = f"deployments/{self.deployment(deployment)['id']}/create_flow_run"
        return self.ask(name, {"parameters": parameters})["id"]

    def run(self, run_id: str) -> Any:
        return self.ask(f"flow_runs/{run_id}")

    def wait(self, run_id: str, *states: str, seconds: float = 100) -> Any:
        """The run, as soon as it is in one of some states, or has ended."""

        def is_there() -> bool:
            return self.run(run_id)["state"]["type"] in (_FINAL | set(states))

        self.wait_until(is_there, f"{run_id} is {states or 'over'}", seconds)
        return self.run(run_id)

    def wait_until(self, true: Callable[[], Any], what: str, seconds: float = 60) -> None:
        """Ask the server now and then, so that it has time for others."""
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            time.sleep(_ASK_EVERY_S)

    def finish(self, run_id: str) -> Any:
        """The run when it has ended, which must be well."""
        ended = self.wait(run_id)
        assert ended["state"]["type"] == "COMPLETED", f"{ended['state']}\n{self.log(run_id)}"
        return ended

    def cancel(self, run_id: str) -> None:
        """What the UI's button does."""
        self.ask(f"flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLING"}})

    @contextlib.contextmanager
    def limited(self, teacher_url: str, slots: int) -> Iterator[str]:
        """Limit a teacher's endpoint while the block lasts; the limit's name."""
        name = f"teacher-127.0.0.1-{urlsplit(teacher_url).port}"
        self.ask("v2/concurrency_limits/", {"name": name, "limit": slots, "active": True})
        try:
            yield name
        finally:
            self.ask(f"v2/concurrency_limits/{name}", method="DELETE")

    def kill(self) -> None:
        """End the server with -9; another one may go on in its place."""
        port = self.url.split(":")[2].partition("/")[0]
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[1:] == ["-m", "prefect", "server", "start", "--port", port]:
                    process.kill()

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """The artifacts of a run by key."""
        asked = {"artifacts": {"flow_run_id": {"any_": [run_id]}}, "limit": 100}
        return {artifact["key"]: artifact for artifact in self.ask("artifacts/filter", asked)}

    def log(self, run_id: str) -> str:
        asked = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200, "sort": "TIMESTAMP_ASC"}
        return "\n".join(line["message"] for line in self.ask("logs/filter", asked))


@contextlib.contextmanager
def prefect_server(folder: Path, *, port: int | None = None, ui: bool = False) -> Iterator[PrefectServer]:
    """Run a server; its database and its log lie in `folder`, where another one goes on after it."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/api"
    environment = user_environment() | {
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": url,
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": str(ui).lower(),
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "DATAGEN_CACHE": os.environ.get("DATAGEN_CACHE", "off"),
    }
    words = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]

    def answers(said: str) -> str | None:
        with contextlib.suppress(OSError):
            _open(f"{url}/health", timeout=5).close()
            return url
        return None

    log = folder / "server.log"
    with running("the Prefect server", words, log=log, ready=answers, timeout_s=120, environment=environment):
        yield PrefectServer(url, folder, environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def prefect_worker(server: PrefectServer, folder: Path, **environment: str) -> Iterator[None]:
    """Make the pool, the deployments of `prefect.yaml` and a worker by the commands of docs/scheduling.md."""
    server.must("work-pool", "create", "datagen", "--type", "process")
    with ThreadPoolExecutor(1) as meanwhile:
        deploying = meanwhile.submit(server.must, "--no-prompt", "deploy", "--all")
        with worker_of(server, "datagen", folder / "worker.log", **environment):
            deploying.result()
            yield


@contextlib.contextmanager
def worker_of(server: PrefectServer, pool: str, log: Path, **environment: str) -> Iterator[None]:
    """Run a worker of a pool."""
    with running(
        "the worker",
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool],
        log=log,
        ready=lambda said: said if "started" in said else None,
        timeout_s=120,
        environment=server.environment | environment,
    ):
        yield
