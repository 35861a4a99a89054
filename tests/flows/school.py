"""A small run whose problems can be edited, as scheduled builds meet them."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.end_to_end.runs import BUNDLED

CONCURRENCY = 8


@dataclass(frozen=True)
class School:
    """Problems in a file that can be edited, and a recipe that asks the counting teacher about them."""

    folder: Path
    url: str

    @property
    def recipe(self) -> str:
        return str(self.folder / "school.yaml")

    def lay_down(self) -> None:
        rows = self.rows()[:8]
        settings = yaml.safe_load((BUNDLED / "quickstart.yaml").read_text())
        settings["name"] = "Nightly.School"
        settings["sources"] = [{"kind": "deepmath", "path": str(self.folder / "rows.jsonl"), "licence": "Apache-2.0"}]
        settings["screen"] = {"benchmarks": []}
        demo = {"name": "demo", "kind": "demo", "base_url": self.url, "concurrency": CONCURRENCY}
        settings["teachers"] = [{"name": "recorded", "kind": "recorded"}, demo]
        Path(self.recipe).write_text(yaml.safe_dump(settings))
        self.write(rows)

    def rows(self):
        return [json.loads(line) for line in (BUNDLED / "quickstart" / "deepmath.jsonl").read_text().splitlines()]

    def write(self, rows) -> None:
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
