"""What the figures are measured against: the best published ones by patient, and what we want of a release."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.evaluation.targets.brain import BRAIN_TARGETS
from models.evaluation.targets.target import Target
from models.evaluation.targets.x_rays import CHEST_TARGETS, MAMMOGRAM_TARGETS
from models.report import Kind

__all__ = ["TARGETS", "Target"]

TARGETS: Mapping[str, tuple[Target, ...]] = MappingProxyType(
    {Kind.BRAIN_MRI: BRAIN_TARGETS, Kind.MAMMOGRAM: MAMMOGRAM_TARGETS, Kind.CHEST_XRAY: CHEST_TARGETS}
)
"""By the kind of image, as an evaluation names it."""
