"""Ten kills with -9 at random moments of sampling, the teacher needing 200 ms: what is asked twice, what differs."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.end_to_end.counting_teacher import CountingTeacher
from tests.end_to_end.runs import build, hashes, journal_lines, running, wait_until

_KILLS, _LATENCY_MS, _CONCURRENCY, _SEED = 10, 200, 16, 20


def measure() -> Iterator[str]:
    draw = random.Random(_SEED)
    with tempfile.TemporaryDirectory() as folder, CountingTeacher().serving(latency_ms=_LATENCY_MS) as teacher:
        settings = [f"teachers.demo.base_url={teacher.url}", f"teachers.demo.concurrency={_CONCURRENCY}"]
        arguments = ["quickstart", "--output", "run", *(word for one in settings for word in ("--set", one))]
        undisturbed, killed = Path(folder) / "undisturbed", Path(folder) / "killed"
        for place in (undisturbed, killed):
            place.mkdir()
        build(*arguments, cwd=undisturbed)
        wanted = len(journal_lines(undisturbed / "run"))
        teacher.forget()
        moments = sorted(draw.sample(range(5, wanted - 5), _KILLS))
        yield f"| kill -9 after about … of {wanted} completions | on disk | in flight, so lost | asked twice so far |"
        yield "|---|---|---|---|"
        lost = 0
        for moment in moments:
            asked, known = teacher.asked.total(), len(journal_lines(killed / "run"))
            with running("build", *arguments, cwd=killed) as command:
                wait_until(lambda moment=moment: len(journal_lines(killed / "run")) >= moment, "the moment of the kill")
                command.process.kill()
                command.process.wait()
                wait_until(lambda command=command: not command.left_behind(), "every process of the run has ended")
            kept = len(journal_lines(killed / "run"))
            gone = (teacher.asked.total() - asked) - (kept - known)
            lost += gone
            yield f"| {moment} | {kept} | {gone} | {teacher.repeats} |"
        build(*arguments, cwd=killed)
        same = hashes(killed / "run" / "dataset") == hashes(undisturbed / "run" / "dataset")
        yield f"| then to the end | {len(journal_lines(killed / 'run'))} | {lost} in all | {teacher.repeats} |"
        yield ""
        yield f"Every file under `dataset/` has the hash of the undisturbed run's: {'yes' if same else 'NO'}."
