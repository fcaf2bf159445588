"""The results of a batch as JSON Lines: all of each result."""

from __future__ import annotations

from collections.abc import Iterator

from shared.database import Database
from web.result_pages import result_pages


def json_lines(database: Database, batch_id: int) -> Iterator[str]:
    """One ScanOutcome a line, by scan id; nothing where there is no result yet."""
    for outcomes in result_pages(database, batch_id):
        yield "".join(f"{outcome.model_dump_json()}\n" for outcome in outcomes)
