"""MR-like head slices."""

from __future__ import annotations

from models.synthetic.brain.anatomy import Level, Weighting
from models.synthetic.brain.lesions import LesionType
from models.synthetic.brain.slices import draw_slice, generate_slice

__all__ = ["LesionType", "Level", "Weighting", "draw_slice", "generate_slice"]
