"""A hostile answer, or gold, costs its own limit and nothing else: not a worker, not memory, not the next verdict."""

import resource
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from datagen.verify.equivalence import decide
from datagen.verify.extract import final_answer
from datagen.verify.gold import read_gold
from datagen.verify.pair import Finding, Judgement, Pair
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits
from tests.verify.hostile import GOLD, HOSTILE
from tests.verify.normal import Normal, normal_pairs

UNTOLD = Judgement("timeout", "untold")
_MAY_GROW_MIB = 600
"""What the asking process may need beside: the texts, and the tests themselves."""


def test_the_suite_has_sixty_hostile_answers_and_no_two_are_the_same() -> None:
    assert len(set(HOSTILE.values())) == len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_for_what_it_says_and_never_for_the_right_answer(name: str) -> None:
    solution = _boxed(HOSTILE[name])
    answer = final_answer("", solution)
    assert answer is None or answer in solution
    assert read_gold(solution).text in {answer, solution}
    assert (decide(Pair.of(GOLD, answer or "")) or UNTOLD).verdict != "correct"


def test_normal_pairs_get_the_same_verdicts_among_hostile_ones() -> None:
    names = list(HOSTILE)
    answers = {name: HOSTILE[name] for name in names[::2]}
    golds = {name: HOSTILE[name] for name in names[1::2]}
    assert_only_the_hostile_ones_suffer(normal_pairs(300), answers, golds, Limits(cpu_s=0.3, memory_mb=1024))


@pytest.mark.full
def test_ten_thousand_normal_pairs_get_the_same_verdicts_among_hostile_ones() -> None:
    assert_only_the_hostile_ones_suffer(normal_pairs(10_000), HOSTILE, HOSTILE, Limits(cpu_s=5, memory_mb=1024))


@pytest.mark.full
def test_what_runs_without_a_limit_takes_no_more_than_its_share_of_a_long_text() -> None:
    program = (
        "import resource, sys\n"
        "from datagen.verify.equivalence import decide\n"
        "from datagen.verify.extract import final_answer\n"
        "from datagen.verify.gold import read_gold\n"
        "from datagen.verify.pair import Pair\n"
        "from tests.verify.hostile import repeated\n"
        "for text in repeated(100_000):\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime\n"
        "    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 10, -1))\n"  # quadratic needs minutes, linear tenths
        "    print(repr(text[:20]), flush=True)\n"
        "    answer, gold = final_answer(text, text), read_gold(text)\n"
        "    decide(Pair.of('6', answer or text, text)), decide(Pair.of(gold.text or '6', text))\n"
        "print('done')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ran.stdout.endswith("done\n"), f"too slow, or raised: {ran.stdout[-40:]} {ran.stderr[-300:]}"


def assert_only_the_hostile_ones_suffer(
    pairs: list[Normal], answers: Mapping[str, str], golds: Mapping[str, str], limits: Limits
) -> None:
    """Verify normal pairs alone, then among hostile answers and golds, and compare."""
    with Verifier(limits, workers=2) as verifier:
        alone = [verifier.verify(pair.gold, "", pair.solution, pair.problem) for pair in pairs]
        expected = [finding.result() for finding in alone]
    before_mib, strangers = _peak_mib(), set(_workers())
    with Verifier(limits, workers=2) as verifier:
        among, hostile = _mixed(verifier, pairs, answers, golds)
        assert [finding.result() for finding in among] == expected
        found = [(name, finding.result().verdict) for name, finding in hostile]
        after = [verifier.compare(Pair("\\sqrt{8}", f"2\\sqrt{{2}}+{number}")) for number in range(20)]
        assert [judgement.result().verdict for judgement in after] == ["correct"] + ["wrong"] * 19
        workers = [worker for worker in _workers() if worker not in strangers]
        assert 1 <= len(workers) <= 2
        assert {worker.rlimit(resource.RLIMIT_AS)[1] for worker in workers} == {limits.memory_mb << 20}
    assert [name for name, verdict in found if verdict == "correct"] == []
    assert {verdict for _, verdict in found} >= {"timeout", "wrong", "bad_gold"}
    assert _peak_mib() - before_mib < _MAY_GROW_MIB


def _mixed(
    verifier: Verifier, pairs: list[Normal], answers: Mapping[str, str], golds: Mapping[str, str]
) -> tuple[list[Future[Finding]], list[tuple[str, Future[Finding]]]]:
    """Hand in all of them, the hostile ones evenly among the normal ones."""
    hostile = [(name, GOLD, _boxed(answer)) for name, answer in answers.items()]
    hostile += [(f"{name} as gold", gold, _boxed(GOLD)) for name, gold in golds.items()]
    every = len(pairs) // len(hostile) or 1
    among, suffering = [], []
    for number, pair in enumerate(pairs):
        if number % every == 0 and hostile:
            name, gold, solution = hostile.pop(0)
            suffering.append((name, verifier.verify(gold, "", solution)))
        among.append(verifier.verify(pair.gold, "", pair.solution, pair.problem))
    assert not hostile
    return among, suffering


def _boxed(answer: str) -> str:
    return f"Thus we have $\\boxed{{{answer}}}$."


def _workers() -> list[psutil.Process]:
    servers = [
        child for child in psutil.Process().children() if "multiprocessing.forkserver" in " ".join(child.cmdline())
    ]
    forked = [worker for server in servers for worker in server.children()]
    return [worker for worker in forked if worker.status() != psutil.STATUS_ZOMBIE]


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
