"""A run that may be published, and a Hub that takes it, met by the real client in this process."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _http, _xet

from datagen.workspace import Workspace
from tests.publish.small import built
from tests.publish.taking_hub import TOKEN, TakingHub, taking_hub

EXAM = '{"problem": "Find the sum of all primes p for which p + 2 and p + 6 are primes below 100.", "answer": "225"}\n'


def publishable(folder: Path, **settings: object) -> Workspace:
    """A run that nothing speaks against, of several files a format."""
    (folder / "exam.jsonl").write_text(EXAM)
    screen = {"benchmarks": [{"name": "exam", "path": str(folder / "exam.jsonl")}]}
    output = {"formats": ["text", "parathinker"], "test_fraction": 0.3, "shard_rows": 2}
    return built(folder, **{"screen": screen, "output": output, **settings})


@pytest.fixture(scope="session")
def kept_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publishable(tmp_path_factory.mktemp("publishable")).folder


@pytest.fixture
def run(kept_run: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(kept_run, tmp_path / "run", symlinks=True))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TakingHub]:
    """An empty Hub that this process asks, with a token that may write, and without waiting between attempts."""
    with taking_hub() as taking:
        for name, value in {
            "ENDPOINT": taking.endpoint,
            "HUGGINGFACE_CO_URL_TEMPLATE": f"{taking.endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}",
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_OFFLINE": False,
            "HF_TOKEN_PATH": str(tmp_path / "no token"),
        }.items():
            monkeypatch.setattr(constants, name, value)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(_http, "time", SimpleNamespace(sleep=lambda seconds: None))
        yield taking
        huggingface_hub.close_session()


@pytest.fixture(scope="session")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Other runs, each in a folder of its own and built once; no test may damage them."""
    kept: dict[str, Path] = {}

    def build(**settings: object) -> Path:
        name = json.dumps(settings, sort_keys=True)
        if name not in kept:
            kept[name] = publishable(tmp_path_factory.mktemp("other"), **settings).folder
        return kept[name]

    return build


def settings_for(hub: TakingHub, folder: Path) -> dict[str, str]:
    """The environment in which a command meets a Hub."""
    return {
        "HF_ENDPOINT": hub.endpoint,
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(folder / "hf"),
        "NO_PROXY": "127.0.0.1",
    }


def offer_xet(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the client in this process send large files as it does to the real Hub, without waiting between attempts."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    monkeypatch.setattr(_xet, "_GLOBAL_XET_HOLDER", _xet.XetSessionHolder())
    for name, value in XET_SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_XET_CACHE", str(folder / "xet"))


XET_SETTINGS = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "1", "HF_XET_CLIENT_RETRY_BASE_DELAY": "10ms"}
