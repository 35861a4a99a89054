"""The demo teacher's process: it listens, says where, and ends when it is told to or when who started it has gone."""

import asyncio
import errno
import signal
import sys

from aiohttp import web

from datagen.errors import UsageError


def serve(
    app: web.Application,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    end_with_stdin: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT. Belongs into the main thread of its process, which takes the signals.

    Prints one line with the address once it can be asked.

    Args:
        app: see `endpoint.create_app`.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        end_with_stdin: end also when standard input closes, so that the server does not outlive who started it.

    Raises:
        UsageError: the port can't be listened on.
    """
    asyncio.run(_serve(app, host, port, end_with_stdin))


async def _serve(app: web.Application, host: str, port: int, end_with_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            raise UsageError(_cannot_listen(host, port, error)) from error
        bound = int(runner.addresses[0][1])
        print(f"datagen demo teacher on http://{host}:{bound}/v1", flush=True)
        if end_with_stdin:
            await _watch_stdin(end)
        await end.wait()
    finally:
        await runner.cleanup()


async def _watch_stdin(end: asyncio.Event) -> None:
    class Lifeline(asyncio.Protocol):
        def eof_received(self) -> None:
            end.set()

        def connection_lost(self, error: Exception | None) -> None:
            end.set()

    await asyncio.get_running_loop().connect_read_pipe(Lifeline, sys.stdin)


def _cannot_listen(host: str, port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"demo teacher: port {port} on {host} is in use; choose another one, or 0 for a free one"
    reason = getattr(error, "strerror", None) or str(error)
    return f"demo teacher: can't listen on {host} port {port}: {reason}; choose another host or port"
