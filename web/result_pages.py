"""All results of a batch a page of the database at a time, so that neither memory nor a transaction grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.database import Database
from shared.schemas import ScanOutcome
from shared.store.results import list_results

PAGE_ROWS = 200


def result_pages(database: Database, batch_id: int) -> Iterator[Sequence[ScanOutcome]]:
    """Each scan of the batch that has a result once, by id. Raises NotFoundError."""
    after: str | None = None
    while True:
        with database.read() as session:
            page = list_results(session, batch_id, after, PAGE_ROWS)
        yield page.items
        if page.next is None:
            return
        after = page.next
