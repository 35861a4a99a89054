"""Publishing where the disk is full: it needs next to no room without Xet, and says whose room is missing with it."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.runs import user_environment
from tests.publish.conftest import settings_for
from tests.publish.taking_hub import ATTRIBUTES, TakingHub, taking_hub
from tests.publish.test_kills import BY_XET
from tests.publish.test_publishing import content

REPO = "house/sums"


def publish(hub: TakingHub, run: Path, room: int, **settings: str) -> subprocess.CompletedProcess:
    """Publish as a user does whose disk is full: so many bytes can be written to a file."""
    return subprocess.run(
        [sys.executable, "-m", "datagen", "publish", str(run), "--repo-id", REPO],
        env=user_environment() | settings_for(hub, run.parent) | settings | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )


@pytest.mark.full
def test_a_full_disk_stops_nobody_who_sends_whole_files_and_is_told_where_xet_needs_room(run: Path) -> None:
    with taking_hub() as hub:
        none = publish(hub, run, 0)
        assert (
            none.stderr
            == f"datagen: {run / '.lock-holder.json'}: can't be written: File too large; make room and start again\n"
        )
        by_xet = publish(hub, run, 300, **BY_XET)
        assert by_xet.returncode == 1
        assert "this machine says: File too large" in by_xet.stderr
        assert "HF_HUB_DISABLE_XET=1" in by_xet.stderr
        assert "Traceback" not in by_xet.stderr
        assert hub.datasets[REPO].files() == ATTRIBUTES
        whole = publish(hub, run, 300)
        assert (whole.returncode, whole.stderr) == (0, "")
        assert hub.datasets[REPO].files() == {**ATTRIBUTES, **content(run)}
