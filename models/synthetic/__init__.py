"""Scans with known lesions, made up: test material without any patient. Not a model of disease."""

from __future__ import annotations

from models.synthetic.brain import LesionType, Level, Weighting, draw_slice, generate_slice
from models.synthetic.files import BROKEN_FOLDER, TRUTH_FILE, TrueLesion, WrittenFile, write_scans
from models.synthetic.scan import SyntheticLesion, SyntheticScan

__all__ = [
    "BROKEN_FOLDER",
    "TRUTH_FILE",
    "LesionType",
    "Level",
    "SyntheticLesion",
    "SyntheticScan",
    "TrueLesion",
    "Weighting",
    "WrittenFile",
    "draw_slice",
    "generate_slice",
    "write_scans",
]
