"""What tells LLaMA-Factory how an exported folder of `messages` is read: its `dataset_info.json`."""

import json
from collections.abc import Iterable

from datagen.tables import Split

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


def dataset_info(splits: Iterable[Split], parquet: str) -> str:
    """The text of `dataset_info.json`, where a dataset is called as its split is.

    Args:
        splits: those that there are.
        parquet: the folder that holds one for each split, and in that nothing but Parquet files: it reads a folder of
            files of one kind, so never what `save_to_disk` writes.
    """
    info = {split: {"file_name": f"{parquet}/{split}", **_READ_AS} for split in splits}
    return json.dumps(info, indent=2) + "\n"
