"""Fleets of stand-in servers: teachers of kind vllm whose interpreter is a stand-in for vLLM."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm.interpreter import Interpreter
from datagen.teachers.vllm.server import Patience
from datagen.teachers.vllm.workers import Workers, running_workers

STAND_IN = Path(__file__).with_name("stand_in.py")
HASTY = Patience(probe=2.0, health=0.5, silent=1.0, stuck=1.0, check=0.05, look=0.02, restart=0.05, settled=30.0)
LONG_S = 30.0


class World:
    """A folder with a stand-in interpreter, its orders, and the logs of its servers."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.orders_file = folder / "orders.json"
        program = folder / "python"
        program.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} -S {STAND_IN} "$@"\n')  # -m and the module
        program.chmod(0o755)
        self.interpreter = Interpreter(str(program), "0.32.0", True, ())
        self.order()

    def order(self, **orders: Any) -> None:
        """Tell the servers how to behave from now on."""
        written = self.orders_file.with_suffix(".new")
        written.write_text(json.dumps(orders))
        written.replace(self.orders_file)

    def log(self, number: int = 0) -> str:
        return (self.logs / f"vllm-tiny-{number}.log").read_text()

    def processes(self, number: int = 0) -> list[psutil.Process]:
        """What lives of a worker's last life: its server, and if it has a family, the engine and a stray."""
        last = self.log(number).rpartition("===")[2]
        pids = [int(line.split()[-1]) for line in last.splitlines() if line[-1:].isdigit()]
        return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]


def teacher(workers: int = 1, **engine_args: Any) -> VLLMTeacher:
    return VLLMTeacher(name="tiny", kind="vllm", model="tiny-model", workers=workers, engine_args=engine_args)


@contextlib.contextmanager
def fleet(world: World, workers: int = 1, patience: Patience = HASTY, **engine_args: Any) -> Iterator[Workers]:
    """A fleet, and the promise that nothing of it is left when the block is."""
    started: list[psutil.Process] = []
    try:
        settings = teacher(workers, **engine_args)
        with running_workers(settings, world.logs, world.interpreter, patience=patience) as running:
            yield running
            for number in range(workers):
                started += world.processes(number)
    finally:
        assert alive(started) == []


def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds; fails when it takes far too long."""
    deadline = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def alive(started: list[psutil.Process]) -> list[psutil.Process]:
    """Those that outlive ten seconds; a zombie does not live, and who should reap it may be slow."""
    deadline = time.monotonic() + 10.0
    while (left := [one for one in started if lives(one)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
