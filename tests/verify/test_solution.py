"""The verifier on its own: any gold, any solution, from any thread, loop or process; never an exception."""

import asyncio
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from datagen.verify import Finding, verify_solution
from datagen.verify.solution import finding_of
from datagen.verify.verifier import Verifier
from datagen.verify.workers import Limits

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("gold", "solution", "verdict", "answer"),
    [
        ("5", "Hence $\\boxed{5}$.", "correct", "5"),
        ("$5$", "Hence $\\boxed{5}$.", "correct", "5"),
        ("5", "Hence $\\boxed{6}$.", "wrong", "6"),
        (5, "\\boxed{5}", "correct", "5"),
        (["5"], "\\boxed{5}", "correct", "5"),
        ("We add. The sum is $\\boxed{5}$.", "\\boxed{5}", "correct", "5"),
        ("(x+1)^2", "<think>Is it \\boxed{x}?</think>It is \\boxed{x^2+2x+1}.", "correct", "x^2+2x+1"),
        ("5", "<think>It must be \\boxed{5}.</think>", "correct", "5"),
        ("5", "I can't tell.", "no_answer", None),
    ],
)
def test_a_solution_gets_its_verdict_with_the_answer_that_it_gives(
    gold: object, solution: str, verdict: str, answer: str | None
) -> None:
    found = verify_solution(gold, solution)
    assert (found.verdict, found.answer) == (verdict, answer)
    assert found.method


@pytest.mark.parametrize(
    ("gold", "solution", "expected"),
    [
        (None, "\\boxed{5}", Finding("bad_gold", None, "empty-gold")),
        (["5", "6"], "\\boxed{5}", Finding("bad_gold", None, "several-golds")),
        ({"a": 5}, "\\boxed{5}", Finding("bad_gold", None, "not-text")),
        (None, None, Finding("bad_gold", None, "empty-gold")),
        ("5", None, Finding("no_answer", None, "empty-solution")),
        ("5", float("nan"), Finding("no_answer", None, "empty-solution")),
        ("5", " \n", Finding("no_answer", None, "empty-solution")),
        ("5", b"\\boxed{5}", Finding("no_answer", None, "not-text")),
        ("5", {"text": "5"}, Finding("no_answer", None, "not-text")),
        ("5", ["\\boxed{5}"], Finding("no_answer", None, "not-text")),
        ("5", "<think>It is \\boxed{5}", Finding("truncated", None, "unclosed-thought")),
    ],
    ids=repr,
)
def test_bad_input_is_a_verdict_with_a_reason(gold: object, solution: object, expected: Finding) -> None:
    assert verify_solution(gold, solution) == expected


@pytest.mark.parametrize("problem", [None, 3, float("nan"), {"a": 1}, "What is 2 + 3?"])
def test_a_problem_may_be_anything(problem: object) -> None:
    assert verify_solution("5", "\\boxed{5}", problem).verdict == "correct"


def test_hostile_answers_cost_their_limit_and_no_exception() -> None:
    assert verify_solution("5", "\\boxed{" * 5000 + "5").verdict == "no_answer"
    assert verify_solution("5", "\\boxed{6\0\ud800}").verdict == "wrong"
    with Verifier(Limits(cpu_s=0.5, memory_mb=1024), 1) as short:
        late = finding_of(short, "x+1", "\\boxed{9^{9^{9^{9^{9}}}}+x}").result(60)
    assert late.verdict in {"timeout", "wrong"}
    assert verify_solution("x+1", "\\boxed{1+x}").verdict == "correct"


def test_many_threads_may_ask_at_once() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: verify_solution(f"x+{n}", f"\\boxed{{{n}+x}}"), range(24)))
    assert [one.verdict for one in found] == ["correct"] * 24


def test_an_event_loop_may_ask() -> None:
    async def ask() -> list[Finding]:
        beside = [asyncio.to_thread(verify_solution, f"y+{n}", f"\\boxed{{{n}+y}}") for n in range(4)]
        return [verify_solution("y", "\\boxed{y}"), *await asyncio.gather(*beside)]

    assert [one.verdict for one in asyncio.run(ask())] == ["correct"] * 5


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a user would, without what is known already, so that workers are needed."""
    script = folder / "script.py"
    script.write_text(textwrap.dedent(program))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATAGEN_CACHE": "off"}
    return subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, env=environment)


def test_it_loads_no_tables_and_no_algebra_into_the_process_that_asks(tmp_path: Path) -> None:
    done = run(
        """
        import sys
        from datagen.verify import verify_solution
        assert verify_solution("x+1", "\\\\boxed{1+x}").verdict == "correct"
        print([name for name in ("pyarrow", "pydantic", "prefect", "pandas", "numpy", "sympy") if name in sys.modules])
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)


def test_the_process_that_asked_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    done = run(
        """
        import psutil
        from datagen.verify import verify_solution
        verify_solution("x+1", "\\\\boxed{1+x}")
        print(*(child.pid for child in psutil.Process().children(recursive=True)))
        """,
        tmp_path,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    started = {int(pid) for pid in done.stdout.split()}
    assert len(started) >= 3, "the fork server, its tracker and a worker"
    _, left = psutil.wait_procs([one for one in psutil.process_iter() if one.pid in started], timeout=20)
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []


def test_a_script_needs_no_guard_and_is_not_run_again(tmp_path: Path) -> None:
    done = run(
        """
        from datagen.verify import verify_solution
        print(verify_solution("x+1", "\\\\boxed{1+x}").verdict)
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr) == ("correct\n", "")


def test_a_forked_child_may_ask_and_so_may_its_parent_afterwards(tmp_path: Path) -> None:
    done = run(
        """
        import os, sys
        from datagen.verify import verify_solution
        print(verify_solution("x+1", "\\\\boxed{1+x}").verdict, flush=True)
        if (child := os.fork()) == 0:
            print("child", verify_solution("x+2", "\\\\boxed{2+x}").verdict)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(verify_solution("x+3", "\\\\boxed{3+x}").verdict)
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr) == ("correct\nchild correct\ncorrect\n", "")


@pytest.mark.parametrize("way", ["fork", "forkserver"])
def test_the_processes_of_a_pool_may_ask(tmp_path: Path, way: str) -> None:
    done = run(
        f"""
        import multiprocessing
        from datagen.verify import verify_solution
        if __name__ == "__main__":
            verify_solution("x+1", "\\\\boxed{{1+x}}")
            asked = [(f"x+{{n}}", f"\\\\boxed{{{{{{n}}+x}}}}") for n in range(4)]
            with multiprocessing.get_context("{way}").Pool(2) as pool:
                print(*(found.verdict for found in pool.starmap(verify_solution, asked)))
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr) == ("correct correct correct correct\n", "")


def test_no_signal_of_the_caller_is_touched(tmp_path: Path) -> None:
    done = run(
        """
        import signal
        from datagen.verify import verify_solution
        def signals():
            return [signal.getsignal(number) for number in signal.valid_signals()], signal.pthread_sigmask(0, [])
        before = signals()
        verify_solution("x+1", "\\\\boxed{1+x}")
        print(before == signals())
        """,
        tmp_path,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_that_verified_ends_by_itself(tmp_path: Path, method: str) -> None:
    """multiprocessing waits for the children of a child that ends: workers must be gone by then."""
    script = tmp_path / "children.py"
    script.write_text(
        "import multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from datagen.verify import verify_solution\n"
        "def check(number):\n"
        "    return verify_solution('2\\\\sqrt{2}', f'\\\\boxed{{\\\\sqrt{{{number}}}}}').verdict\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context('{method}')\n"
        "    assert check(8) == 'correct'\n"
        "    child = context.Process(target=check, args=(8,))\n"
        "    child.start(); child.join()\n"
        "    with ProcessPoolExecutor(2, context) as pool:\n"
        "        print(child.exitcode, *pool.map(check, (8, 7)))\n"
    )
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=True)
    assert ended.stdout.split() == ["0", "correct", "wrong"]
