"""What a scheduled run meets at night: another run, a kill, a full disk, a server that dies. The next run goes on."""

import contextlib
import json
import os
import resource
import signal
from pathlib import Path

import pytest

from datagen.workspace import completions_of
from tests.end_to_end.runs import hashes, journal_lines, wait_until
from tests.flows.conftest import MARK, MARKED, processes_of_the_worker
from tests.flows.prefect_server import free_port, prefect_server, prefect_worker
from tests.flows.school import CONCURRENCY

_GONE_S = 240


def process_of(run: Path) -> int:
    """The process that is at work in a run's folder."""
    return json.loads((run / ".lock-holder.json").read_text())["pid"]


@pytest.mark.full
def test_a_nightly_run_waits_until_the_last_one_has_ended(server, school, teacher):
    parameters = {"recipe": school.recipe, "if_busy": "fail"}
    teacher.hold_after(20)
    first = server.start("nightly", output=str(school.folder / "run"), **parameters)
    wait_until(lambda: teacher.is_holding, "the first one samples")
    second = server.start("nightly", output=str(school.folder / "run"), **parameters)
    server.wait_until(lambda: server.run(second)["state"]["name"] == "AwaitingConcurrencySlot", "the second one waits")
    assert server.run(first)["state"]["type"] == "RUNNING"
    teacher.release()
    ended = server.finish(first)
    assert server.finish(second)["start_time"] > ended["end_time"]


@pytest.mark.full
def test_a_run_that_is_killed_has_crashed_and_its_slots_and_its_folder_are_free_again(server, school, teacher, limit):
    run = school.folder / "run"
    parameters = {"recipe": school.recipe, "output": str(run)}
    before = processes_of_the_worker()
    teacher.hold_after(20)
    first = server.start("build", **parameters)
    wait_until(lambda: teacher.is_holding, "the run samples")
    os.kill(process_of(run), signal.SIGKILL)
    assert server.wait(first)["state"]["type"] == "CRASHED"
    wait_until(lambda: processes_of_the_worker() <= before, "every process of the run has ended")
    in_flight = len(teacher.asked) - len(journal_lines(run))
    assert 0 < in_flight <= CONCURRENCY

    teacher.release()
    second = server.start("build", **parameters)
    server.wait_until(lambda: "waits for 8 slots" in server.log(second), "the killed run's slots are taken for a while")
    server.wait(second, seconds=180)
    server.finish(second)
    assert teacher.repeats <= in_flight


@pytest.mark.full
def test_a_full_disk_fails_the_run_at_once_names_the_file_and_the_next_run_goes_on(server, school, teacher):
    run = school.folder / "run"
    parameters = {"recipe": school.recipe, "output": str(run)}
    teacher.hold_after(20)
    first = server.start("build", **parameters)
    wait_until(lambda: teacher.is_holding, "the run samples")
    full = completions_of(run).stat().st_size + 100
    resource.prlimit(process_of(run), resource.RLIMIT_FSIZE, (full, full))
    teacher.release()
    failed = server.wait(first)["state"]
    assert failed["type"] == "FAILED"
    assert f"{completions_of(run)}: the journal can't be written" in failed["message"]
    assert "make room and start again" in failed["message"]
    assert "Retry" not in server.log(first)
    lost = teacher.asked.total() - len(journal_lines(run))
    assert 0 < lost <= 2 * CONCURRENCY

    server.finish(server.start("build", **parameters))
    assert teacher.repeats <= lost


@pytest.mark.full
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_server_that_dies_costs_no_completion_and_leaves_no_process(comes_back, school, teacher, tmp_path):
    run, folder = school.folder / "run", tmp_path / "server"
    folder.mkdir()
    parameters = {"recipe": school.recipe, "output": str(run)}
    with contextlib.ExitStack() as servers:
        port = free_port()
        server = servers.enter_context(prefect_server(folder, port=port))
        servers.enter_context(prefect_worker(server, folder, **{MARK: MARKED}))
        before = processes_of_the_worker()
        teacher.hold_after(20)
        first = server.start("nightly", **parameters)
        wait_until(lambda: teacher.is_holding, "the run samples")
        server.kill()
        if comes_back:
            servers.enter_context(prefect_server(folder, port=port))
        teacher.release()
        wait_until((run / "dataset").exists, "the dataset is built")
        wait_until(lambda: processes_of_the_worker() <= before, "every process of the run has ended", _GONE_S)
        if not comes_back:
            servers.enter_context(prefect_server(folder, port=port))
        dataset = hashes(run / "dataset")
        assert server.wait(first)["state"]["type"] == ("COMPLETED" if comes_back else "CRASHED")

        server.finish(server.start("nightly", **parameters))
        assert teacher.repeats == 0
        assert hashes(run / "dataset") == dataset
