"""Runs that end before their time: killed, stopped, met by a second one. Nothing is paid twice, nothing changes."""

import os
import random
import re
import signal
import time

import pytest

from tests.end_to_end.runs import IN_EVERY_FORMAT, build, datagen, hashes, journal_lines, running, wait_until

CONCURRENCY = 16
GONE_WITHIN_S = 20


@pytest.fixture
def arguments(teacher):
    """A build that asks the counting teacher, which keeps the demo teacher's name and so its card."""
    settings = [f"teachers.demo.base_url={teacher.url}", f"teachers.demo.concurrency={CONCURRENCY}"]
    return [
        "build",
        "quickstart",
        "--output",
        "run",
        *(word for one in settings for word in ("--set", one)),
        *IN_EVERY_FORMAT,
    ]


def wait_until_sampling(command, teacher):
    wait_until(lambda: teacher.is_holding or command.process.poll() is not None, "the run samples")
    assert command.process.poll() is None, command.out + command.err


def ended(command):
    wait_until(lambda: not command.left_behind(), "every process of the run has ended", GONE_WITHIN_S)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in (2, 3))])
def test_a_killed_run_leaves_no_process_pays_for_nothing_twice_and_ends_with_the_same_bytes(
    seed, arguments, teacher, in_every_format, tmp_path, prefect
):
    teacher.hold_after(random.Random(seed).randrange(20, 250))
    with running(*arguments, cwd=tmp_path) as command:
        wait_until_sampling(command, teacher)
        command.process.kill()
        command.process.wait()
        ended(command)
    kept = journal_lines(tmp_path / "run")
    in_flight = teacher.asked.total() - len(kept)
    assert kept
    assert 0 < in_flight <= CONCURRENCY
    assert not (tmp_path / "run" / "dataset").exists()

    teacher.release()
    build(*arguments[1:], cwd=tmp_path, **prefect)
    assert teacher.repeats <= in_flight
    assert journal_lines(tmp_path / "run")[: len(kept)] == kept
    assert len(teacher.asked) == len(journal_lines(in_every_format))
    assert hashes(tmp_path / "run" / "dataset") == hashes(in_every_format / "dataset")


def test_a_run_stopped_by_signals_keeps_what_is_in_flight_and_ends_with_the_same_bytes(
    arguments, teacher, in_every_format, tmp_path, prefect
):
    def stop(send, answers):
        teacher.hold_after(answers)
        with running(*arguments, cwd=tmp_path, **prefect) as command:
            wait_until_sampling(command, teacher)
            second = datagen(*arguments, cwd=tmp_path, **prefect)
            assert second.status == 1
            assert len(second.complaints) == 1
            assert f"process {command.process.pid} " in second.err
            send(command.process)
            wait_until(lambda: "stopping" in command.err, "the run has heard the signal")
            teacher.release()
            done = command.wait()
            ended(command)
        assert done.status == 3, done.out + done.err
        said = [line for line in done.complaints if line.startswith("datagen: ")]
        assert said == ["datagen: stopped by a signal; everything that arrived is kept, start again to go on"]
        assert "Traceback" not in done.err
        assert len(journal_lines(tmp_path / "run")) == teacher.answered == len(teacher.asked)

    stop(lambda process: os.killpg(process.pid, signal.SIGINT), 60)  # Ctrl-C reaches the whole group
    stop(lambda process: process.terminate(), 90)
    build(*arguments[1:], cwd=tmp_path, **prefect)
    assert teacher.repeats == 0
    assert hashes(tmp_path / "run" / "dataset") == hashes(in_every_format / "dataset")


def reach(command, moment):
    """Wait for a line of progress; a run that ends first was further than that."""
    wait_until(lambda: re.search(moment, command.out, re.MULTILINE) or command.process.poll() is not None, moment)


MOMENTS = (
    r"",  # starting
    r"^pull open_r1",  # pulling
    r"^pull limo",  # screening
    r"^screen",  # before sampling
    r"^screen",
    r"^screen",
    r"^sample",  # verifying
    r"^verify",  # selecting
    r"^select",  # assembling
    r"^assemble",  # ending
)


@pytest.mark.full
@pytest.mark.parametrize("seed", [11, 12])
def test_a_run_killed_ten_times_ends_with_the_same_bytes(seed, arguments, teacher, in_every_format, tmp_path):
    draw = random.Random(seed)
    lost = 0
    for moment in MOMENTS:
        before, known = teacher.asked.total(), len(journal_lines(tmp_path / "run"))
        with running(*arguments, cwd=tmp_path) as command:
            reach(command, moment)
            time.sleep(draw.uniform(0, 0.8))  # the moment of the kill, not a wait for something
            command.process.kill()
            command.process.wait()
            ended(command)
        lost += teacher.asked.total() - before - (len(journal_lines(tmp_path / "run")) - known)
    build(*arguments[1:], cwd=tmp_path)
    assert teacher.repeats <= lost
    assert len(teacher.asked) == len(journal_lines(in_every_format))
    assert hashes(tmp_path / "run" / "dataset") == hashes(in_every_format / "dataset")


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_a_run_killed_while_its_servers_start_leaves_no_process(seed, arguments, tmp_path):
    with running(*arguments, cwd=tmp_path) as command:
        time.sleep(random.Random(seed).uniform(0.2, 6))  # the moment of the kill
        command.process.kill()
        command.process.wait()
        ended(command)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_run_has_begun_is_a_stop_like_any_other(number, tmp_path):
    with running("build", "quickstart", "--output", "run", cwd=tmp_path) as command:
        wait_until(lambda: (tmp_path / "run").exists(), "the run's folder is there")
        os.kill(command.process.pid, number)
        done = command.wait()
        ended(command)
    assert done.status == 3, done.out + done.err
    assert done.complaints[-1].startswith("datagen: stopped by a signal")
    assert "Traceback" not in done.err
