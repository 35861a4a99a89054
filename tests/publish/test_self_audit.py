"""A build that would break a promise fails before anyone sees it, says which and where, and keeps what there was."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from datagen.assemble import Assemble
from datagen.errors import DatagenError
from datagen.formats import parathinker
from datagen.formats.rendering import Rendered
from datagen.inputs import resolve_inputs
from datagen.pipeline import stages_of
from datagen.recipe_file import load_recipe
from datagen.stage import Run
from datagen.tables import EXAMPLES, Example
from datagen.workspace import Workspace
from tests.publish.small import built, card_of


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return built(tmp_path)


def assembled(workspace: Workspace, *overrides: str) -> None:
    """The last stage alone, over the tables as they are."""
    recipe = load_recipe(str(workspace.folder / "recipe.yaml"), overrides)
    run = Run(recipe, workspace, resolve_inputs(recipe, workspace), None, lambda line: None)
    stage = stages_of(recipe)[-1]
    assert isinstance(stage, Assemble)
    stage.work(run)


def edit(workspace: Workspace, change: Callable[[Example], Example]) -> None:
    """Change the first example between selection and assembly, as a fault of datagen would."""
    first, *others = workspace.read(EXAMPLES)
    with workspace.writing(EXAMPLES, "select") as write:
        for example in (change(first), *others):
            write(example)


def visible(workspace: Workspace) -> Iterator[str]:
    return (path.name for path in workspace.folder.glob("*dataset*"))


def says_another_answer(example: Example) -> Example:
    """The last path closes with another answer than the summary, in its column and in the training text alike."""
    *others, last = example.paths
    wrong = last.text.replace(f"\\boxed{{{example.answer}}}", "\\boxed{77}")
    completion = example.completion.replace(last.text, wrong)
    return replace(example, paths=(*others, replace(last, text=wrong)), completion=completion)


def test_a_broken_promise_publishes_nothing_and_names_what_and_where(workspace: Workspace) -> None:
    before, card, first = sorted(visible(workspace)), card_of(workspace), next(iter(workspace.read(EXAMPLES)))
    edit(workspace, says_another_answer)
    with pytest.raises(DatagenError) as caught:
        assembled(workspace, "output.formats=[text]")
    told = str(caught.value)
    assert f"paths_against_summary in 1 of 15 paths: {first.id} (" in told
    assert "fault of datagen" in told
    assert "No dataset was published" in told
    assert len(told.splitlines()) <= 2
    assert sorted(visible(workspace)) == before
    assert card_of(workspace) == card


def test_token_ids_are_read_as_a_trainer_would_and_not_taken_on_trust(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = parathinker.render

    def without_the_last_closing_token(*arguments: object) -> Rendered:
        rendered = render(*arguments)  # type: ignore[arg-type]
        ids = list(rendered.input_ids)
        tokenizer = arguments[-1]
        place = len(ids) - 1 - ids[::-1].index(tokenizer.id_of("</think1>"))  # type: ignore[attr-defined]
        return replace(rendered, input_ids=[*ids[:place], ids[0], *ids[place + 1 :]])

    monkeypatch.setattr(parathinker, "render", without_the_last_closing_token)
    with pytest.raises(DatagenError, match=r"broken_form in 5 of 5 examples: \w+ \(parathinker: "):
        assembled(workspace)


def test_token_ids_of_another_example_are_noticed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = parathinker.ParathinkerFormat.rows

    def shuffled(self: object, examples: list[Example], tokenizer: object) -> object:
        batch = rows(self, examples, tokenizer)  # type: ignore[arg-type]
        return batch.take(list(range(batch.num_rows))[::-1])

    monkeypatch.setattr(parathinker.ParathinkerFormat, "rows", shuffled)
    with pytest.raises(DatagenError, match="the ids in its place are those of"):
        assembled(workspace)


def test_what_a_recipe_asks_for_breaks_no_promise(tmp_path: Path) -> None:
    one = built(tmp_path, paths={"tokenizer": "bundled", "count": [1, 1]}, output={"formats": ["text"]})
    audit = json.loads((one.folder / "dataset" / "audit.json").read_text())
    found = {finding["name"]: finding["count"] for finding in audit["findings"]}
    assert found["fewer_than_two_paths"] == found["without_two_agreeing_paths"] == 5
    assert "| examples without two finished paths whose answer equals the summary's | 5 of 5 (100.0%) |" in card_of(one)
