"""A provider, and clients that do not wait as long as they would for a real one."""

from collections.abc import Iterator

import pytest

from datagen.teachers.batch import carrying, client, provider
from tests.teachers.batch.server import KEY, BatchServer


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setattr("datagen.teachers.faults.FIRST_DELAY_S", 0.001)
    monkeypatch.setattr(client, "QUIET_S", 0.05)
    monkeypatch.setattr(client, "REFUSED_S", 0.05)
    monkeypatch.setattr(carrying, "FIRST_POLL_S", 0.01)
    monkeypatch.setattr(carrying, "LONGEST_POLL_S", 0.02)
    monkeypatch.setattr(client, "KEPT_WITHIN_S", 0.0)
    monkeypatch.setattr(provider, "SETTLING_S", 0.05)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer().serving() as server:
        yield server
