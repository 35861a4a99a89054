"""What can be wrong with a schedule and with the server, and what is said about it."""

import pytest

from tests.end_to_end.runs import ROOT, datagen


@pytest.mark.full
def test_a_schedule_that_can_not_be_parsed_is_refused_when_it_is_deployed(server, tmp_path):
    broken = (ROOT / "prefect.yaml").read_text().replace("0 3 * * *", "61 3 * * *")
    (tmp_path / "prefect.yaml").write_text(broken)
    done = server.command("--no-prompt", "deploy", "-n", "nightly", "--prefect-file", str(tmp_path / "prefect.yaml"))
    assert done.returncode != 0
    assert "Invalid cron" in " ".join((done.stdout + done.stderr).split())


def test_a_server_that_is_down_is_named_before_anything_is_started(tmp_path):
    done = datagen("build", "quickstart", cwd=tmp_path, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.status == 1
    assert "PREFECT_API_URL names a server that does not answer" in done.complaints[0]
    assert not (tmp_path / "outputs" / "quickstart" / "problems").exists()
