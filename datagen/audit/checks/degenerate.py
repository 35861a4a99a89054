"""Degenerate paths, by the rule that keeps them out of our own datasets."""

from collections.abc import Iterator

from datagen.audit.checks.tally import Hit, Tally
from datagen.audit.example import AuditedExample
from datagen.degenerate import fault_of


def degenerate(example: AuditedExample) -> Iterator[Tally]:
    """The first fault of each path.

    A path no longer shows where its thought ends. It is read as a thought, which may weigh what it was told; and one
    that is short is no empty thought.
    """
    faults = [(path.number, fault_of(example.problem, path.text, "")) for path in example.paths]
    hits = [
        Hit(f"path {number}: {fault}", fault.name)
        for number, fault in faults
        if fault is not None and fault.name != "empty_reasoning"
    ]
    yield Tally("degenerate_paths", len(example.paths), tuple(hits))
