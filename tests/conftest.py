"""What every test keeps: a skip says why, no process outlives the tests, and the user's own cache is let be."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import psutil
import pytest

_NO_REASON = {"", "unconditional skip", "Skipped"}


@pytest.fixture(scope="session", autouse=True)
def scratch() -> Iterator[None]:
    """A temporary folder for what the tests start: a process killed with -9 can't remove its own."""
    folder = tempfile.mkdtemp(prefix="runs-", dir=tempfile.gettempdir())  # short: sockets lie in it
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", folder)
        environment.setenv("DATAGEN_CACHE", os.path.join(folder, "cache"))
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    unexplained = [report.nodeid for report in skipped if _reason(report) in _NO_REASON]
    left = [process for process in _children() if process.status() != psutil.STATUS_ZOMBIE]
    for nodeid in unexplained:
        reporter.write_line(f"skipped without a reason: {nodeid}", red=True)
    for process in left:
        reporter.write_line(f"left behind: process {process.pid} {' '.join(process.cmdline())[:200]}", red=True)
    if unexplained or left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _reason(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ").strip()
    return ""


def _children() -> list[psutil.Process]:
    """Processes of these tests, but for the servers that multiprocessing keeps until this process ends."""
    kept = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")
    found = []
    for process in psutil.Process(os.getpid()).children(recursive=True):
        try:
            if not any(name in " ".join(process.cmdline()) for name in kept):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found
