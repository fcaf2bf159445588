"""MR-like head slices with known lesions, made up: test material without any patient. Not a model of disease."""

from __future__ import annotations

from models.synthetic.anatomy import Level, Weighting
from models.synthetic.generator import SyntheticLesion, SyntheticScan, draw_scan, make_scan
from models.synthetic.lesions import LesionType

__all__ = ["LesionType", "Level", "SyntheticLesion", "SyntheticScan", "Weighting", "draw_scan", "make_scan"]
