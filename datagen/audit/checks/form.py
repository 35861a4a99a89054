"""Form: what a trainer stumbles over, how many paths there are, and texts that would be read as structure."""

from collections.abc import Iterator

from datagen.audit.checks.tally import Hit, Tally, of_example
from datagen.audit.example import AuditedExample
from datagen.formats.rendering import MOST_PATHS

FEWEST_PATHS = 2
"""Below it nothing is parallel."""


def form(example: AuditedExample) -> Iterator[Tally]:
    """Of the example as a whole; what is broken and where structure stands was seen by who read it."""
    paths = len(example.paths)
    counted = Hit(f"{paths} paths" if paths != 1 else "1 path")
    yield of_example("broken_form", [Hit("; ".join(example.broken))] if example.broken else [])
    yield of_example("fewer_than_two_paths", [counted] if paths < FEWEST_PATHS else [])
    yield of_example("more_than_six_paths", [counted] if paths > MOST_PATHS else [])
    token = example.structure[0].partition(" in ")[0] if example.structure else ""
    yield of_example("structure_in_text", [Hit("; ".join(example.structure), token)] if example.structure else [])
