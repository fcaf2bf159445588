"""What an image shows: the head, a breast, the lungs. One file each, found by classic image processing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.subjects.breast import find_breast
from models.subjects.head import find_head
from models.subjects.lungs import find_lungs
from models.subjects.subject import Subject

__all__ = ["FINDERS", "FINDERS_VERSION", "Subject"]

FINDERS: Mapping[str, Callable[[NDArray[np.float32]], Subject]] = MappingProxyType(
    {"head": find_head, "breast": find_breast, "lungs": find_lungs}
)
"""By the name that a recipe gives; each takes an image as displayed, float32 (height, width) in 0..1."""

FINDERS_VERSION = 2
"""To be raised with every change to what a finder but the head's makes of an image: it is then packed anew."""
