"""Same completions, same bytes: whatever the concurrency, the folder, and how often it is built anew."""

import pytest

from tests.end_to_end.runs import build, counts, datagen, hashes, journal_lines


def dataset_name(run):
    return (run / "dataset").readlink().name


def test_another_folder_with_other_concurrency_gets_the_same_dataset(quickstart, tmp_path, prefect):
    other = tmp_path / "elsewhere" / "a run"
    settings = ["--set", "teachers.demo.concurrency=3", "--set", "verify.workers=1"]
    build("quickstart", "--output", str(other), *settings, cwd=tmp_path, **prefect)
    assert hashes(other / "dataset") == hashes(quickstart / "dataset")
    assert dataset_name(other) == dataset_name(quickstart)


@pytest.fixture
def damaged(copy):
    """A run that lost half of a table behind its back."""
    table = copy / "solutions" / "solutions.parquet"
    table.write_bytes(table.read_bytes()[: table.stat().st_size // 2])
    return copy


def test_a_run_with_half_a_table_is_refused_and_built_anew_with_fresh_without_paying_again(
    damaged, quickstart, tmp_path, prefect
):
    again = ["--output", str(damaged), "--set", "paths.count=[2,3]"]
    refused = datagen("build", "quickstart", *again, cwd=tmp_path, **prefect)
    assert refused.status == 1
    assert len(refused.complaints) == 1
    assert "solutions.parquet" in refused.err
    assert "--fresh" in refused.err

    build("quickstart", "--output", str(damaged), "--fresh", cwd=tmp_path, **prefect)
    assert hashes(damaged / "dataset") == hashes(quickstart / "dataset")
    assert dataset_name(damaged) == dataset_name(quickstart)
    assert counts(damaged, "sample")["asked_now"] == 0
    assert journal_lines(damaged) == journal_lines(quickstart)
