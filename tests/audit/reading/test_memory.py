"""Reading takes the memory of a few rows, however many there are."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagen.formats import FORMATS
from tests.audit.reading.worlds import example

ROOT = Path(__file__).parents[3]
ROWS, CHARACTERS = 10, 15_000
MAY_GROW_MIB = 20

# a process of its own, whose peak is that of reading alone
READ = """
import json, resource, sys
from datagen.audit.reading import open_dataset

peaks = []
for where in sys.argv[1:]:
    seen = sum(1 for _ in open_dataset(where, None))
    peaks.append([seen, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024])
print(json.dumps(peaks))
"""


def write(place: Path, batch: pa.RecordBatch, times: int) -> Path:
    """The same rows many times over, in one row group: the least favourable for streaming."""
    table = pa.Table.from_batches([batch] * times)
    pq.write_table(table, place, compression="zstd", row_group_size=table.num_rows)
    return place


@pytest.mark.full
@pytest.mark.parametrize("name", ["text", "parathinker"])
def test_five_times_the_rows_take_the_same_memory(tmp_path, bundled, name):
    texts = [(number, f"Step {number}: 6 times 7 is 42, so it is 42. " * (CHARACTERS // 45)) for number in range(1, 5)]
    batch = FORMATS[name].rows([example(bundled, number, texts=texts) for number in range(1, ROWS + 1)], bundled)
    bundled.save(tmp_path / "tokenizer")
    places = [write(tmp_path / f"{name}-{times}.parquet", batch, times) for times in (8, 40)]
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, places)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (few, peak_of_few), (many, peak_of_many) = json.loads(done.stdout)
    assert (few, many) == (8 * ROWS, 40 * ROWS)
    assert peak_of_many - peak_of_few < MAY_GROW_MIB
