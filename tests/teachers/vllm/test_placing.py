"""A GPU belongs to one worker at a time, and who gets none is told how many there are."""

import os
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen import stopping
from datagen.errors import StoppedError, UsageError
from datagen.recipe_teachers import VLLMTeacher
from datagen.teachers.vllm import placing
from datagen.teachers.vllm.interpreter import GPU, Interpreter
from datagen.teachers.vllm.placing import Lease, Places, is_free, ports_for

CPU = Interpreter("/opt/vllm/bin/python", "0.32.0", True, ())


def machine(gpus: int) -> Interpreter:
    return Interpreter("/opt/vllm/bin/python", "0.32.0", False, tuple(GPU(str(at), "H200", 1, 1) for at in range(gpus)))


def teacher(workers: Any = "auto", name: str = "a", **engine_args: Any) -> VLLMTeacher:
    return VLLMTeacher(name=name, kind="vllm", model="m", workers=workers, engine_args=engine_args)


def indexes(lease: Lease) -> list[list[str]]:
    return [[gpu.index for gpu in place.gpus] for place in lease.places]


def test_auto_is_as_many_workers_as_the_gpus_carry() -> None:
    assert indexes(Places().take(teacher(), machine(3))) == [["0"], ["1"], ["2"]]
    assert indexes(Places().take(teacher(tensor_parallel_size=2), machine(5))) == [["0", "1"], ["2", "3"]]
    four = teacher(**{"tensor-parallel-size": 2, "data_parallel_size": "2"})
    assert indexes(Places().take(four, machine(4))) == [["0", "1", "2", "3"]]


@given(gpus=st.integers(1, 16), size=st.integers(1, 4), wanted=st.lists(st.integers(1, 4), max_size=4))
def test_no_gpu_is_given_twice(gpus: int, size: int, wanted: list[int]) -> None:
    places, given_out = Places(), []
    for workers in wanted:
        try:
            lease = places.take(teacher(workers, pipeline_parallel_size=size), machine(gpus))
        except UsageError:
            assert gpus - len(given_out) < workers * size
            continue
        assert [len(group) for group in indexes(lease)] == [size] * workers
        given_out += [index for group in indexes(lease) for index in group]
    assert len(set(given_out)) == len(given_out)


@pytest.mark.parametrize(
    ("workers", "gpus", "size", "said"),
    [
        (3, 2, 1, "teacher a: 3 x 1 GPUs are needed for its workers, but /opt/vllm/bin/python sees 2;"),
        ("auto", 2, 4, "1 x 4 GPUs are needed"),
        (2, 3, 2, "2 x 2 GPUs are needed"),
        ("auto", 0, 1, "is for GPUs and sees none.*docs/vllm.md"),
    ],
)
def test_too_few_gpus_are_refused_with_their_number(workers: Any, gpus: int, size: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Places().take(teacher(workers, tensor_parallel_size=size), machine(gpus))


def test_a_parallel_size_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="tensor-parallel-size: 'two'"):
        Places().take(teacher(tensor_parallel_size="two"), machine(2))


def test_a_teacher_that_finds_all_gpus_taken_is_told_by_whom() -> None:
    places = Places()
    places.take(teacher(name="first"), machine(2))
    with pytest.raises(UsageError, match=r"teacher second: 0 of 2 GPUs are left by first.*a number of workers"):
        places.take(teacher(name="second"), machine(2))


def test_gpus_are_given_out_again_only_when_all_of_their_workers_are_gone() -> None:
    places = Places()
    lease = places.take(teacher(), machine(1))
    lease.is_ending = True
    taken: list[list[list[str]]] = []
    waiter = threading.Thread(target=lambda: taken.append(indexes(places.take(teacher(), machine(1)))))
    waiter.start()
    waiter.join(0.1)
    assert taken == []
    places.release(lease)
    waiter.join(10)
    assert taken == [[["0"]]]


def test_who_waits_for_gpus_heeds_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places()
    places.take(teacher(), machine(1)).is_ending = True
    monkeypatch.setattr(stopping, "STOP", threading.Event())
    stopping.STOP.set()
    with pytest.raises(StoppedError):
        places.take(teacher(), machine(1))


def test_one_worker_on_the_cpu_is_left_to_choose_its_cores() -> None:
    assert [place.cores for place in Places().take(teacher(), CPU).places] == [""]


def test_workers_on_the_cpu_share_the_cores_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "_physical_cores", lambda: [0, 1, 2, 3, 5, 7])
    cores = [place.cores for place in Places().take(teacher(3), CPU).places]
    assert cores == ["0,1", "2,3", "5,7"]
    one = Places().take(teacher(tensor_parallel_size=3), CPU).places
    assert [place.cores for place in one] == ["0,1|2,3|5,7"]
    ranks = [place.cores for place in Places().take(teacher(2, tensor_parallel_size=2), CPU).places]
    assert ranks == ["0|1", "2|3"]
    assert [place.cores for place in Places().take(teacher(7), CPU).places] == ["nobind"] * 7


def test_cores_are_those_that_this_process_may_use() -> None:
    assert set(placing._physical_cores()) <= os.sched_getaffinity(0)
    assert placing._physical_cores()


def test_ports_are_free_and_differ() -> None:
    ports = ports_for(teacher(), 50)
    assert len(set(ports)) == 50
    assert max(ports) < 32_768  # where outgoing connections begin on Linux


def test_a_named_port_is_the_first_workers_and_refused_when_something_listens() -> None:
    first = next(port for (port,) in iter(lambda: ports_for(teacher(), 1), None) if is_free(port + 1))
    assert ports_for(teacher(port=first), 2) == (first, first + 1)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as vLLM does with several API servers
        taken.bind(("127.0.0.1", first + 1))
        taken.listen()
        assert ports_for(teacher(port=str(first)), 1) == (first,)
        with pytest.raises(UsageError, match=f"teacher a: port {first + 1} is in use"):
            ports_for(teacher(port=first), 2)


def test_a_port_beyond_the_last_is_refused() -> None:
    with pytest.raises(UsageError, match="port 65536 is in use or can't be had"):
        ports_for(teacher(port=65_535), 2)
