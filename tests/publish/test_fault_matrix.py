"""Every fault at every request: one line without a secret, nothing half to be seen, and the next start ends it."""

from pathlib import Path

import pytest

from datagen.errors import DatagenError
from datagen.publish.hub import line as hub_line
from datagen.publish.hub.publishing import publish_dataset
from tests.publish.conftest import offer_xet
from tests.publish.taking_hub import ATTRIBUTES, PAGE, TOKEN, Answer, Fault, Step, TakingHub
from tests.publish.test_publishing import content

REPO = "house/sums"
STEPS: tuple[Step, ...] = (
    *("whoami", "refs", "info", "tree", "resolve", "create", "preupload", "batch", "put", "part", "parts", "verify"),
    *("yaml", "commit", "tag"),
)
XET_STEPS: tuple[Step, ...] = ("xet token", "xet chunk", "grant", "xorb", "granted", "shard", "telemetry")
FAULTS: dict[str, Fault] = {
    **{str(status): status for status in (400, 401, 402, 403, 404, 409, 412, 413, 429, 500, 503)},
    "429 with a time": Answer(429, {"Retry-After": "7"}),
    "429 for hours": Answer(429, {"ratelimit": '"api";r=0;t=7200'}),
    "gated": Answer(403, {"X-Error-Code": "GatedRepo"}),
    "disabled": Answer(403, {"X-Error-Message": "Access to this resource is disabled."}),
    "a page": PAGE,
    "a page with 503": Answer(503, PAGE.headers, PAGE.body),
    "other JSON": Answer(200, {"Content-Type": "application/json"}, b"[]"),
    "led astray": Answer(302, {"Location": "/login?sig=1"}),
    **{fault: fault for fault in ("drop", "drop after", "cut", "silence")},
}
LET_BE = {
    *(("verify", name) for name in ("a page", "other JSON", "led astray")),  # it came whole, and is compared later
    *(("telemetry", name) for name in FAULTS),
    *(("xet chunk", name) for name in FAULTS),  # then it is not known there, and is sent
    ("granted", "a page"),  # it is stored by then
}
"""Faults for good that do not stop publishing, and need not."""
CHEAP = {
    *(("500", step) for step in STEPS),
    *(("drop after", step) for step in ("create", "commit", "tag")),
    *(("a page", "whoami"), ("a page", "tag"), ("a page with 503", "yaml"), ("other JSON", "refs"), ("cut", "info")),
}
"""What every run of the tests tries; the whole matrix is for the long ones."""
SENT_AGAIN = {(step, name) for step in ("put", "part", "parts") for name in ("drop after", "cut")}
"""The client asks again at once when the answer to an upload was lost."""
PASSING = {"503", "429 with a time", "a page", "drop", "drop after", "cut", "silence"}
"""Faults that come once, too: then the client may get over it by itself."""
FOR_EVER = 200
"""More faults in a row than the client tries."""


def cases(steps: tuple[Step, ...]) -> list:
    return [
        pytest.param(step, name, times, id=f"{step}-{name}-{times}", marks=_marks(step, name, times))
        for step in steps
        for name in FAULTS
        for times in (1, FOR_EVER)
        if times > 1 or name in PASSING
    ]


def _marks(step: Step, name: str, times: int) -> tuple:
    return () if (name, step) in CHEAP and times > 1 else (pytest.mark.full,)


def ended(run: Path) -> str:
    """How publishing ended: the line that it told, or nothing when it was done."""
    try:
        publish_dataset(run, REPO)
    except DatagenError as error:
        told, status = str(error), error.exit_status
    else:
        return ""
    assert status in (1, 2)
    assert len(told.splitlines()) == 1
    assert all(secret not in told for secret in (TOKEN, "xet_", "sig=", "http://", "<html", "127.0.0.1"))
    assert told.startswith(f"{REPO}: ")
    assert ";" in told, "it says what to do"
    return told


def is_whole(run: Path, hub: TakingHub) -> bool:
    states = [files for dataset in hub.datasets.values() for files in dataset.commits.values()]
    return all(files in (ATTRIBUTES, {**ATTRIBUTES, **content(run)}) for files in states)


@pytest.mark.parametrize(("step", "name", "times"), cases(STEPS))
def test_whatever_fails_is_told_in_a_line_and_the_next_start_ends_it(
    run: Path, hub: TakingHub, step: Step, name: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(run, hub, step, name, times, monkeypatch)


@pytest.mark.full
@pytest.mark.parametrize("step", XET_STEPS)
@pytest.mark.parametrize("name", ["401", "403", "500", "a page", "drop"])
def test_whatever_fails_on_the_way_by_xet_is_told_with_the_other_way(
    run: Path, hub: TakingHub, step: Step, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_xet(monkeypatch, run.parent)
    meet(run, hub, step, name, FOR_EVER, monkeypatch)


def meet(run: Path, hub: TakingHub, step: Step, name: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "silence":
        monkeypatch.setattr(hub_line, "_SILENCE_S", 0.3)
    if step in ("part", "parts"):
        hub.part_size = 10_000
    if step == "resolve":
        hub.make(REPO, {"README.md": (run / "dataset" / "README.md").read_bytes()}, private=True)
        hub.datasets[REPO].commits = {
            commit: files for commit, files in hub.datasets[REPO].commits.items() if "README.md" in files
        }
    hub.faults[step] = [FAULTS[name]] * times
    told = ended(run)
    assert told or times == 1 or (step, name) in LET_BE
    assert hub.steps[step] >= 1
    if step != "resolve":
        assert is_whole(run, hub)
    hub.faults.clear()
    monkeypatch.setattr(hub_line, "_SILENCE_S", 60)
    assert ended(run) == ""
    there = hub.datasets[REPO]
    assert there.files() == {**ATTRIBUTES, **content(run)}
    assert (run / "dataset").resolve().name in there.tags
    assert list(there.titles.values()).count(f"small: {(run / 'dataset').resolve().name}") == 1
    if (step, name) not in SENT_AGAIN:
        assert len(hub.puts) == len(set(hub.puts))
