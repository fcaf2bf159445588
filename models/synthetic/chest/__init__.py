"""Frontal X-rays of a chest, as a detector or a reconstruction from CT shows it."""

from __future__ import annotations

from models.synthetic.chest.nodules import ChestLesion
from models.synthetic.chest.radiographs import draw_chest, generate_chest

__all__ = ["ChestLesion", "draw_chest", "generate_chest"]
