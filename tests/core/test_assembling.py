"""The assemble stage on a run's folder: a dataset is whole or not there, and none is made of a damaged table."""

import hashlib
import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pytest

from datagen.atomic import TEMPORARY
from datagen.errors import DatagenError, StoppedError
from datagen.formats import FORMATS
from datagen.pipeline import Options, prepare, stages_of
from datagen.recipe import Recipe
from datagen.recipe_file import load_recipe
from datagen.shards import Shards
from datagen.stopping import STOP
from datagen.tables import EXAMPLES, SOLUTIONS, VERDICTS
from datagen.workspace import Workspace
from tests.building import build
from tests.core.test_pipeline import recipe, row, write

ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from datagen.errors import DatagenError
from datagen.recipe_file import load_recipe
from tests.building import build
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    build(load_recipe(sys.argv[1]), Path(sys.argv[2]))
except DatagenError as error:
    print(error)
"""


def settings(folder: Path, **output: object) -> Recipe:
    source = folder / "rows.jsonl"
    if not source.exists():
        write(source, [row(number, text=f"the sum of number {number} is") for number in range(1, 60)])
    return recipe(folder, source, output={"formats": list(FORMATS), "test_fraction": 0.2, "shard_rows": 20, **output})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose dataset stands, beside its recipe; to be copied."""
    folder = tmp_path_factory.mktemp("built")
    build(settings(folder), folder / "run")
    return folder


@pytest.fixture
def run(built: Path, tmp_path: Path) -> Path:
    """A copy of that run, without its dataset."""
    for file in (built / "small.yaml", built / "rows.jsonl"):
        shutil.copy(file, tmp_path)
    run = shutil.copytree(built / "run", tmp_path / "run", symlinks=True)
    for path in run.glob("dataset*"):
        path.unlink() if path.is_symlink() else shutil.rmtree(path)
    return run


def files_of(dataset: Path) -> dict[str, str]:
    return {
        str(path.relative_to(dataset)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in dataset.rglob("*")
        if path.is_file()
    }


def left_over(run: Path) -> list[Path]:
    return [*run.glob("dataset*"), *run.rglob(f"{TEMPORARY}*")]


def test_files_hold_the_rows_that_the_recipe_says_and_are_named_by_their_number(built):
    folder = built / "run" / "dataset"
    assert {path.name for path in folder.iterdir() if path.is_dir()} >= {one.folder for one in FORMATS.values()}
    names = sorted(path.name for path in (folder / "data").iterdir())
    splits = [one.split for one in Workspace(built / "run").read(EXAMPLES)]
    shards = -(-splits.count("train") // 20)
    assert names == [
        "test-00000-of-00001.parquet",
        *(f"train-{number:05d}-of-{shards:05d}.parquet" for number in range(shards)),
    ]


@pytest.mark.parametrize("what", ["data/train-*.parquet", "tokenizer/tokenizer.json"])
def test_a_disk_that_fills_up_while_assembling_leaves_nothing_half_made(built, run, what):
    biggest = max(path.stat().st_size for path in (built / "run" / "dataset").glob(what))
    arguments = [str(run.parent / "small.yaml"), str(run), str(biggest // 2)]
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, *arguments], capture_output=True, text=True, check=False
    )
    assert "can't be written: File too large; make room and start again" in done.stdout, done.stderr
    assert left_over(run) == []

    build(load_recipe(arguments[0]), run)
    assert files_of(run / "dataset") == files_of(built / "run" / "dataset")


def test_a_run_that_is_stopped_while_assembling_leaves_nothing_half_made(run, monkeypatch):
    class StoppedShards(Shards):
        def write(self, batch: pa.RecordBatch) -> None:
            super().write(batch)
            STOP.set()

    monkeypatch.setattr("datagen.assemble.Shards", StoppedShards)
    try:
        with pytest.raises(StoppedError):
            build(load_recipe(str(run.parent / "small.yaml")), run)
    finally:
        STOP.clear()
    assert left_over(run) == []


def test_one_wrong_bit_in_the_examples_makes_no_dataset_and_the_file_is_named(run):
    (file,) = (run / "examples").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    with pytest.raises(DatagenError, match=r"examples/select\.parquet: can't be read .*; start again with --fresh"):
        build(load_recipe(str(run.parent / "small.yaml")), run)
    assert left_over(run) == []


def test_the_order_of_a_problems_solutions_leaves_no_trace_in_the_dataset(built, run):
    workspace = Workspace(run)
    pairs = list(zip(workspace.read(SOLUTIONS), workspace.read(VERDICTS), strict=True))
    pairs.sort(key=lambda pair: pair[0].problem_id)
    groups = [list(group) for _, group in groupby(pairs, key=lambda pair: pair[0].problem_id)]
    assert max(map(len, groups)) > 1
    turned = {group[0][0].problem_id: group[::-1] for group in groups}
    in_plan_order = dict.fromkeys(solution.problem_id for solution in workspace.read(SOLUTIONS))
    shuffled = [pair for problem_id in in_plan_order for pair in turned[problem_id]]
    (solutions,), (verdicts,) = (workspace.parts(table) for table in (SOLUTIONS, VERDICTS))
    with workspace.writing(SOLUTIONS, solutions.stem) as write_solution:
        for solution, _ in shuffled:
            write_solution(solution)
    with workspace.writing(VERDICTS, verdicts.stem) as write_verdict:
        for _, verdict in shuffled:
            write_verdict(verdict)

    settings_ = load_recipe(str(run.parent / "small.yaml"))
    prepared = prepare(settings_, workspace, Options(), lambda line: None)
    for stage in stages_of(settings_)[-2:]:
        stage.work(prepared)
    assert files_of(run / "dataset") == files_of(built / "run" / "dataset")
