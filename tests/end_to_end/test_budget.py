"""A budget as a user meets it: exit status 3, one line that says what to do, and the same bytes in the end."""

import json

from tests.end_to_end.runs import build, datagen, hashes, journal_lines


def test_a_build_stopped_by_its_budget_says_so_and_ends_with_the_same_bytes_when_it_is_raised(
    teacher, quickstart, tmp_path, prefect
):
    arguments = ["build", "quickstart", "--output", "run", "--set", f"teachers.demo.base_url={teacher.url}"]
    done = datagen(*arguments, "--set", "sampling.budget_tokens=60000", cwd=tmp_path, **prefect)
    assert done.status == 3, done.out + done.err
    [said] = done.complaints
    assert said.startswith("datagen: stopped by sampling.budget_tokens: ")
    assert said.endswith("; everything that arrived is kept, raise it and start again to go on")
    kept = journal_lines(tmp_path / "run")
    assert len(kept) == teacher.answered > 0
    shown = json.loads(datagen("show", "run", "--json", cwd=tmp_path).out)
    assert shown["spent"]["demo"]["completions"] == len(kept)
    assert 0 < shown["budgets"]["budget_tokens"]["left"] < 60_000

    build(*arguments[1:], "--set", "sampling.budget_tokens=10000000", cwd=tmp_path, **prefect)
    assert teacher.repeats == 0
    assert hashes(tmp_path / "run" / "dataset") == hashes(quickstart / "dataset")


def test_a_pilot_estimates_the_run_and_is_taken_over_by_it(teacher, tmp_path, prefect):
    settings = ["quickstart", "--set", f"teachers.demo.base_url={teacher.url}"]
    done = datagen("estimate", *settings, "--pilot", "4", "--json", cwd=tmp_path, **prefect)
    assert done.status == 0, done.out + done.err
    found = json.loads(done.out)
    pilot = tmp_path / "outputs" / "quickstart-pilot"
    assert found["paid"][0]["completions"] == len(journal_lines(pilot)) == teacher.answered > 0
    assert found["in_all"]["completions"]["expected"] > teacher.answered

    again = datagen("estimate", *settings, cwd=tmp_path)  # the pilot is found by itself
    assert again.out.splitlines()[-1].endswith("--reuse outputs/quickstart-pilot")
    build(*settings, "--reuse", "outputs/quickstart-pilot", "--until", "sample", cwd=tmp_path, **prefect)
    assert teacher.repeats == 0
    low, high = (found["in_all"]["completions"][end] for end in ("low", "high"))
    assert 0.7 * low < teacher.answered < 1.4 * high
