"""The preprocessing steps as pictures, from the raw scan to what the network receives."""

from __future__ import annotations

from collections.abc import Iterator

from models.preprocessing import Prepared
from models.rendering.canvas import grey_picture, png


def render_steps(prepared: Prepared) -> Iterator[tuple[str, bytes]]:
    """(name, PNG bytes) of each step, in order."""
    steps = prepared.steps
    yield "raw", png(grey_picture(prepared.scan.pixels))
    yield "cropped", png(grey_picture(steps.cropped))
    yield "denoised", png(grey_picture(steps.denoised))
    yield "enhanced", png(grey_picture(steps.enhanced))
    yield "normalised", png(grey_picture(steps.normalised))
