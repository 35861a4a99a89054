"""A stand-in for vLLM's environment."""

from pathlib import Path

import pytest

from tests.teachers.vllm.fleets import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("STAND_IN", str(tmp_path / "orders.json"))
    return World(tmp_path)
