"""Where a real vLLM is: `make test-vllm` installs its CPU build and says so."""

import os
from pathlib import Path

import pytest

from tests.end_to_end.conftest import prefect

__all__ = ["prefect", "python"]


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter of vLLM's own environment."""
    told = os.environ.get("DATAGEN_TEST_VLLM")
    if not told:
        pytest.fail("DATAGEN_TEST_VLLM names no interpreter: run `make test-vllm`")
    return str(Path(told).absolute())
