"""What a changed recipe asks anew and what it takes over."""

import pytest
import yaml

from tests.end_to_end.runs import build, counts, hashes, journal_lines, rows


def test_completions_of_another_run_are_taken_over_and_that_run_is_left_alone(quickstart, tmp_path, prefect):
    before = hashes(quickstart)
    build("quickstart", "--output", "mine", "--reuse", str(quickstart), cwd=tmp_path, **prefect)
    sampled = counts(tmp_path / "mine", "sample")
    assert sampled["asked_now"] == 0
    assert sampled["reused_from_other_run"] == len(journal_lines(quickstart))
    assert hashes(tmp_path / "mine" / "dataset") == hashes(quickstart / "dataset")
    assert hashes(quickstart) == before


@pytest.fixture
def arguments(teacher):
    return ["--output", "run", "--limit", "2", "--set", f"teachers.demo.base_url={teacher.url}"]


def test_a_changed_setting_asks_for_what_it_changes_and_for_nothing_else(arguments, teacher, tmp_path, prefect):
    run = tmp_path / "run"
    build("quickstart", *arguments, cwd=tmp_path, **prefect)
    first = journal_lines(run)
    assert len(first) == teacher.asked.total() > 0
    many = {row["id"]: len(row["paths"]) for row in rows(run, "examples")}
    assert max(many.values()) > 3

    build("quickstart", *arguments, "--set", "paths.count=[2,3]", cwd=tmp_path, **prefect)
    assert teacher.asked.total() == len(first)
    assert {row["id"]: len(row["paths"]) for row in rows(run, "examples")} == {
        name: min(3, number) for name, number in many.items()
    }

    build("quickstart", *arguments, "--set", "sampling.temperature=0.5", cwd=tmp_path, **prefect)
    asked_anew = teacher.asked.total() - len(first)
    assert asked_anew == counts(run, "sample")["asked_now"] > 0
    assert teacher.repeats == 0
    assert journal_lines(run)[: len(first)] == first
    assert len(journal_lines(run)) == len(first) + asked_anew


def test_limit_set_and_output_do_what_they_say(tmp_path, prefect):
    arguments = ["--limit", "3", "--until", "screen", "--set", "seed=7", "--output", "deep/run"]
    build("quickstart", *arguments, "--set", "sources.limo.licence=cc0-1.0", cwd=tmp_path, **prefect)
    run = tmp_path / "deep" / "run"
    assert not (tmp_path / "outputs").exists()
    assert not (run / "solutions").exists()
    for source in ("open_r1", "deepmath", "s1k", "limo"):
        assert counts(run, f"pull {source}")["pulled"] == 3
    assert {row["licence"] for row in rows(run, "problems") if row["source"] == "limo"} == {"cc0-1.0"}
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    assert recipe["seed"] == 7
    assert [source["limit"] for source in recipe["sources"]] == [3, 3, 3, 3]
