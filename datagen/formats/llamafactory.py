"""What LLaMA-Factory needs beside an exported folder of `messages`: `dataset_info.json`, and Parquet files it can read.

It reads a folder of files of one kind, not what `save_to_disk` writes. So each split's Parquet files stand in a folder
of their own, and `dataset_info.json` says where, and what the columns are.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from datagen.tables import Split

PARQUET = "parquet"

_READ_AS = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    },
}


def write_for_llamafactory(folder: Path, files: Mapping[Split, Sequence[Path]]) -> None:
    """Write `dataset_info.json` and copy the Parquet files; the datasets are then called as the splits are.

    Args:
        folder: an exported folder, which `--dataset_dir` will name.
        files: the Parquet files of each split.
    """
    info = {split: {"file_name": f"{PARQUET}/{split}", **_READ_AS} for split in files}
    for split, parts in files.items():
        copies = folder / PARQUET / split
        copies.mkdir(parents=True)
        for part in parts:
            shutil.copyfile(part, copies / part.name)
    (folder / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", "utf-8")
