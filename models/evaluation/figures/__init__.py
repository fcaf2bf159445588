"""What an evaluation says, as frozen dataclasses that go to JSON and back. Needs no library, so that cards need none.

A figure that the slices at hand do not define (no tumour-free slice, one class only) is None.
"""

from __future__ import annotations

from models.evaluation.figures.figure import Bin, Figure, Point, Precision, Reliability
from models.evaluation.figures.source import Across, Evaluation, Source
from models.evaluation.figures.tumours import Detection, LesionGroup, Outlines, Presence, SizeRow, TypeClass, Types

__all__ = [
    "Across",
    "Bin",
    "Detection",
    "Evaluation",
    "Figure",
    "LesionGroup",
    "Outlines",
    "Point",
    "Precision",
    "Presence",
    "Reliability",
    "SizeRow",
    "Source",
    "TypeClass",
    "Types",
]
