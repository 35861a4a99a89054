"""What works on this machine, and what to do about the rest.

    finding.py    one thing that was looked at
    machine.py    datagen's own needs: packages, verifier, tokenizer, disk, Hub
    vllm.py       the teachers of kind vllm whose servers a run starts: interpreter, GPUs, memory, ports
    servers.py    those whose servers run already: do they answer, with which model

Nothing is started, fetched or paid for here, and no key is read.
"""

from datagen.doctor.finding import Finding
from datagen.doctor.machine import machine_findings
from datagen.doctor.vllm import environment_findings, teacher_findings
from datagen.recipe import Recipe

__all__ = ["Finding", "examine"]


def examine(recipe: Recipe | None = None) -> list[Finding]:
    """Look at everything that datagen needs or can use, and at what a recipe's vLLM teachers need."""
    needs = environment_findings() if recipe is None else teacher_findings(recipe)
    return [*machine_findings(), *needs]
