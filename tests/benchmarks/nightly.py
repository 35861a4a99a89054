"""What a night costs when nothing is new: the nightly flow over a finished run of real and of made-up problems.

The real rows come from a stand-in of the Hub, `revision: latest`, with the solutions that they carry; the made-up ones
from a file, and a replaying teacher answers them. Each run is a process of its own, as a worker starts it, at a Prefect
server that is up; the imports count. Who is asked, and how often, the teacher and the Hub say.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from datagen.recipe import DATASETS
from datagen.screen.benchmarks import HUB_SPLITS
from tests.benchmarks.contestants import MODEL
from tests.benchmarks.recordings import record
from tests.benchmarks.scheduling import measured
from tests.end_to_end.runs import DATA
from tests.flows.prefect_server import prefect_server
from tests.serving import demo_server
from tests.sources.hub_stand_in import HubDataset, running_hub

_NIGHTS = 3
_MADE_UP, _ATTEMPTS, _CHARACTERS = 3_500, 2, 2_000
_COMMIT = "1" * 40
_RUN = """
import resource, sys, time
begin = time.monotonic()
from flows.build import build_dataset
imported = time.monotonic()
recipe, output, latest = sys.argv[1:]
build_dataset(recipe=recipe, output=output, latest=bool(latest))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("MEASURED", [imported - begin, time.monotonic() - imported, peak])
"""


def measure(share: int = 1) -> Iterator[str]:
    """Print the figures.

    Args:
        share: make up one of so many problems only.
    """
    with tempfile.TemporaryDirectory() as name, prefect_server(Path(name)) as server, running_hub(_datasets()) as hub:
        folder = Path(name)
        world = record(folder, _CHARACTERS, _MADE_UP // share * _ATTEMPTS, attempts=_ATTEMPTS)
        lines = [{"problem": one.problem, "answer": one.answer} for one in map(world.problem, range(world.problems))]
        (folder / "made-up.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        environment = server.environment | {"HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0", "HF_HOME": name}
        with demo_server("--replay", str(world.file)) as teacher:
            words = [sys.executable, "-c", _RUN, str(_recipe(folder, teacher.url)), str(folder / "run")]
            first = json.loads(measured([*words, ""], environment))
            paid, asked = teacher.stats()["requests"], len(hub.requests)
            nights = []
            for _ in range(_NIGHTS):
                begin = time.monotonic()
                figures = json.loads(measured([*words, "latest"], environment))
                nights.append([time.monotonic() - begin, *figures])
            again, looked = teacher.stats()["requests"] - paid, (len(hub.requests) - asked) // _NIGHTS
        stages = json.loads((folder / "run" / "run.json").read_text())["stages"]
    pulled = sum(stage["counts"]["pulled"] for name, stage in stages.items() if name.startswith("pull "))
    whole, imports, flow, peak = (median(figures) for figures in zip(*nights, strict=True))
    yield (
        f"{pulled:,} rows pulled, {stages['assemble']['counts']['rows']:,} examples; the first build took "
        f"{first[1]:.0f} s and {paid:,} completions. Median of {_NIGHTS} nights."
    )
    yield ""
    yield "| a night with nothing new | |"
    yield "|---|---:|"
    yield f"| completions asked for | {again} |"
    yield f"| requests to the Hub | {looked} |"
    yield f"| **the whole process, seconds** | **{whole:.1f}** |"
    yield f"| of it imports | {imports:.1f} |"
    yield f"| of it the flow | {flow:.1f} |"
    yield f"| peak, MiB | {peak:,.0f} |"


def _datasets() -> dict[str, HubDataset]:
    """The real rows under the names that they have on the Hub."""
    sources = {dataset: DATA / "sources" / kind for kind, dataset in DATASETS.items()}
    contents = {
        dataset: {f"data/{path.name}": path.read_bytes() for path in folder.glob("*.parquet")}
        for dataset, folder in sources.items()
    }
    for name, (dataset, split) in HUB_SPLITS.items():
        contents[dataset] = {f"{split}.jsonl": (DATA / "benchmarks" / f"{name}.jsonl").read_bytes()}
    return {dataset: HubDataset({_COMMIT: files}) for dataset, files in contents.items()}


def _recipe(folder: Path, url: str) -> Path:
    made_up = {"kind": "table", "name": "made-up", "path": "made-up.jsonl", "licence": "cc0-1.0"}
    asked = {"name": "replayed", "kind": "openai", "model": MODEL, "base_url": url, "concurrency": 64}
    settings = {
        "name": "nightly",
        "sources": [*({"kind": kind, "revision": "latest"} for kind in DATASETS), made_up],
        "teachers": [{"name": "recorded", "kind": "recorded"}, asked],
        "sampling": dict.fromkeys(("target_correct", "max_attempts", "give_up_after"), _ATTEMPTS),
        "paths": {"tokenizer": "bundled"},
    }
    recipe = folder / "nightly.yaml"
    recipe.write_text(json.dumps(settings))  # JSON is YAML
    return recipe
