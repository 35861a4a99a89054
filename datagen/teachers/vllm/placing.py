"""Which GPUs, cores and port each worker of a teacher gets.

A GPU belongs to one worker of one teacher at a time, for as long as anything of that worker is alive.
"""

import math
import os
import random
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from datagen.engine_args import value_of
from datagen.errors import DatagenError, UsageError
from datagen.recipe_teachers import VLLMTeacher
from datagen.stopping import refuse_when_stopped
from datagen.teachers.vllm.interpreter import GPU, Interpreter

_GROUP = ("tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size", "prefill-context-parallel-size")
_PORTS = range(20_000, 32_000)
"""Below those that the kernel gives to outgoing connections, so that none of ours takes a worker's port."""
_ENDING_S = 60.0
_LOOK_EVERY_S = 0.1
_GUIDE = "docs/vllm.md"


@dataclass(frozen=True, slots=True)
class Place:
    """What one worker runs on.

    Attributes:
        gpus: its GPUs; none on a CPU build.
        cores: VLLM_CPU_OMP_THREADS_BIND; empty where vLLM chooses itself.
    """

    gpus: tuple[GPU, ...] = ()
    cores: str = ""


@dataclass(eq=False, slots=True)
class Lease:
    """What the workers of one teacher hold, until it is released.

    Attributes:
        teacher: its name.
        places: one a worker.
        is_ending: whether what runs there was told to end.
    """

    teacher: str
    places: tuple[Place, ...]
    is_ending: bool = False


class Places:
    """The GPUs that workers of this process hold."""

    def __init__(self) -> None:
        self._leases: list[Lease] = []
        self._changed = threading.Condition()

    def take(self, teacher: VLLMTeacher, interpreter: Interpreter) -> Lease:
        """A place for each worker of a teacher, held until `release`.

        Waits for workers that were told to end.

        Raises:
            UsageError: there are no GPUs, or too few.
            DatagenError: workers that were told to end still live.
            StoppedError: the run was told to stop.
        """
        deadline = time.monotonic() + _ENDING_S
        with self._changed:
            while not self._changed.wait_for(lambda: not any(one.is_ending for one in self._leases), _LOOK_EVERY_S):
                refuse_when_stopped()
                if time.monotonic() > deadline:
                    raise DatagenError(
                        f"teacher {teacher.name}: vLLM of another teacher does not end; see ps and nvidia-smi"
                    )
            places = _cpu_places(teacher) if interpreter.is_cpu_build else self._gpu_places(teacher, interpreter)
            lease = Lease(teacher.name, places)
            self._leases.append(lease)
        return lease

    def release(self, lease: Lease) -> None:
        """Say that nothing runs there any more."""
        with self._changed:
            self._leases.remove(lease)
            self._changed.notify_all()

    def _gpu_places(self, teacher: VLLMTeacher, interpreter: Interpreter) -> tuple[Place, ...]:
        size = group_size(teacher)
        held = {gpu.index for lease in self._leases for place in lease.places for gpu in place.gpus}
        free = [gpu for gpu in interpreter.gpus if gpu.index not in held]
        count = self._count(teacher, interpreter, len(free), size)
        return tuple(Place(gpus=tuple(free[at : at + size])) for at in range(0, count * size, size))

    def _count(self, teacher: VLLMTeacher, interpreter: Interpreter, free: int, size: int) -> int:
        found = len(interpreter.gpus)
        if not found:
            raise UsageError(
                f"teacher {teacher.name}: the vLLM of {interpreter.python} is for GPUs and sees none; "
                f"see nvidia-smi, or install vLLM's CPU build: {_GUIDE}"
            )
        wanted = 1 if teacher.workers == "auto" else teacher.workers
        if wanted * size <= free:
            return free // size if teacher.workers == "auto" else wanted
        others = sorted({lease.teacher for lease in self._leases})
        if others and wanted * size <= found:
            raise UsageError(
                f"teacher {teacher.name}: {free} of {found} GPUs are left by {', '.join(others)}, and it needs "
                f"{wanted * size}; give each teacher a number of workers"
            )
        raise UsageError(
            f"teacher {teacher.name}: {wanted} x {size} GPUs are needed for its workers, but {interpreter.python} sees "
            f"{found}; lower workers or the parallel sizes in engine_args"
        )


def group_size(teacher: VLLMTeacher) -> int:
    """GPUs of one worker, or processes that compute for it on the CPU."""
    return math.prod(_size(teacher, name) for name in _GROUP)


def ports_for(teacher: VLLMTeacher, count: int) -> tuple[int, ...]:
    """A port for each worker: `engine_args.port` and those after it, else free ones.

    Raises:
        UsageError: a port that the recipe names is in use.
    """
    first = value_of(teacher.engine_args, "port")
    if first is None:
        return _free_ports(count)
    ports = tuple(range(int(first), int(first) + count))
    taken = next((port for port in ports if not is_free(port)), None)
    if taken is not None:
        raise UsageError(
            f"teacher {teacher.name}: port {taken} is in use or can't be had; end what listens there, "
            "name another engine_args.port, or leave it out"
        )
    return ports


def is_free(port: int) -> bool:
    """Whether nothing listens on a port of 127.0.0.1.

    vLLM itself may not notice: with several API servers it shares the port with whoever does so too.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a former server may linger
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except (OSError, OverflowError):
            return False
    return True


def _free_ports(count: int) -> tuple[int, ...]:
    shuffled = random.SystemRandom().sample(_PORTS, len(_PORTS))
    found = tuple(port for port, _ in zip(filter(is_free, shuffled), range(count), strict=False))
    if len(found) < count:
        raise DatagenError(f"no {count} free ports between {_PORTS.start} and {_PORTS.stop}; name engine_args.port")
    return found


def _size(teacher: VLLMTeacher, name: str) -> int:
    value = value_of(teacher.engine_args, name)
    if value is None:
        return 1
    if isinstance(value, bool) or not str(value).isdecimal() or int(value) < 1:
        raise UsageError(f"teacher {teacher.name}: engine_args.{name}: {value!r} is no number of GPUs")
    return int(value)


def _cpu_places(teacher: VLLMTeacher) -> tuple[Place, ...]:
    """One worker unless told otherwise; several processes share the cores out, or all would bind to the same ones."""
    count = 1 if teacher.workers == "auto" else teacher.workers
    ranks = group_size(teacher)
    if count * ranks == 1:
        return (Place(),)
    cores = _physical_cores()
    share = len(cores) // (count * ranks)
    if not share:
        return (Place(cores="nobind"),) * count
    shares = [",".join(map(str, cores[at * share : (at + 1) * share])) for at in range(count * ranks)]
    return tuple(Place(cores="|".join(shares[at * ranks : (at + 1) * ranks])) for at in range(count))


def _physical_cores() -> list[int]:
    """One logical CPU of each physical core that this process may use, as vLLM takes them itself."""
    if not hasattr(os, "sched_getaffinity"):
        return list(range(os.cpu_count() or 1))
    firsts: dict[str, int] = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = siblings.read_text().strip() if siblings.exists() else str(cpu)
        firsts.setdefault(core, cpu)
    return list(firsts.values())
