"""The environment that vLLM lives in: which version, which build, which GPUs it sees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GPU:
    """One accelerator that an interpreter sees.

    Attributes:
        index: as CUDA_VISIBLE_DEVICES takes it.
        name: of the model.
        total_mib, free_mib: its memory, in MiB.
    """

    index: str
    name: str
    total_mib: int
    free_mib: int


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that vLLM is installed for.

    Attributes:
        python: its program.
        version: of vLLM.
        is_cpu_build: whether that vLLM runs on the CPU.
        gpus: what it sees; empty on a CPU build.
    """

    python: str
    version: str
    is_cpu_build: bool
    gpus: tuple[GPU, ...]
