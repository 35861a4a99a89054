"""The block and the plain line: nothing is wider than the terminal, nothing is lost, and the words are plain."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

from datagen.progress.block import block
from datagen.progress.counts import Spent, View
from datagen.progress.wording import duration, plain_line, speed, usd
from datagen.teachers.base import Traffic, WorkerLoad
from tests.progress.views import view

FULL = view(
    reused=2000,
    traffic=Traffic(64, 120, {"HTTP 429": 12, "timeout": 3, "HTTP 500": 0}),
    spent=Spent(1.32, 1_904_332, budget_usd=12.5, budget_tokens=50_000_000),
)
HUGE = view(
    total=60_000_000,
    done=12_040_000,
    completions=81_200_000,
    tokens=1_204_332_000_000,
    verdicts={"correct": 64_000_000, "wrong": 12_000_000, "truncated": 4, "no_answer": 2, "timeout": 1, "bad_gold": 1},
    traffic=Traffic(4096, 120_000, {f"closed mid-reply {number}": 10**number for number in range(9)}),
    spent=Spent(132_000.5, 1_904_332_000_000, 250_000.0, 50_000_000_000_000),
)
LOCAL = view(
    traffic=Traffic(57, 120, {"closed mid-reply": 23}, WorkerLoad(1, 2, 45, 12, 0.734, preempted=3, restarts=1)),
    spent=None,
)


def lines(shown: View, width: int) -> list[str]:
    return [line.plain for line in block(shown, width)]


def rendered(shown: View, width: int) -> list[str]:
    """The block as a console of that width writes it, colours and all."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, height=50, force_terminal=True, color_system="standard", legacy_windows=False
    )
    console.print(Group(*block(shown, width)))
    return re.sub(r"\x1b\[[\d;]*m", "", out.getvalue()).splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "shown", [view(), FULL, HUGE, LOCAL, view(left_s=None), view(asking=None), view(total=0, done=0)]
)
def test_no_line_is_wider_than_the_terminal_and_none_is_wrapped(shown: View, width: int) -> None:
    assert rendered(shown, width) == lines(shown, width)
    assert max(map(len, lines(shown, width))) <= width


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("shown", [view(), FULL, HUGE])
def test_every_figure_is_there_at_every_width(shown: View, width: int) -> None:
    text = "\n".join(lines(shown, width))
    asking = shown.asking
    assert asking is not None
    assert asking.spent is not None
    figures = [
        f"{shown.done:,} of {shown.total:,} problems",
        f"{asking.completions:,}",
        f"{asking.tokens:,}",
        f"{asking.traffic.in_flight:,} in flight",
        f"{asking.traffic.waiting:,} waiting",
        f"{usd(asking.spent.usd)} USD",
        *(f"{number:,} {name.replace('_', ' ')}" for name, number in shown.verdicts.items()),
        *(f"{name}: {number:,}" for name, number in asking.traffic.faults.items() if number),
    ]
    assert [figure for figure in figures if figure not in text] == []


def test_at_80_columns_it_reads_like_this() -> None:
    assert lines(FULL, 80) == [
        " sample        ━━────────────   1,204 of 6,000 problems   about 1 h 12 min left",
        " completions   8,120          3.10 a second    64 in flight       120 waiting",
        "               2,000 reused",
        " verdicts      640 correct    120 wrong        40 truncated       2 no answer",
        " tokens        1,204,332      4,512 a second",
        " spent         1.32 USD       of 12.50 USD     1,904,332 tokens   of 50,000,000",
        " faults        HTTP 429: 12   timeout: 3",
    ]


def test_the_workers_of_a_local_teacher_read_like_this() -> None:
    assert lines(LOCAL, 100)[-3:-1] == [
        " workers       1 of 2 up              45 running       12 queued      KV 73%        3 preempted",
        "               1 restarted",
    ]
    assert "waiting 120, workers up 1 of 2, running 45, queued 12, KV use 73%, preempted 3, restarts 1, faults 23" in (
        plain_line(LOCAL)
    )


def test_workers_that_tell_nothing_of_themselves_are_shown_as_up_or_not() -> None:
    silent = view(traffic=Traffic(57, 120, {}, WorkerLoad(2, 2, 0, 0, None, preempted=0, restarts=0)))
    assert " workers       2 of 2 up" in lines(silent, 80)
    assert "workers up 2 of 2, running 0, queued 0, KV use -, preempted 0, restarts 0" in plain_line(silent)


def test_a_wide_terminal_shows_two_groups_side_by_side() -> None:
    assert len(lines(view(), 200)) == 3
    assert re.search(r"completions .* verdicts ", lines(view(), 200)[1])


def test_faults_are_named_only_when_there_are_some() -> None:
    assert not any("faults" in line for line in lines(view(), 80))
    assert "HTTP 500" not in "\n".join(lines(FULL, 80))


def test_a_terminal_that_knows_ascii_only_gets_nothing_else() -> None:
    assert all(line.plain.isascii() for line in block(FULL, 60, ascii_only=True))


def test_a_plain_line_says_every_figure_by_its_name_in_one_order() -> None:
    assert plain_line(FULL) == (
        "sample: problems 1,204 of 6,000, completions 8,120, completions a second 3.10, tokens 1,204,332, "
        "tokens a second 4,512, reused 2,000, correct 640, wrong 120, truncated 40, no_answer 2, in flight 64, "
        "waiting 120, faults 15 (HTTP 429: 12, timeout: 3), spent 1.32 of 12.50 USD, "
        "spent tokens 1,904,332 of 50,000,000, elapsed 24 min, time left 1 h 12 min"
    )
    assert plain_line(view(asking=None, stage="verify", things="solutions", left_s=None, verdicts={})) == (
        "verify: solutions 1,204 of 6,000, correct 0, wrong 0, truncated 0, elapsed 24 min, time left -"
    )


def test_a_stage_that_gives_no_verdicts_counts_none() -> None:
    auditing = view(asking=None, stage="assemble", things="examples", verdicts=None)
    assert plain_line(auditing) == "assemble: examples 1,204 of 6,000, elapsed 24 min, time left 1 h 12 min"
    assert len(lines(auditing, 80)) == 1


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (250, "4 min 10 s"),
        (599, "9 min 59 s"),
        (600, "10 min"),
        (3569, "59 min"),
        (3599, "1 h 0 min"),
        (4320, "1 h 12 min"),
        (47 * 3600 + 3599, "2 d 0 h"),
        (77 * 3600, "3 d 5 h"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@given(st.floats(0, 1e8), st.floats(0, 1e8))
def test_a_longer_time_never_reads_as_a_shorter_one(one: float, other: float) -> None:
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1}

    def read(text: str) -> int:
        return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (\w+)", text))

    shorter, longer = sorted((one, other))
    assert read(duration(shorter)) <= read(duration(longer))
    assert abs(read(duration(one)) - one) <= max(1, one * 0.05)


def test_speeds_and_money_show_the_digits_that_matter() -> None:
    assert [speed(value) for value in (None, 0.0, 0.043, 3.14159, 31.4, 4512.6)] == (
        ["-", "0.00", "0.04", "3.14", "31.4", "4,513"]
    )
    assert [usd(value) for value in (0.0, 0.00421, 0.5, 1.0, 1234.567)] == [
        "0.00",
        "0.0042",
        "0.5000",
        "1.00",
        "1,234.57",
    ]
