"""Mammogram-like oblique views of a breast."""

from __future__ import annotations

from models.synthetic.mammogram.films import draw_mammogram, generate_mammogram
from models.synthetic.mammogram.lesions import BreastLesion

__all__ = ["BreastLesion", "draw_mammogram", "generate_mammogram"]
