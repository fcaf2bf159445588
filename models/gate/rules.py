"""Which kind of image a scan is, and whether a model here knows it. Refuses rather than guesses."""

from __future__ import annotations

from models.errors import ScanRejectedError
from models.presets import PRESETS, Preset
from models.reading import Scan
from models.report import Kind

MOST_COLOURFUL = 0.15  # share of coloured pixels; toned scans and burnt-in marks stay far below
LONGEST_ASPECT = 4.0


def choose_preset(scan: Scan, asked: Kind | None) -> Preset:
    """The preset by what the caller says, else by the DICOM header, else brain MRI, the one kind with a model.

    Raises ScanRejectedError for a kind without a model and for pixels that no scanner makes.
    """
    height, width = scan.pixels.shape
    if scan.colourfulness > MOST_COLOURFUL:
        raise ScanRejectedError("This is a colour picture; scans are grey.")
    if max(height, width) > LONGEST_ASPECT * min(height, width):
        raise ScanRejectedError(f"This image of {width} x {height} pixels is too narrow to be a slice.")
    if asked and scan.kind and asked is not scan.kind:
        raise ScanRejectedError(f"The DICOM header says {PRESETS[scan.kind].title}, not {PRESETS[asked].title}.")
    preset = PRESETS[asked or scan.kind or Kind.BRAIN_MRI]
    if preset.release is None:
        raise ScanRejectedError(f"There is no model for this kind of image in this release: {preset.title}.")
    return preset
