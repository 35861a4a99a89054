"""What arrived is kept, whatever happens next: an append-only journal of records by key.

    completions.jsonl            where records are appended, one JSON object a line
    completions-00003.jsonl      a file that was full: it waits for its Parquet part
    completions-00002.parquet    the records of such a file, for good
    completions.index            where each key's record lies; derived, and made anew whenever it does not fit

A record's place is its file's number and its row in it. Compaction keeps both, so that the index knows nothing of it,
and there is no moment at which a kill could lose or double a record.
"""

from datagen.journal.journal import Journal, Position

__all__ = ["Journal", "Position"]
