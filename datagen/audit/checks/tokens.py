"""Length: examples that do not fit a trainer's context."""

from collections.abc import Iterator

from datagen.audit.checks.tally import Hit, Tally, of_example
from datagen.audit.example import AuditedExample


def tokens(example: AuditedExample, limit: int) -> Iterator[Tally]:
    """Whether the example has more tokens than a trainer takes; nothing where nobody counted them."""
    if example.n_tokens is not None:
        yield of_example("over_token_limit", [Hit(f"{example.n_tokens:,} tokens")] if example.n_tokens > limit else [])
