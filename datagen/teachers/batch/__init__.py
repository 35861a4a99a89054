"""A teacher behind the OpenAI Batch protocol: many requests go out as one file and come back as another, at half price.

    client.py      gathers what is asked into batches, carries each to its end, hands out what came back
    provider.py    the calls of the protocol: upload, create, look, find, download
    lines.py       one request, and one result, as a line of those files
    under_way.py   the run's folder `batches/`: which batches are out, and what each of them holds

A batch outlives the run that made it. What it holds is on disk before it is created, and stays there until every
completion that it brought stands in the journal; whatever dies in between, the next start finds it again.
"""

from datagen.teachers.batch.client import BatchClient
from datagen.teachers.batch.under_way import Keeping, of_nobody

__all__ = ["BatchClient", "Keeping", "of_nobody"]
