"""How an audit reads datasets: whatever lies where, as a stream of examples of one kind.

`places.py` finds the files, `shards.py` reads them, `recognising.py` tells the format by the columns, and there is a
module for each format: `texts.py` (ours, readable), `token_ids.py` (parathinker), `marked_texts.py` (its text),
`parallel_r1.py`.
"""

from datagen.audit.reading.opening import OpenedDataset, open_dataset
from datagen.audit.reading.rows import AuditedFormat

__all__ = ["AuditedFormat", "OpenedDataset", "open_dataset"]
