"""What is new in the sources since the last finished build."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.sources.changes import changes_since_last, remember
from datagen.tables import PROBLEMS, Problem
from datagen.texts import problem_id
from datagen.workspace import Workspace


def problem(number, text=None, answer="1", source="mine"):
    text = text or f"What is {number} and {number}?"
    return Problem("r", problem_id(text), text, answer, source, f"row-{number}", "v1", "MIT")


def write(workspace, problems, part="00-mine"):
    with workspace.writing(PROBLEMS, part) as write_row:
        for one in problems:
            write_row(one)


def found(workspace):
    return [(one.source, dict(one.numbers), dict(one.named)) for one in changes_since_last(workspace)]


def test_each_change_is_told_once_by_its_kind(tmp_path):
    workspace = Workspace(tmp_path)
    assert changes_since_last(workspace) is None
    before = [problem(number) for number in range(6)]
    write(workspace, before)
    remember(workspace)
    assert found(workspace) == []

    mended = problem(1, text="What is 1 and 1, in base ten?")
    other_answer = replace(before[2], answer="7")
    respelt = replace(before[3], problem=before[3].problem.upper())
    write(workspace, [problem(9), respelt, mended, other_answer, before[4], before[5]])
    numbers = {"added": 1, "gone": 1, "changed": 2}
    named = {"added": ("row-9",), "gone": ("row-0",), "changed": ("row-1", "row-2")}
    assert found(workspace) == [("mine", numbers, named)]


def test_a_build_that_is_cut_short_does_not_hide_what_changed_before_it(tmp_path):
    workspace = Workspace(tmp_path)
    write(workspace, [problem(1)])
    remember(workspace)
    write(workspace, [problem(1), problem(2)])  # pulled, and no dataset came of it
    write(workspace, [problem(1), problem(2), problem(3)])
    assert [numbers for _, numbers, _ in found(workspace)] == [{"added": 2, "gone": 0, "changed": 0}]


def test_a_source_that_came_or_went_is_told_whatever_its_place(tmp_path):
    workspace = Workspace(tmp_path)
    write(workspace, [problem(1)], "00-mine")
    write(workspace, [problem(2, source="other")], "01-other")
    remember(workspace)
    for path in workspace.parts(PROBLEMS):
        path.unlink()
    write(workspace, [problem(3, source="new")], "00-new")
    write(workspace, [problem(1)], "01-mine")
    assert {source: numbers for source, numbers, _ in found(workspace)} == {
        "new": {"added": 1, "gone": 0, "changed": 0},
        "other": {"added": 0, "gone": 1, "changed": 0},
    }


NAMES = st.integers(0, 12)


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.integers(0, 2)), st.dictionaries(NAMES, st.integers(0, 2)))
def test_the_numbers_are_those_of_sets(tmp_path_factory, before, after):
    workspace = Workspace(tmp_path_factory.mktemp("run"))
    write(workspace, [problem(number, answer=str(answer)) for number, answer in before.items()])
    remember(workspace)
    write(workspace, [problem(number, answer=str(answer)) for number, answer in after.items()])
    changed = sum(before[number] != after[number] for number in before.keys() & after.keys())
    numbers = {"added": len(after.keys() - before), "gone": len(before.keys() - after), "changed": changed}
    told = found(workspace)
    assert [one[1] for one in told] == ([numbers] if any(numbers.values()) else [])


def test_each_of_many_sources_is_told_by_its_own_names_and_no_file_is_read_once_for_every_source(tmp_path):
    class Counting(Workspace):
        files_read = 0

        def read_batches(self, table, parts=None, columns=None):
            self.files_read += len(parts)
            return super().read_batches(table, parts, columns)

    sources = 12
    workspace = Counting(tmp_path)
    for number in range(sources):
        write(workspace, [problem(number, source=f"s{number}")], f"{number:02d}-s{number}")
    remember(workspace)
    for number in range(sources):
        rows = [problem(number + 50, source=f"s{number}"), problem(number, answer="2", source=f"s{number}")]
        write(workspace, rows, f"{number:02d}-s{number}")
    assert found(workspace) == [
        (
            f"s{number}",
            {"added": 1, "gone": 0, "changed": 1},
            {"added": (f"row-{number + 50}",), "gone": (), "changed": (f"row-{number}",)},
        )
        for number in range(sources)
    ]
    assert workspace.files_read <= 3 * sources
