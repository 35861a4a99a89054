"""Same completions, same bytes: whatever the concurrency, the folder, and how often it is built anew."""

import pytest

from datagen.formats import FORMATS
from tests.end_to_end.runs import IN_EVERY_FORMAT, build, counts, hashes, journal_lines


def dataset_name(run):
    return (run / "dataset").readlink().name


def test_another_folder_with_other_concurrency_gets_the_same_dataset_in_every_format(
    in_every_format, tmp_path, prefect
):
    other = tmp_path / "elsewhere" / "a run"
    settings = ["--set", "teachers.demo.concurrency=3", "--set", "verify.workers=1"]
    build("quickstart", "--output", str(other), *settings, *IN_EVERY_FORMAT, cwd=tmp_path, **prefect)
    written = hashes(other / "dataset")
    assert written == hashes(in_every_format / "dataset")
    assert {name.partition("/")[0] for name in written} >= {one.folder for one in FORMATS.values()}
    assert dataset_name(other) == dataset_name(in_every_format)


@pytest.mark.full
def test_a_proxy_for_the_world_does_not_come_between_the_run_and_its_own_servers(quickstart, tmp_path):
    nowhere = "http://127.0.0.1:9"
    build("quickstart", "--output", "run", cwd=tmp_path, http_proxy=nowhere, HTTP_PROXY=nowhere)
    assert hashes(tmp_path / "run" / "dataset") == hashes(quickstart / "dataset")


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_run_that_lost_half_a_table_and_a_shard_mends_itself_without_paying_again(
    copy, quickstart, tmp_path, prefect
):
    cut_in_half(next((copy / "solutions").glob("*.parquet")))
    cut_in_half(next((copy / "dataset").resolve().glob("data/train-*.parquet")))
    build("quickstart", "--output", str(copy), cwd=tmp_path, **prefect)
    assert_equal_and_free(copy, quickstart)


def test_a_fresh_build_gives_the_same_dataset_and_pays_for_nothing(copy, quickstart, tmp_path, prefect):
    build("quickstart", "--output", str(copy), "--fresh", cwd=tmp_path, **prefect)
    assert_equal_and_free(copy, quickstart)


def assert_equal_and_free(run, undisturbed):
    assert hashes(run / "dataset") == hashes(undisturbed / "dataset")
    assert dataset_name(run) == dataset_name(undisturbed)
    assert counts(run, "sample")["asked_now"] == 0
    assert journal_lines(run) == journal_lines(undisturbed)
