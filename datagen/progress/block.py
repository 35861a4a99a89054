"""A stage's progress as a few lines at the bottom of a terminal, for any width.

A label, then figures in columns: the same figure stands at the same place from one look to the next. A wide terminal
shows two groups of figures side by side; in a narrow one a group goes on in the next line. No line is wider than the
terminal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.text import Text

from datagen.progress.counts import Asking, Spent, View
from datagen.progress.wording import duration, faults_shown, speed, usd, verdicts_shown
from datagen.teachers.base import WorkerLoad

_GAP = 3
_MARGIN = 1
_SHORTEST_BAR = 10
_LABEL = "bold"
_GOOD, _BAD, _ODD = "green", "red", "yellow"
_VERDICT_STYLES = {"correct": _GOOD, "wrong": _BAD}


@dataclass(frozen=True, slots=True)
class _Group:
    """Figures under one label.

    Attributes:
        label: what they are about.
        figures: each with its style.
    """

    label: str
    figures: tuple[tuple[str, str], ...]


def block(view: View, width: int, *, ascii_only: bool = False) -> list[Text]:
    """Lines that show a stage's progress.

    Args:
        view: the picture.
        width: cells of the terminal.
        ascii_only: for a terminal that knows no other characters.
    """
    width -= _MARGIN
    groups = list(_groups(view))
    labels = max(len(label) for label in (view.stage, *(group.label for group in groups))) + _GAP
    lines = [_bar_line(view, width, labels, ascii_only)]
    if groups:
        lines += _side_by_side(groups, width, labels) or _below_each_other(groups, width, labels)
    for line in lines:
        line.truncate(width, overflow="crop" if ascii_only else "ellipsis")
    return lines


def _groups(view: View) -> Iterator[_Group]:
    asking = view.asking
    if asking is not None:
        yield _Group("completions", tuple(_completions(asking)))
    if view.verdicts is not None:
        verdicts = verdicts_shown(view.verdicts)
        shown = ((f"{number:,} {name.replace('_', ' ')}", _VERDICT_STYLES.get(name, _ODD)) for name, number in verdicts)
        yield _Group("verdicts", tuple(shown))
    if asking is None:
        return
    yield _Group("tokens", ((f"{asking.tokens:,}", ""), (f"{speed(asking.tokens_per_second)} a second", "")))
    if asking.spent is not None:
        yield _Group("spent", tuple(_spent(asking.spent)))
    if asking.traffic.workers is not None:
        yield _Group("workers", tuple(_workers(asking.traffic.workers)))
    faults = faults_shown(asking.traffic.faults)
    if faults:
        yield _Group("faults", tuple((f"{name}: {number:,}", _ODD) for name, number in faults))


def _completions(asking: Asking) -> Iterator[tuple[str, str]]:
    yield f"{asking.completions:,}", ""
    yield f"{speed(asking.completions_per_second)} a second", ""
    yield f"{asking.traffic.in_flight:,} in flight", ""
    yield f"{asking.traffic.waiting:,} waiting", ""
    if asking.reused:
        yield f"{asking.reused:,} reused", ""


def _spent(spent: Spent) -> Iterator[tuple[str, str]]:
    yield f"{usd(spent.usd)} USD", ""
    if spent.budget_usd is not None:
        yield f"of {usd(spent.budget_usd)} USD", ""
    if spent.budget_tokens is not None:
        yield f"{spent.tokens:,} tokens", ""
        yield f"of {spent.budget_tokens:,}", ""


def _workers(workers: WorkerLoad) -> Iterator[tuple[str, str]]:
    yield f"{workers.up:,} of {workers.of:,} up", "" if workers.up == workers.of else _BAD
    if workers.kv_use is not None:
        yield f"{workers.running:,} running", ""
        yield f"{workers.queued:,} queued", ""
        yield f"KV {workers.kv_use:.0%}", ""
    if workers.preempted:
        yield f"{workers.preempted:,} preempted", _ODD
    if workers.restarts:
        yield f"{workers.restarts:,} restarted", _ODD


def _bar_line(view: View, width: int, labels: int, ascii_only: bool) -> Text:
    room = width - _MARGIN - labels
    far = f"{view.done:,} of {view.total:,} {view.things}"
    said = list(_said_beside_the_bar(view, far))
    fitting = [words for words in said if len(words) + _GAP + _SHORTEST_BAR <= room]
    fitting += [words for words in said if len(words) <= room]
    words = fitting[0] if fitting else far
    length = room - _GAP - len(words)
    line = _labelled(view.stage, labels)
    if length >= _SHORTEST_BAR:
        done, open_ = ("=", "-") if ascii_only else ("━", "─")
        full = length * min(view.done, view.total) // view.total if view.total else 0
        line.append(done * full, "cyan").append(open_ * (length - full), "dim").append(" " * _GAP)
    return line.append(words)


def _said_beside_the_bar(view: View, far: str) -> Iterator[str]:
    """How far the stage is and how long it takes, from many words to few."""
    past = f"{duration(view.elapsed_s)} so far"
    gap = " " * _GAP
    if view.done >= view.total:
        yield gap.join([far, f"{duration(view.elapsed_s)} in all"])
    elif view.left_s is None:
        yield gap.join([far, past])
    else:
        left = f"{duration(view.left_s)} left"
        yield gap.join([far, past, f"about {left}"])
        yield gap.join([far, f"about {left}"])
        yield gap.join([far, left])


def _side_by_side(groups: Sequence[_Group], width: int, labels: int) -> list[Text]:
    """Two groups a line; nothing where that does not fit."""
    left, right = groups[::2], groups[1::2]
    if not right:
        return []
    columns_left, columns_right = _columns(left), _columns(right)
    middle = max(width // 2, _MARGIN + labels + sum(columns_left))
    if middle + labels + sum(columns_right) - _GAP > width:
        return []
    lines = []
    for one, other in zip_longest(left, right):
        line = _row(one.label, one.figures, labels, columns_left)
        if other is not None:
            line.pad_right(middle - line.cell_len)
            line.append_text(_row(other.label, other.figures, labels, columns_right, margin=0))
        lines.append(line)
    return lines


def _below_each_other(groups: Sequence[_Group], width: int, labels: int) -> list[Text]:
    """One group a line, with as many columns as fit."""
    room = width - _MARGIN - labels
    widest = max(len(group.figures) for group in groups)
    while widest > 1 and sum(_columns(groups, widest)) - _GAP > room:
        widest -= 1
    columns = _columns(groups, widest)
    lines = []
    for group in groups:
        for start in range(0, len(group.figures), widest):
            label = "" if start else group.label
            lines.append(_row(label, group.figures[start : start + widest], labels, columns))
    return lines


def _columns(groups: Sequence[_Group], most: int = 99) -> list[int]:
    """The widths of the columns, with the gap behind each, when a line takes `most` figures."""
    widths = [0] * min(most, max(len(group.figures) for group in groups))
    for group in groups:
        for number, (figure, _) in enumerate(group.figures):
            widths[number % most] = max(widths[number % most], len(figure) + _GAP)
    return widths


def _row(
    label: str, figures: Sequence[tuple[str, str]], labels: int, columns: Sequence[int], margin: int = _MARGIN
) -> Text:
    line = _labelled(label, labels, margin)
    for (figure, style), column in zip(figures, columns, strict=False):
        line.append(figure, style).append(" " * (column - len(figure)))
    line.rstrip()
    return line


def _labelled(label: str, labels: int, margin: int = _MARGIN) -> Text:
    line = Text(" " * margin, no_wrap=True)
    return line.append(label, _LABEL).append(" " * (labels - len(label)))
