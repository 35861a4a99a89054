"""Servers for tests and benchmarks: the demo teacher as a process of its own, and any app in a thread of this one."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

from aiohttp import web


class DemoServer:
    """A running server.

    Attributes:
        url: its base URL.
        process: it ends when its standard input closes, so it never outlives who started it.
    """

    def __init__(self, *options: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "datagen.teachers.demo", "--port", str(port), "--end-with-stdin", *options]
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 — open as long as the server may write
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._complaints}
        self.process = subprocess.Popen(command, text=True, **pipes)
        line = self.process.stdout.readline()
        assert line, f"the demo teacher did not start: {self.complaints}"
        self.url = line.split()[-1]

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].partition("/")[0])

    def stats(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=20) as reply:
            return json.load(reply)

    @property
    def complaints(self) -> str:
        """What it wrote to its standard error."""
        self._complaints.seek(0)
        return self._complaints.read()

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        self.process.communicate()


@contextlib.contextmanager
def demo_server(*options: str, port: int = 0) -> Iterator[DemoServer]:
    server = DemoServer(*options, port=port)
    try:
        yield server
    finally:
        server.end()


@contextlib.contextmanager
def serving_app(app: web.Application, loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Serve an app on the loopback address, in a thread that runs the loop; gives its base URL, and closes the loop."""
    started = threading.Event()
    end = asyncio.Event()
    url = ""

    async def serve() -> None:
        nonlocal url
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        started.set()
        await end.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
