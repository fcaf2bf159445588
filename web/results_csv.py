"""The results of a batch as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from shared.database import Database
from shared.schemas import Finding, ScanOutcome
from web.result_pages import result_pages

NOTICE = "Research use only"
SCAN_COLUMNS = ("scan_id", "path", "status", "reason", "kind", "model", "version", "tumor_probability", "urgency")
FINDING_COLUMNS = (
    "findings_reported",
    "label",
    "certain",
    "score",
    "malignancy",
    "malignancy_probability",
    "longest_diameter",
    "short_axis",
    "area",
    "unit",
    "location",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | bool | None


def csv_lines(database: Database, batch_id: int) -> Iterator[str]:
    """Lines of the table with their ends, the header first; one row for each scan that has a result."""
    yield _line([*SCAN_COLUMNS, *FINDING_COLUMNS, "notice"])
    for outcomes in result_pages(database, batch_id):
        yield "".join(_line(_row(outcome)) for outcome in outcomes)


def _row(outcome: ScanOutcome) -> list[Cell]:
    result = outcome.result
    model = (result.model.name, result.model.version) if result.model else (None, None)
    reported = [finding for finding in result.findings if finding.reported]
    best = _finding_cells(reported[0]) if reported else [None] * (len(FINDING_COLUMNS) - 1)
    return [
        outcome.scan_id,
        result.path,
        result.status,
        result.reason,
        result.kind,
        *model,
        result.tumor_probability,
        result.urgency,
        len(reported),
        *best,
        NOTICE,
    ]


def _finding_cells(finding: Finding) -> list[Cell]:
    measured = finding.measurements
    return [
        finding.label,
        finding.certain,
        finding.score,
        finding.malignancy.label,
        finding.malignancy.probability,
        measured.longest_diameter,
        measured.short_axis,
        measured.area,
        measured.unit,
        measured.location,
    ]


def _line(cells: Sequence[Cell]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front (CWE-1236)."""
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell
