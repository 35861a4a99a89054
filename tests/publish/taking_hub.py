"""The Hub stand-in as those meet it who publish: it takes repositories, files, commits and tags, and can fail at each.

It does what the Hub does with what it is sent: a large file counts once it came whole under its hash, in one piece, in
parts, or by Xet, and is not asked for again; a commit is there whole or not at all. Long lists come in pages. It writes
down each upload that it took and each commit.
"""

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from tests.publish.large_files import XET_TOKEN, LargeFilesHandler
from tests.publish.xet_store import XetStore
from tests.sources.hub_stand_in import HubDataset, HubStandIn, is_large, serving

TOKEN = "hf_WriteWriteWriteWriteWriteWriteWrite"
READ_TOKEN = "hf_ReadReadReadReadReadReadReadReadRea"
STRANGERS_TOKEN = "hf_ElseElseElseElseElseElseElseElseEls"

Step = Literal[
    *("whoami", "create", "refs", "info", "tree", "resolve", "preupload", "batch", "put", "verify", "yaml", "commit"),
    *("tag", "paths", "part", "parts", "xet token", "xet chunk", "grant", "xorb", "granted", "shard", "telemetry"),
]


@dataclass(frozen=True)
class Answer:
    """What something between, or the Hub itself, answers instead of doing what it was asked to."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


PAGE = Answer(200, {"Content-Type": "text/html"}, b"<html><body>Log in to the guests' network: https://x/?sig=1")
Fault = int | Answer | Literal["drop", "drop after", "cut", "silence"]
"""A status or an answer; a closed line before or after it was done; half an answer; none at all."""
Moment = tuple[Step, Literal["asked", "halfway", "done", "answered"]]

ATTRIBUTES = {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"}
_STEPS: tuple[tuple[str, str, Step], ...] = (
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "yaml"),
    ("GET", r"/api/datasets/[^/]+/[^/]+/refs", "refs"),
    ("GET", r"/api/datasets/[^/]+/[^/]+", "info"),
    ("GET", r"/api/datasets/[^/]+/[^/]+/revision/.+", "info"),
    ("GET", r"/api/datasets/[^/]+/[^/]+/tree/.+", "tree"),
    ("POST", r"/api/datasets/[^/]+/[^/]+/paths-info/.+", "paths"),
    ("POST", r"/api/datasets/[^/]+/[^/]+/preupload/.+", "preupload"),
    ("POST", r"/datasets/[^/]+/[^/]+\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/lfs/.+", "put"),
    ("POST", r"/verify/.+", "verify"),
    ("POST", r"/api/datasets/[^/]+/[^/]+/commit/.+", "commit"),
    ("POST", r"/api/datasets/[^/]+/[^/]+/tag/.+", "tag"),
    ("(GET|HEAD)", r"/datasets/[^/]+/[^/]+/resolve/.+", "resolve"),
    ("PUT", r"/part/.+", "part"),
    ("POST", r"/parts/.+", "parts"),
    ("GET", r"/api/datasets/[^/]+/[^/]+/xet-write-token/.+", "xet token"),
    ("GET", r"/v1/chunks/.+", "xet chunk"),
    ("POST", r"/v1/xorb-grants/.+", "grant"),
    ("PUT", r"/xorb/.+", "xorb"),
    ("POST", r"/v1/xorb-commits/.+", "granted"),
    ("POST", r"/v2/shards", "shard"),
    ("POST", r"/v1/telemetry", "telemetry"),
)
_SIGNED = {"put", "resolve", "part", "parts", "xorb"}
"""Their addresses hold the permission."""
_OF_XET = {"xet chunk", "grant", "granted", "shard", "telemetry"}


@dataclass
class TakenDataset(HubDataset):
    """A repository that grows.

    Attributes:
        branches, tags: commits by name.
        titles: of the commits.
    """

    commits: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def commit(self, revision: str) -> str | None:
        named = self.branches | self.tags
        return named.get(revision, revision if revision in self.commits else None)

    def add(self, branch: str, files: Mapping[str, bytes], title: str) -> str:
        made = hashlib.sha1(f"{len(self.commits)} {sorted(files)}".encode(), usedforsecurity=False).hexdigest()
        self.commits[made] = dict(files)
        self.titles[made] = title
        self.branches[branch] = made
        return made

    def files(self, revision: str = "main") -> Mapping[str, bytes]:
        commit = self.commit(revision)
        assert commit is not None
        return self.commits[commit]


@dataclass
class TakingHub(HubStandIn):
    """A running stand-in that takes what it is sent.

    Attributes:
        objects: large files by their SHA-256, visible or not.
        puts: the SHA-256 of each large file that came whole by one of the two older ways, in order.
        xet: where those of the newer way come.
        part_size: above it a file comes in parts, of as many bytes; 0 for never.
        page_size: as many files a page of a list has.
        renamed: repositories by the names that they had before.
        hidden: repositories that are there, and that no token here may see.
        steps: every request, by what it is for.
        faults: what the next requests of a step meet, first to last.
        at: told of every moment; it may end the client.
    """

    datasets: dict[str, TakenDataset] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    xet: XetStore = field(default_factory=XetStore)
    part_size: int = 0
    page_size: int = 1000
    renamed: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    steps: Counter[str] = field(default_factory=Counter)
    faults: dict[Step, list[Fault]] = field(default_factory=dict)
    at: Callable[[Moment], None] = lambda moment: None
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def make(self, repo: str, files: Mapping[str, bytes] | None = None, private: bool = False) -> TakenDataset:
        """A repository as the Hub makes it, and then with files of somebody's."""
        dataset = self.datasets[repo] = TakenDataset(private=private)
        dataset.add("main", ATTRIBUTES, "initial commit")
        if files:
            dataset.add("main", {**ATTRIBUTES, **files}, "by hand")
        return dataset


@contextmanager
def taking_hub() -> Iterator[TakingHub]:
    """Serve an empty Hub until the block ends."""
    hub = TakingHub({})
    with serving(hub, _TakingHandler):
        try:
            yield hub
        finally:
            hub.ended.set()


class _GoneError(Exception):
    """The line is closed without an answer."""


class _TakingHandler(LargeFilesHandler):
    hub: TakingHub

    def do_PUT(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_GET(self) -> None:
        self._take()

    def do_HEAD(self) -> None:
        self._take()

    def handle(self) -> None:
        try:
            super().handle()
        except (_GoneError, ConnectionError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _take(self) -> None:
        path = unquote(urlsplit(self.path).path)
        step = next((step for method, form, step in _STEPS if _is(method, self.command) and _is(form, path)), None)
        if step is None:
            return self._refuse(404, "EntryNotFound")
        with self.hub.lock:
            self.hub.steps[step] += 1
            waiting = self.hub.faults.get(step)
            fault = waiting.pop(0) if waiting else None
        self.hub.at((step, "asked"))
        if fault == "silence":
            self.hub.ended.wait()
        if fault in ("drop", "silence"):
            raise _GoneError
        body = self._body(step)
        if isinstance(fault, int):
            fault = Answer(fault, {"X-Error-Message": "Fault"})
        if isinstance(fault, Answer):
            return self._send(fault.status, fault.body, fault.headers)
        self._fault = fault
        with self.hub.lock:
            self._step(step, path, body)
        self.hub.at((step, "answered"))
        return None

    def _body(self, step: Step) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        size = int(self.headers.get("Content-Length", 0))
        first = self.rfile.read(size // 2)
        if step in ("put", "xorb"):
            self.hub.at((step, "halfway"))
        return first + self.rfile.read(size - len(first))

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return chunk

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        fault = getattr(self, "_fault", None)
        if fault == "drop after":
            raise _GoneError
        if fault == "cut":
            super()._send(status, body, {"Content-Length": str(len(body) + 9), **headers})
            raise _GoneError
        super()._send(status, body, headers)

    def _send_json(self, value: object) -> None:
        """As the stand-in below, long lists in pages."""
        if not isinstance(value, list) or len(value) <= self.hub.page_size:
            return super()._send_json(value)
        asked = parse_qs(urlsplit(self.path).query)
        start = int(asked.get("cursor", ["0"])[0])
        end = start + self.hub.page_size
        following = f"{self.hub.endpoint}{urlsplit(self.path).path}?recursive=true&cursor={end}"
        link = {"Link": f'<{following}>; rel="next"'} if end < len(value) else {}
        return self._send(200, json.dumps(value[start:end]).encode(), {"Content-Type": "application/json", **link})

    def _step(self, step: Step, path: str, body: bytes) -> None:
        role = {TOKEN: "write", STRANGERS_TOKEN: "write", READ_TOKEN: "read"}.get(
            self.headers.get("Authorization", "").removeprefix("Bearer ")
        )
        if step in _OF_XET and self.headers.get("Authorization") != f"Bearer {XET_TOKEN}":
            return self._refuse(401, "")
        if role is None and step not in _SIGNED | _OF_XET:
            return self._refuse(401, "", "Invalid credentials in Authorization header")
        is_writing = step in ("create", "preupload", "batch", "verify", "commit", "tag", "xet token")
        if is_writing and (role != "write" or STRANGERS_TOKEN in self.headers["Authorization"]):
            return self._refuse(403, "", "You don't have the rights to create a dataset under this namespace")
        is_json = self.headers.get_content_type() in ("application/json", "application/vnd.git-lfs+json")
        asked = json.loads(body) if body and is_json else {}
        of_no_repository = {"whoami", "create", "yaml", "put", "verify", "part", "parts", "xorb", *_OF_XET}
        if step in of_no_repository:
            return getattr(self, f"_{step.replace(' ', '_')}")(path, body, asked)
        repo = re.sub(r"\.git$", "", "/".join(path.removeprefix("/api").split("/")[2:4]))
        if repo in self.hub.renamed:
            address = self.path.replace(repo, self.hub.renamed[repo], 1)
            return self._send(307, b"", {"Location": f"{self.hub.endpoint}{address}"})
        dataset = None if repo in self.hub.hidden else self.hub.datasets.get(repo)
        if dataset is None or (dataset.private and STRANGERS_TOKEN in self.headers.get("Authorization", "")):
            return self._refuse(404, "RepoNotFound")
        if step in ("info", "tree", "paths", "resolve"):
            return self._answer(asked or parse_qs(body.decode()))
        return getattr(self, f"_{step.replace(' ', '_')}")(path, body, asked, dataset)

    def _whoami(self, path: str, body: bytes, asked: dict) -> None:
        is_reader = READ_TOKEN in self.headers["Authorization"]
        token = {"displayName": "ci", "role": "read" if is_reader else "write"}
        self._say("whoami", {"name": "house", "orgs": [], "auth": {"type": "access_token", "accessToken": token}})

    def _create(self, path: str, body: bytes, asked: dict) -> None:
        repo = f"{asked['organization']}/{asked['name']}"
        address = f"{self.hub.endpoint}/datasets/{repo}"
        if repo in self.hub.datasets:
            said = json.dumps({"error": "You already created this dataset repo", "url": address}).encode()
            return self._send(409, said, {"Content-Type": "application/json"})
        self.hub.make(repo, private=asked.get("visibility") == "private")
        return self._say("create", {"url": address, "name": repo})

    def _yaml(self, path: str, body: bytes, asked: dict) -> None:
        assert asked["content"].startswith("---\n")
        self._say("yaml", {"errors": [], "warnings": []})

    def _refs(self, path: str, body: bytes, asked: dict, dataset: TakenDataset) -> None:
        def told(kind: str, refs: Mapping[str, str]) -> list[dict[str, str]]:
            return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": at} for name, at in refs.items()]

        refs = {"branches": told("heads", dataset.branches), "converts": [], "tags": told("tags", dataset.tags)}
        self._say("refs", refs)

    def _preupload(self, path: str, body: bytes, asked: dict, dataset: TakenDataset) -> None:
        there = dataset.files(path.partition("/preupload/")[2])
        ignored = asked.get("gitIgnore", there.get(".gitignore", b"").decode()).split()
        modes = [
            {
                "path": name,
                "uploadMode": "lfs" if is_large(name) else "regular",
                "shouldIgnore": any(fnmatch(name, form) for form in ignored),
            }
            for name in (file["path"] for file in asked["files"])
        ]
        self._say("preupload", {"files": modes})

    def _commit(self, path: str, body: bytes, asked: dict, dataset: TakenDataset) -> None:
        branch = path.partition("/commit/")[2]
        header, *changes = (json.loads(line) for line in body.splitlines())
        if header["value"].get("parentCommit") not in (None, dataset.branches[branch]):
            return self._refuse(412, "", "A commit has happened since. Please refresh and try again.")
        files = dict(dataset.files(branch))
        for change in changes:
            value = change["value"]
            match change["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile" if value["oid"] in self.hub.objects:
                    files[value["path"]] = self.hub.objects[value["oid"]]
                case "deletedFile" if value["path"] in files:
                    del files[value["path"]]
                case _:
                    return self._refuse(400, "", "a file of this commit was never uploaded, or is not there")
        made = dataset.add(branch, files, header["value"]["summary"])
        repo = "/".join(path.split("/")[3:5])
        address = f"{self.hub.endpoint}/datasets/{repo}/commit/{made}"
        return self._say("commit", {"commitUrl": address, "commitOid": made, "success": True})

    def _tag(self, path: str, body: bytes, asked: dict, dataset: TakenDataset) -> None:
        if asked["tag"] in dataset.tags:
            return self._refuse(409, "", "Tag reference exists already")
        at = dataset.commit(path.partition("/tag/")[2])
        if at is None:
            return self._refuse(404, "RevisionNotFound")
        dataset.tags[asked["tag"]] = at
        return self._say("tag", {})


def _is(form: str, text: str) -> bool:
    return re.fullmatch(form, text) is not None
