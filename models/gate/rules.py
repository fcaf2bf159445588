"""What can be told without looking at the picture: colour, shape, and a header that says something else."""

from __future__ import annotations

from models.errors import ScanRejectedError
from models.presets import PRESETS, Preset
from models.reading import Scan
from models.report import Kind

MOST_COLOURFUL = 0.15  # share of coloured pixels; toned scans and burnt-in marks stay far below
LONGEST_ASPECT = 4.0


def choose_preset(scan: Scan, asked: Kind | None) -> Preset:
    """The preset by rules alone, where no gate is at work: what the caller says, else the header, else brain MRI.

    Raises ScanRejectedError for a kind without a model and for pixels that no scanner makes.
    """
    check_rules(scan, asked)
    return with_model(asked or scan.kind or Kind.BRAIN_MRI)


def check_rules(scan: Scan, asked: Kind | None) -> None:
    """Raises ScanRejectedError for pixels that no scanner makes, and where caller and header contradict each other."""
    height, width = scan.pixels.shape
    if scan.colourfulness > MOST_COLOURFUL:
        raise ScanRejectedError("This is a colour picture; scans are grey.")
    if max(height, width) > LONGEST_ASPECT * min(height, width):
        raise ScanRejectedError(f"This image of {width} x {height} pixels is too narrow to be a slice.")
    if asked and scan.kind and asked is not scan.kind:
        raise ScanRejectedError(f"The DICOM header says {PRESETS[scan.kind].title}, not {PRESETS[asked].title}.")


def with_model(kind: Kind) -> Preset:
    """The preset of a kind. Raises ScanRejectedError, which names the kind, where this release has no model for it."""
    preset = PRESETS[kind]
    if preset.release is None:
        raise ScanRejectedError(f"There is no model for this kind of image in this release: {preset.title}.", kind)
    return preset
