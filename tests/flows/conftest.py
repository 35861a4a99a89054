"""One Prefect server and one worker for all tests of this folder, with the deployments of `prefect.yaml`."""

import uuid
from collections.abc import Iterator

import psutil
import pytest

from tests.end_to_end.conftest import teacher
from tests.end_to_end.counting_teacher import CountingTeacher
from tests.flows.prefect_server import PrefectServer, prefect_server, prefect_worker
from tests.flows.school import CONCURRENCY, School
from tests.publish.conftest import settings_for
from tests.publish.taking_hub import TakingHub, taking_hub

__all__ = ["teacher"]

MARK, MARKED = "DATAGEN_TEST_WORKER", uuid.uuid4().hex


@pytest.fixture(scope="session")
def far_hub() -> Iterator[TakingHub]:
    """The Hub as the worker meets it."""
    with taking_hub() as hub:
        yield hub


@pytest.fixture(scope="session")
def server(tmp_path_factory, far_hub) -> Iterator[PrefectServer]:
    folder = tmp_path_factory.mktemp("server")
    surroundings = settings_for(far_hub, folder) | {MARK: MARKED}
    with prefect_server(folder) as server, prefect_worker(server, folder, **surroundings):
        yield server


@pytest.fixture(scope="session")
def counting_teacher() -> Iterator[CountingTeacher]:
    with CountingTeacher().serving(latency_ms=20) as teacher:
        yield teacher


@pytest.fixture
def limit(server, teacher) -> Iterator[str]:
    """The name of the limit that the teacher's endpoint has for this test."""
    with server.limited(teacher.url, CONCURRENCY) as name:
        yield name


@pytest.fixture
def school(counting_teacher, tmp_path) -> School:
    made = School(tmp_path, counting_teacher.url)
    made.lay_down()
    return made


def processes_of_the_worker() -> set[int]:
    """The worker, and all that runs of it have started."""
    found = set()
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == MARKED and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process.pid)
        except psutil.Error:
            continue
    return found
