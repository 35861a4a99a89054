"""One request and its reply over HTTP: sent once, read whole or not at all, within its time and within its size."""

import urllib.request
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from datagen import __version__
from datagen.errors import DatagenError, UsageError
from datagen.teachers.faults import Fault, garbage, of_error

_MOST_BYTES = 64 * 2**20
_BYTES_ANYWAY, _BYTES_PER_TOKEN = 2**20, 256
"""A reply may take this many bytes, and this many more for each token: ten times what the longest tokens need."""
_MOST_BYTES_OF_REFUSAL = 64 * 2**10
_IDLE_S = 4.0
"""How long a connection is kept without a request: less than the 5 s of uvicorn, which vLLM runs under, so that it is
not closed there at the moment at which the next request is sent."""
_CONNECT_S = 30.0
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; the body of a refusal may be cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange:
    """Sends requests to the endpoints of OpenAI-compatible servers. Made inside the event loop that it belongs to.

    Redirects are not followed, so that the key goes nowhere else; no cookie and no `.netrc` is read. The proxies that
    the environment names are used, but never for this machine itself.

    Args:
        base_urls: the addresses that will be asked.
        key: sent as bearer token; none when None.
        connections: most connections at a time.
        timeout_s: seconds from the start of a request to the last byte of its reply; of a download, between two bytes.

    Raises:
        UsageError: a base URL is none.
    """

    def __init__(self, base_urls: tuple[str, ...], key: str | None, connections: int, timeout_s: float) -> None:
        self._routes = {url: (_address(url), _proxy_for(url)) for url in base_urls}
        headers = {"User-Agent": f"datagen/{__version__}"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=_IDLE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s)),
        )
        self._between_bytes = aiohttp.ClientTimeout(sock_read=timeout_s, sock_connect=min(_CONNECT_S, timeout_s))

    async def post(self, base_url: str, body: bytes, max_tokens: int) -> Reply | Fault:
        """Send a chat completion's request once.

        Args:
            base_url: where to, one of those that were given.
            body: JSON.
            max_tokens: the longest answer that was asked for.
        """
        most = min(_MOST_BYTES, _BYTES_ANYWAY + _BYTES_PER_TOKEN * max_tokens)
        return await self.call("POST", base_url, "chat/completions", body, most=most)

    async def call(
        self,
        method: str,
        base_url: str,
        path: str,
        body: bytes | aiohttp.FormData | None = None,
        *,
        query: Mapping[str, str] | None = None,
        most: int = _MOST_BYTES,
    ) -> Reply | Fault:
        """Send any request once.

        Args:
            method: of HTTP.
            base_url: where to, one of those that were given.
            path: below it, without a slash at its start.
            body: JSON, or a form that was made for this request.
            query: of the address.
            most: bytes that a reply may have.
        """
        try:
            async with self._sent(method, base_url, path, body, query) as response:
                if not 200 <= response.status < 300:
                    return Reply(response.status, response.headers, await _beginning(response.content))
                told = response.content_length
                read = None if told is not None and told > most else await _whole(response.content, most)
                if read is None:
                    response.close()
                    return garbage("too large", f"a reply of more than {most / 2**20:.0f} MiB")
                return Reply(response.status, response.headers, read)
        except (aiohttp.ClientError, OSError, UnicodeError) as error:  # the last from names that no resolver takes
            return of_error(error)

    async def download(self, base_url: str, path: str, to: Path) -> Reply | Fault:
        """Fetch a file of any size once; a reply of status 2xx has no body, for that stands in the file.

        Args:
            base_url: where from, one of those that were given.
            path: below it, without a slash at its start.
            to: the file; what is there is written over.

        Raises:
            DatagenError: the disk does not take it.
        """
        try:
            async with self._sent("GET", base_url, path, timeout=self._between_bytes) as response:
                if not 200 <= response.status < 300:
                    return Reply(response.status, response.headers, await _beginning(response.content))
                await _write_all(response.content, to)
                return Reply(response.status, response.headers, b"")
        except (aiohttp.ClientError, OSError) as error:
            return of_error(error)

    def _sent(
        self,
        method: str,
        base_url: str,
        path: str,
        body: bytes | aiohttp.FormData | None = None,
        query: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        address, proxy = self._routes[base_url]
        if isinstance(body, bytes):
            options["headers"] = _JSON
        return self._session.request(
            method, address.joinpath(path), data=body, params=query, allow_redirects=False, proxy=proxy, **options
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()


async def _whole(stream: aiohttp.StreamReader, most: int) -> bytes | None:
    """All that comes; None when it is more than that."""
    parts = []
    size = 0
    while part := await stream.readany():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


async def _write_all(stream: aiohttp.StreamReader, to: Path) -> None:
    try:
        with to.open("wb") as file:
            while part := await stream.readany():
                file.write(part)
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        raise
    except OSError as error:
        raise DatagenError(f"{to}: can't be written: {error.strerror}; make room and start again") from error


async def _beginning(stream: aiohttp.StreamReader) -> bytes:
    parts = []
    size = 0
    while size < _MOST_BYTES_OF_REFUSAL and (part := await stream.readany()):
        size += len(part)
        parts.append(part)
    return b"".join(parts)


def _address(base_url: str) -> URL:
    try:
        return URL(base_url)
    except ValueError:
        raise UsageError(f"{base_url!r} is no address; it looks like http://127.0.0.1:8000/v1") from None


def _proxy_for(base_url: str) -> str | None:
    """The proxy that the environment names for an address; none for this machine itself."""
    address = URL(base_url)
    host = address.host or ""
    if _is_this_machine(host) or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(address.scheme)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
