"""What can be told without looking at the picture: colour, shape, and a header that says something else."""

from __future__ import annotations

from collections.abc import Collection

from models.errors import ScanRejectedError
from models.presets import PRESETS, SHIPPED
from models.reading import Scan
from models.report import Kind

MOST_COLOURFUL = 0.15  # share of coloured pixels; toned scans and burnt-in marks stay far below
LONGEST_ASPECT = 4.0


def choose_kind(scan: Scan, asked: Kind | None, readable: Collection[Kind] = SHIPPED) -> Kind:
    """The kind by rules alone, where no gate is at work: what the caller says, else the header, else brain MRI.

    `readable`: the kinds that there is a model for.
    Raises ScanRejectedError for a kind without a model and for pixels that no scanner makes.
    """
    check_rules(scan, asked)
    return require_readable(asked or scan.kind or Kind.BRAIN_MRI, readable)


def check_rules(scan: Scan, asked: Kind | None) -> None:
    """Raises ScanRejectedError for pixels that no scanner makes, and where caller and header contradict each other."""
    height, width = scan.pixels.shape
    if scan.colourfulness > MOST_COLOURFUL:
        raise ScanRejectedError("This is a colour picture; scans are grey.")
    if max(height, width) > LONGEST_ASPECT * min(height, width):
        raise ScanRejectedError(f"This image of {width} x {height} pixels is too narrow to be a slice.")
    if asked and scan.kind and asked is not scan.kind:
        raise ScanRejectedError(f"The DICOM header says {PRESETS[scan.kind].title}, not {PRESETS[asked].title}.")


def require_readable(kind: Kind, readable: Collection[Kind]) -> Kind:
    """The kind. Raises ScanRejectedError, which names it, where there is no model for it."""
    if kind not in readable:
        title = PRESETS[kind].title
        raise ScanRejectedError(f"There is no model for this kind of image in this release: {title}.", kind)
    return kind
