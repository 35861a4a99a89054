"""Runs that many tests look at, each built once; what changes a run works on a copy."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.counting_teacher import CountingTeacher
from tests.end_to_end.runs import IN_EVERY_FORMAT, build, user_environment

_API = """
import os, pathlib, sys
from flows.server import prefect_api
folder = pathlib.Path(sys.argv[1])
with prefect_api(folder / "state", folder):
    print(os.environ["PREFECT_API_URL"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """Where the undisturbed quickstart was built, in `outputs/quickstart`, with a Prefect server of its own."""
    folder = tmp_path_factory.mktemp("quickstart")
    build("quickstart", cwd=folder)
    return folder


@pytest.fixture(scope="session")
def quickstart(home) -> Path:
    """The undisturbed run; to be looked at only."""
    return home / "outputs" / "quickstart"


@pytest.fixture(scope="session")
def in_every_format(quickstart, prefect, tmp_path_factory) -> Path:
    """The undisturbed run, its dataset written in every format; to be looked at only."""
    folder = tmp_path_factory.mktemp("formats")
    run = shutil.copytree(quickstart, folder / "run", symlinks=True)
    build("quickstart", "--output", str(run), *IN_EVERY_FORMAT, cwd=folder, **prefect)
    return Path(run)


@pytest.fixture
def copy(quickstart, tmp_path) -> Path:
    """A copy of the undisturbed run, to be changed."""
    return Path(shutil.copytree(quickstart, tmp_path / "copy", symlinks=True))


@pytest.fixture(scope="session")
def prefect(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment that leads runs to one Prefect server; spares each the start of its own."""
    command = [sys.executable, "-c", _API, str(tmp_path_factory.mktemp("prefect"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=user_environment(), cwd=Path(__file__).parents[2], **pipes) as server:
        yield {"PREFECT_API_URL": server.stdout.readline().strip()}
        server.stdin.close()


@pytest.fixture(scope="module")
def counting_teacher() -> Iterator[CountingTeacher]:
    with CountingTeacher().serving(latency_ms=50) as teacher:
        yield teacher


@pytest.fixture
def teacher(counting_teacher) -> Iterator[CountingTeacher]:
    counting_teacher.forget()
    yield counting_teacher
    counting_teacher.release()
