"""What publishing did, or would do, in lines for people."""

from collections import Counter
from collections.abc import Iterator

from datagen.publish.hub.publishing import Change, Publishing

_SIGNS: dict[str, str] = {"new": "+", "changed": "~", "same": "=", "gone": "-"}


def publishing_lines(made: Publishing) -> list[str]:
    """What was done, after a dry run what would be done and what speaks against it."""
    if made.commit:
        return list(_done(made))
    return [*_intended(made), *_verdict(made)]


def _done(made: Publishing) -> Iterator[str]:
    if not made.is_change:
        yield f"nothing to do: {made.url} has all {len(made.changes)} files, by their hashes"
    else:
        there = sum(change.kind != "gone" for change in made.changes)
        yield f"done: {made.url} ({_counts(made.changes)})"
        yield f"compared: all {there} files on the Hub have the hashes of those here"
    yield from _replaced(made, "was")
    yield f"commit   {made.commit}"
    yield f"load it  load_dataset({made.repo_id!r}, revision={made.tag!r})"


def _intended(made: Publishing) -> Iterator[str]:
    visible = {True: "private", False: "public", None: "private unless it exists"}[made.private]
    new = ", a new repository" if made.creates else ""
    yield f"repository  {made.repo_id} ({visible}{new}), branch {made.branch}"
    yield f"commit      {made.title}"
    yield f"tag         {made.tag}"
    if made.url:
        yield f"files       {_counts(made.changes)}"
        yield from (f"  {_SIGNS[change.kind]} {size(change.size):>10}  {change.name}" for change in made.changes)
    yield from _replaced(made, "is")


def _replaced(made: Publishing, tense: str) -> Iterator[str]:
    if made.replaces:
        yield f"note        commit {made.replaces[:12]} on the Hub {tense} no version with a tag (an edit there?):"
        yield "            what differs is replaced, and stays in the Hub's history"


def _verdict(made: Publishing) -> Iterator[str]:
    yield ""
    if made.refusals:
        yield "it would be refused:"
        yield from (f"  {line}" for told in made.refusals for line in told.splitlines())
    elif made.is_change:
        yield "nothing speaks against it; nothing was touched"
    else:
        yield "the Hub has all of it; there is nothing to do"


def _counts(changes: tuple[Change, ...]) -> str:
    """How many files of each kind, and how much of their content is other than what the Hub shows."""
    counts = Counter[str](change.kind for change in changes)
    sent = sum(change.size for change in changes if change.kind in ("new", "changed"))
    return f"{', '.join(f'{counts[kind]} {kind}' for kind in _SIGNS if counts[kind])}, {size(sent)} new or changed"


def size(count: int) -> str:
    """Bytes as people read them."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
