"""A small Hub on 127.0.0.1: as much of its API as `datasets`, `huggingface_hub` and `HfFileSystem` ask for.

It holds datasets with several commits each (and models, whose files have the same addresses but for a prefix), and
speaks real HTTP: repository info, trees, path infos, and files with byte ranges. The client's side is real. What it
takes from those who publish is in `tests/publish/taking_hub.py`.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

_API = re.compile(
    r"^/api/datasets/(?P<repo>[^/]+/[^/]+)(?:/(?P<what>revision|tree|paths-info)/(?P<rev>[^/]+)(?P<path>/.*)?)?$"
)
_FILE = re.compile(r"^(?:/datasets)?/(?P<repo>[^/]+/[^/]+)/resolve/(?P<rev>[^/]+)/(?P<path>.+)$")


@dataclass
class HubDataset:
    """A dataset's commits, oldest first: commit → file → content. The last one is `main`."""

    commits: Mapping[str, Mapping[str, bytes]]
    gated: bool = False
    private: bool = False

    def commit(self, revision: str) -> str | None:
        return list(self.commits)[-1] if revision == "main" else revision if revision in self.commits else None


@dataclass
class HubStandIn:
    """A running stand-in."""

    datasets: Mapping[str, HubDataset]
    requests: list[str] = field(default_factory=list)
    endpoint: str = ""


@contextmanager
def running_hub(datasets: Mapping[str, HubDataset]) -> Iterator[HubStandIn]:
    """Serve the datasets until the block ends."""
    hub = HubStandIn(datasets)
    with serving(hub, Handler):
        yield hub


@contextmanager
def serving(hub: HubStandIn, handler: type["Handler"]) -> Iterator[None]:
    """Serve what a stand-in holds until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    hub: HubStandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body after its head would wait for the client's acknowledgement

    def do_GET(self) -> None:
        self._answer({})

    def do_HEAD(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.headers.get_content_type() == "application/json":
            self._answer(json.loads(body))
        else:
            self._answer(parse_qs(body))

    def log_message(self, format: str, *args: object) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")

    def _answer(self, asked: Mapping[str, list[str]]) -> None:
        path = unquote(urlsplit(self.path).path)
        match = _API.match(path) or _FILE.match(path)
        if match is None:
            return self._refuse(404, "EntryNotFound")
        dataset = self.hub.datasets.get(match["repo"])
        if dataset is None:
            return self._refuse(404, "RepoNotFound")
        if dataset.gated:
            return self._refuse(403, "GatedRepo")
        commit = dataset.commit(match["rev"] or "main")
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        files = dataset.commits[commit]
        if "what" not in match.groupdict():
            return self._send_file(files, match["path"], commit)
        return self._send_json(_api(match, commit, files, asked, dataset.private))

    def _send_json(self, value: object) -> None:
        if value is None:
            return self._refuse(404, "EntryNotFound")
        return self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send_file(self, files: Mapping[str, bytes], path: str, commit: str) -> None:
        if path not in files:
            return self._refuse(404, "EntryNotFound")
        content = files[path]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{_oid(content)}"', "Accept-Ranges": "bytes"}
        asked = re.match(r"bytes=(\d+)-(\d*)$", self.headers.get("Range", ""))
        if asked is None:
            return self._send(200, content, headers)
        start, end = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return self._send(206, content[start : end + 1], headers)

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _api(
    match: re.Match[str], commit: str, files: Mapping[str, bytes], asked: Mapping[str, list[str]], private: bool
) -> dict[str, object] | list[dict[str, object]] | None:
    if match["what"] == "tree":
        folder = (match["path"] or "").strip("/")
        inside = [entry for path in files for entry in _entries(path, files[path], folder)]
        listed = {str(entry["path"]): entry for entry in inside}
        return list(listed.values()) if listed or not folder else None
    if match["what"] == "paths-info":
        known = {str(entry["path"]): entry for path in files for entry in _all_entries(path, files[path])}
        return [known[path] for path in asked["paths"] if path in known]
    return {
        "id": match["repo"],
        "sha": commit,
        "private": private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "siblings": [{"rfilename": path} for path in files],
    }


def _entries(path: str, content: bytes, folder: str) -> list[dict[str, object]]:
    prefix = f"{folder}/" if folder else ""
    return [entry for entry in _all_entries(path, content) if str(entry["path"]).startswith(prefix)]


def _all_entries(path: str, content: bytes) -> list[dict[str, object]]:
    parts = path.split("/")
    folders = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    entries: list[dict[str, object]] = [
        {"type": "directory", "path": name, "size": 0, "oid": _oid(name.encode())} for name in folders
    ]
    return [*entries, {"type": "file", "path": path, "size": len(content), **_hashes(path, content)}]


def is_large(path: str) -> bool:
    """Whether a file is stored as a large one, as the Hub's `.gitattributes` have it."""
    return path.endswith((".parquet", ".arrow", ".bin"))


def _hashes(path: str, content: bytes) -> dict[str, object]:
    if not is_large(path):
        return {"oid": _oid(content)}
    sha256, size = hashlib.sha256(content).hexdigest(), len(content)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
    return {"oid": _oid(pointer), "lfs": {"oid": sha256, "size": size, "pointerSize": len(pointer)}}


def _oid(content: bytes) -> str:
    """The hash of a git blob."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
