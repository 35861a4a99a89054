"""How rows are found and read, for sources and for benchmarks alike.

First a place is fixed to a content (`locate_path`, `locate_hub`), then its rows are streamed (`read_rows`). What was
located never changes its meaning: a path is named by the hash of what its files hold, a Hub dataset by its commit.
"""

from datagen.reading.hub import commit_on_hub, locate_hub
from datagen.reading.located import DataFile, Located, SourceRow
from datagen.reading.paths import ContentHashes, locate_path
from datagen.reading.rows import content_columns, count_rows, read_rows

__all__ = [
    "ContentHashes",
    "DataFile",
    "Located",
    "SourceRow",
    "commit_on_hub",
    "content_columns",
    "count_rows",
    "locate_hub",
    "locate_path",
    "read_rows",
]
