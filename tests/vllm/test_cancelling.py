"""A scheduled run that is cancelled while vLLM serves it or is still starting: nothing is lost or left alive."""

import json
from collections import Counter
from pathlib import Path

import psutil
import pytest

from datagen.recipe_file import load_recipe
from tests.building import build
from tests.end_to_end.runs import journal_lines, wait_until
from tests.flows.conftest import far_hub, processes_of_the_worker, server

pytestmark = [pytest.mark.vllm, pytest.mark.full]

__all__ = ["far_hub", "server"]

_STARTED_S = 240


def test_a_run_that_is_cancelled_while_vllm_samples_or_starts_keeps_what_arrived_and_leaves_no_process(
    server, python, tmp_path
):
    run = tmp_path / "run"
    settings = [f"teachers.tiny.python={python}"]
    slow = [*settings, "teachers.tiny.concurrency=2"]  # so that it takes its time
    before = processes_of_the_worker()

    sampling = server.start("build", recipe="tiny-vllm", output=str(run), limit=40, overrides=slow)
    wait_until(lambda: len(journal_lines(run)) >= 20, "completions arrive", _STARTED_S)
    assert vllm_of(before)
    cancel(server, sampling, before)
    paid = keys(run)
    assert len(paid) >= 20

    starting = server.start("build", recipe="tiny-vllm", output=str(run), limit=40, overrides=slow)
    wait_until(lambda: vllm_of(before), "vLLM starts", _STARTED_S)
    assert len(journal_lines(run)) == len(paid)
    cancel(server, starting, before)
    assert keys(run) == paid

    build(load_recipe("tiny-vllm", settings, 40), run)
    asked = Counter(keys(run))
    assert set(asked.values()) == {1}
    assert set(paid) <= set(asked)


def cancel(server, run_id: str, before: set[int]) -> None:
    server.cancel(run_id)
    assert server.wait(run_id)["state"]["type"] == "CANCELLED", server.log(run_id)
    wait_until(lambda: processes_of_the_worker() <= before, "every process of the run has ended", 15)


def vllm_of(before: set[int]) -> list[int]:
    """Processes of vLLM that the worker's runs have started."""
    found = []
    for pid in processes_of_the_worker() - before:
        try:
            words = " ".join(psutil.Process(pid).cmdline())
        except psutil.Error:
            continue
        if "vllm.entrypoints" in words and "supervisor" not in words:
            found.append(pid)
    return found


def keys(run: Path) -> list[str]:
    return [json.loads(line)["key"] for line in journal_lines(run)]
