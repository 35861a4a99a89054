"""Stand-ins for an environment with vLLM: a real venv with a made-up vLLM and a made-up torch in it."""

import venv
from pathlib import Path

FAKE_TORCH = """
from types import SimpleNamespace
print("torch says something at its import")
version = SimpleNamespace(cuda={cuda!r}, hip=None)
cuda = SimpleNamespace(
    device_count=lambda: {count},
    get_device_name=lambda number: "Model %d" % number,
    mem_get_info=lambda number: (30 << 30, 80 << 30),
)
"""


def environment(folder: Path, vllm: str | None = "0.20.0", distribution: str = "vllm", torch: str = "") -> str:
    """A venv without pip; its interpreter, which is a symlink as always.

    Args:
        folder: where it lies.
        vllm: the version it seems to have; None for none.
        distribution: the name that it was installed by.
        torch: the source of its torch; none when empty.
    """
    venv.create(folder, symlinks=True, with_pip=False)
    packages = next((folder / "lib").glob("python3*/site-packages"))
    if vllm is not None:
        information = packages / f"{distribution.replace('-', '_')}-{vllm}.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {vllm}\n")
        (packages / "vllm").mkdir()
        (packages / "vllm" / "__init__.py").write_text("raise SystemExit('vLLM was imported')\n")
    if torch:
        (packages / "torch.py").write_text(torch)
    return str(folder / "bin" / "python")


def torch_with_gpus(count: int) -> str:
    """The source of a torch built for CUDA that sees some GPUs of 80 GiB, 30 of them free."""
    return FAKE_TORCH.format(cuda="12.9", count=count)


TORCH_FOR_CPU = FAKE_TORCH.format(cuda=None, count=0)
