"""The three ways by which the Hub stand-in takes a large file: in one piece, in parts, and in chunks by Xet."""

import hashlib
import json
import time
from typing import TYPE_CHECKING

from tests.sources.hub_stand_in import Handler

if TYPE_CHECKING:
    from tests.publish.taking_hub import Step, TakenDataset, TakingHub

XET_TOKEN = "xet_ForAnHourForAnHour"


class LargeFilesHandler(Handler):
    hub: "TakingHub"

    def _refuse(self, status: int, code: str, message: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message or code}
        self._send(status, b"{}", {name: value for name, value in headers.items() if value})

    def _say(self, step: "Step", value: object) -> None:
        self.hub.at((step, "done"))
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _batch(self, path: str, body: bytes, asked: dict, dataset: "TakenDataset") -> None:
        def answer(wanted: dict) -> dict:
            if wanted["oid"] in self.hub.objects:
                return wanted
            to = {kind: f"{self.hub.endpoint}/{kind}/{wanted['oid']}" for kind in ("lfs", "part", "parts", "verify")}
            upload: dict = {"href": to["lfs"]}
            if size := self.hub.part_size if wanted["size"] > self.hub.part_size else 0:
                count = -(-wanted["size"] // size)
                numbered = {str(number): f"{to['part']}/{number}" for number in range(1, count + 1)}
                upload = {"href": to["parts"], "header": {"chunk_size": str(size), **numbered}}
            return {**wanted, "actions": {"upload": upload, "verify": {"href": to["verify"]}}}

        self._say("batch", {"transfer": "basic", "objects": [answer(one) for one in asked["objects"]]})

    def _put(self, path: str, body: bytes, asked: dict) -> None:
        oid = path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != oid:
            return self._refuse(400, "", "the content is not that of its hash")
        self.hub.objects[oid] = body
        self.hub.puts.append(oid)
        return self._say("put", {})

    def _part(self, path: str, body: bytes, asked: dict) -> None:
        _, _, oid, number = path.split("/")
        self.hub.parts.setdefault(oid, {})[int(number)] = body
        self.hub.at(("part", "done"))
        self._send(200, b"", {"ETag": f'"{number}"'})

    def _parts(self, path: str, body: bytes, asked: dict) -> None:
        came = self.hub.parts.pop(asked["oid"], {})
        if [f'"{number}"' for number in sorted(came)] != [part["etag"] for part in asked["parts"]]:
            return self._refuse(400, "", "parts are missing")
        return self._put(path, b"".join(came[number] for number in sorted(came)), asked)

    def _xet_token(self, path: str, body: bytes, asked: dict, dataset: "TakenDataset") -> None:
        expires = int(time.time()) + 3600
        self._say("xet token", {"casUrl": self.hub.endpoint, "exp": expires, "accessToken": XET_TOKEN})

    def _xet_chunk(self, path: str, body: bytes, asked: dict) -> None:
        self._refuse(404, "")

    def _grant(self, path: str, body: bytes, asked: dict) -> None:
        name = path.rpartition("/")[2]
        if name in self.hub.xet.xorbs:
            return self._say("grant", {})
        grant = {"id": name, "method": "PUT", "url": f"{self.hub.endpoint}/xorb/{name}?sig=secret", "headers": {}}
        return self._send(201, json.dumps(grant).encode(), {"Content-Type": "application/json"})

    def _xorb(self, path: str, body: bytes, asked: dict) -> None:
        self.hub.xet.take_xorb(path.rpartition("/")[2], body)
        self._say("xorb", {})

    def _granted(self, path: str, body: bytes, asked: dict) -> None:
        self._say("granted", {"was_inserted": True})

    def _shard(self, path: str, body: bytes, asked: dict) -> None:
        self.hub.objects.update(self.hub.xet.take_shard(body))
        self._say("shard", {"type": "result"})

    def _telemetry(self, path: str, body: bytes, asked: dict) -> None:
        self._say("telemetry", {})

    def _verify(self, path: str, body: bytes, asked: dict) -> None:
        held = self.hub.objects.get(asked["oid"])
        if held is None or len(held) != asked["size"]:
            return self._refuse(404, "EntryNotFound")
        return self._say("verify", {})
