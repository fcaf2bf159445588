"""Scans with known lesions, made up: test material without any patient. Not a model of disease."""

from __future__ import annotations

from models.synthetic.brain import LesionType, Level, Weighting, draw_slice, generate_slice
from models.synthetic.chest import ChestLesion, draw_chest, generate_chest
from models.synthetic.files import BROKEN_FOLDER, TRUTH_FILE, TrueLesion, WrittenFile, write_scans
from models.synthetic.kinds import MIX, generate_scan
from models.synthetic.mammogram import BreastLesion, draw_mammogram, generate_mammogram
from models.synthetic.scan import SyntheticLesion, SyntheticScan

__all__ = [
    "BROKEN_FOLDER",
    "MIX",
    "TRUTH_FILE",
    "BreastLesion",
    "ChestLesion",
    "LesionType",
    "Level",
    "SyntheticLesion",
    "SyntheticScan",
    "TrueLesion",
    "Weighting",
    "WrittenFile",
    "draw_chest",
    "draw_mammogram",
    "draw_slice",
    "generate_chest",
    "generate_mammogram",
    "generate_scan",
    "generate_slice",
    "write_scans",
]
