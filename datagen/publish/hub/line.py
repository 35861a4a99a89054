"""The line to the Hub: how long it is waited for, and in whose words its faults are told.

An error never quotes the Hub's answer or an address: an upload's address holds its signature. What the client below
swallows, a wait of minutes or a question that it repeats for ever, is said, or ended here.
"""

import errno
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from datagen.errors import DatagenError, UsageError

_SILENCE_S = 120.0
"""Seconds without a byte from the Hub before a request counts as lost; its client would wait for ever."""
_LONGEST_WAIT_S = 600
"""Longer than this is not waited, whatever the Hub asks for."""
_MOST_CONFLICTS = 60
"""Times that the client may be told of a conflict in a row; it asks again at once, and without an end."""
_LATER = "what was uploaded is kept; start again to go on"
_RUST_ERRNO = re.compile(r"\(os error (\d+)\)")
_RUST_STATUS = re.compile(r"HTTP status \w+ error \((\d{3})\b")
"""How the client's part that is no Python, `hf_xet`, tells of the system's errors and of the Hub's answers."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_WRITING = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT, errno.EIO}


class HubLine:
    """All that is asked of the Hub for one repository goes over it.

    Args:
        repo_id: told with every fault.
        say: shows a line to whoever watches.
    """

    def __init__(self, repo_id: str, say: Callable[[str], None]) -> None:
        self._repo_id, self._say = repo_id, say
        self._status, self._conflicts = 0, 0

    def client(self) -> Any:
        """The Hub's own HTTP client, which gives a silent Hub up and says how long it waits."""
        from huggingface_hub.utils import _http

        client = _http.default_client_factory()
        client.event_hooks["request"].append(self._asked)
        client.event_hooks["response"].append(self._answered)
        return client

    @contextmanager
    def explained(self, doing: str, way_out: str = "") -> Iterator[None]:
        """Say in our words what the Hub, the network or the disk had against it.

        Args:
            doing: what was being done.
            way_out: what else can be done where the Hub or this machine fails.

        Raises:
            UsageError: the token is wrong.
            DatagenError: any other fault; without its cause, whose text may hold an address.
        """
        try:
            yield
        except DatagenError:
            raise
        except Exception as error:  # the clients below change their network errors with their versions
            self._refuse(f"{self._repo_id}: {doing}", error, f"; {way_out}" if way_out else "")

    def _asked(self, request: Any) -> None:
        """Bound a request's patience; a client's own setting would not do, some requests come with none at all."""
        self._status = 0
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), _SILENCE_S)

    def _answered(self, response: Any) -> None:
        self._status = int(response.status_code)
        self._conflicts = self._conflicts + 1 if self._status == 409 else 0
        if self._conflicts > _MOST_CONFLICTS:
            raise DatagenError(f"{self._repo_id}: the Hub is busy with another change of this account; {_LATER}")
        if self._conflicts > 1:
            time.sleep(1)
        if wait := _wanted_wait_s(response):
            if wait > _LONGEST_WAIT_S:
                raise DatagenError(f"{self._repo_id}: the Hub wants no request for {wait:,} s; {_LATER}")
            self._say(f"the Hub wants fewer requests and asks to wait {wait} s")

    def _refuse(self, doing: str, error: Exception, way_out: str) -> NoReturn:
        chain = list(_chain(error))
        for stopped in chain:  # a signal's, which the client may have taken for an error of its own
            if isinstance(stopped, DatagenError):
                raise stopped from None
        if refusal := _of_a_kind(doing, chain):
            raise refusal from None
        is_of_the_network = any(type(one).__module__.startswith("http") for one in chain)
        number = next((found for found in map(_errno, chain) if found in _NO_ROOM | _NO_WRITING), None)
        if number is not None and not is_of_the_network:
            advice = "the Hub's client writes below HF_HOME (or ~/.cache/huggingface): make room or let it write there"
            told = f"{doing}: this machine says: {os.strerror(number)}; {advice}{way_out}"
            raise DatagenError(told) from None
        stored = next((found[1] for found in (_RUST_STATUS.search(str(one)) for one in chain) if found), None)
        if stored is not None:
            raise DatagenError(f"{doing}: the Hub's storage answered HTTP {stored}; {_LATER}{way_out}") from None
        status = next((code for code in map(_status, chain) if code), None)
        if status is None and self._status >= 400:  # it was no JSON, and the client read it before its status
            status = self._status
        if status is not None:
            kind = UsageError if status == 401 else DatagenError
            raise kind(f"{doing}: the Hub answered HTTP {status}; {_ADVICE.get(status, _LATER)}") from None
        name = type(chain[-1]).__name__
        if is_of_the_network or any(isinstance(one, OSError) for one in chain):
            told = f"the Hub can't be reached ({name}); check the network and HF_ENDPOINT; {_LATER}"
        else:
            told = f"the Hub answered what its client can't read ({name}); is there a proxy's page between? {_LATER}"
        raise DatagenError(f"{doing}: {told}{way_out}") from None


_ADVICE = {
    400: f"it takes a file or the card for malformed, see https://huggingface.co/docs/hub/datasets-cards. {_LATER}",
    401: "it does not know this token; set HF_TOKEN to a valid one",
    402: "the account's storage or plan does not allow it",
    403: "the token may not write there: use one with write access to this repository, or another --repo-id",
    404: "it is gone, or the token may not see it; check --repo-id and the token",
    409: f"somebody else changed the repository meanwhile; {_LATER}",
    412: f"somebody else changed the repository meanwhile; {_LATER}",
    413: "a file is too large for it; lower output.shard_rows and build again",
    429: f"it wants fewer requests; wait some minutes, {_LATER}",
}
"""What to do about an answer of the Hub, by its status."""


def _of_a_kind(doing: str, chain: Sequence[BaseException]) -> DatagenError | None:
    """What the client has an error of its own for."""
    from huggingface_hub.errors import DisabledRepoError, GatedRepoError, OfflineModeIsEnabled

    for one in chain:
        match one:
            case OfflineModeIsEnabled():
                return DatagenError(f"{doing}: HF_HUB_OFFLINE is set, so the Hub can't be asked; unset it")
            case GatedRepoError():
                advice = "ask for access on its page with the account of the token, or choose another --repo-id"
                return DatagenError(f"{doing}: the repository is gated, and the token is not let in; {advice}")
            case DisabledRepoError():
                advice = "its page says why; choose another --repo-id meanwhile"
                return DatagenError(f"{doing}: the Hub has disabled this repository; {advice}")
            case UnicodeEncodeError():
                return UsageError(f"{doing}: the token holds what no token holds; set HF_TOKEN to a valid one")
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it, the first of them last."""
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _status(error: BaseException) -> int | None:
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) else None


def _errno(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _RUST_ERRNO.search(str(error))
    return int(found[1]) if found else None


def _wanted_wait_s(response: Any) -> int:
    """How long an answer asks to wait before the next request, in seconds; 0 when it does not."""
    from huggingface_hub.utils._http import parse_ratelimit_headers

    if response.status_code not in (429, 503):
        return 0
    limit = parse_ratelimit_headers(response.headers)
    if limit is not None and limit.remaining == 0:
        return limit.reset_in_seconds
    asked = response.headers.get("Retry-After", "").strip()
    return int(asked) if asked.isdigit() else 0
