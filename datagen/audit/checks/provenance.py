"""Provenance: who may use an example, where it came from, and who wrote its paths."""

from collections.abc import Iterator

from datagen.audit.checks.tally import Hit, Tally, of_example
from datagen.audit.example import AuditedExample

_UNKNOWN = frozenset({"", "unknown"})
"""`unknown` is what a recipe writes where nobody said anything."""


def provenance(example: AuditedExample) -> Iterator[Tally]:
    """Whether licence, source and writers are stated."""
    yield of_example("without_licence", [Hit("no licence")] if _is_unknown(example.licence) else [])
    yield of_example("without_provenance", _unstated(example))


def _unstated(example: AuditedExample) -> Iterator[Hit]:
    if _is_unknown(example.source):
        yield Hit("no source", "source")
    unsigned = [str(path.number) for path in example.paths if _is_unknown(path.writer)]
    if unsigned:
        yield Hit(f"nobody is said to have written path {', '.join(unsigned)}", "writer")


def _is_unknown(said: str) -> bool:
    return said.strip().lower() in _UNKNOWN
