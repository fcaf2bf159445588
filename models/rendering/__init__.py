"""Pictures for readers, as PNG bytes.

All are in stored orientation, as the boxes and contours of the result are, but for the thumbnail: it is shown alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import oriented
from models.reading import Scan
from models.rendering.canvas import Colour, grey_picture, grey_png, in_colour, png, resized, thumbnail
from models.rendering.heat import blend_heat, draw_scale
from models.rendering.labels import place_label
from models.rendering.lettering import plate, stamp, stamp_corner, text_size
from models.rendering.outlines import Pen, Points, draw_region, smooth_outline
from models.report import Finding, ModelInfo

__all__ = [
    "label_colour",
    "render_heatmap",
    "render_mask",
    "render_original",
    "render_overlay",
    "render_thumbnail",
    "sheet_footer",
]

RESEARCH_USE = "Research use only"
# After Okabe and Ito's palette: told apart with any colour vision.
LABEL_COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        **dict.fromkeys(("glioma", "suspicious lesion", "suspicious opacity"), (240, 165, 0)),
        **dict.fromkeys(("meningioma", "benign lesion", "indeterminate opacity"), (86, 180, 233)),
        "pituitary": (60, 200, 115),
    }
)
OTHER_COLOUR: Colour = (224, 130, 180)
BOLD = Pen(line=4, rim=7, dash=11, gap=9)
"""For thumbnails, which are shown at half their size or less."""


def render_original(scan: Scan) -> bytes:
    """The scan alone in 8-bit grey, longest side 512 to 1024 pixels."""
    return grey_png(grey_picture(scan.pixels))


def render_overlay(scan: Scan, findings: Sequence[Finding], model: ModelInfo) -> bytes:
    """The scan with its reported findings outlined; each label gives the type and that type's probability.

    A dashed outline and a question mark tell that the type is in doubt.
    """
    picture = in_colour(grey_picture(scan.pixels))
    reported = [finding for finding in findings if finding.reported]
    scale = _scale(scan, picture.shape)
    outlines = [_outline(finding, scale) for finding in reported]
    for finding, outline in zip(reported, outlines, strict=True):
        draw_region(picture, outline, label_colour(finding.label), dashed=not finding.certain)
    taken = [stamp_corner(picture, _footer(model) if reported else f"No region reported. {_footer(model)}")]
    for finding, outline in zip(reported, outlines, strict=True):
        layer = plate(_caption(finding), text_size(picture), label_colour(finding.label))
        box = place_label(outline, layer[1].shape[:2], picture.shape[:2], taken)
        stamp(picture, box[0], box[1], layer)
        taken.append(box)
    return png(picture)


def render_thumbnail(scan: Scan, findings: Sequence[Finding]) -> bytes:
    """The scan as a viewer shows it, 192 pixels long, its reported findings outlined boldly, without text.

    A dashed outline tells that the type is in doubt.
    """
    picture = in_colour(thumbnail(scan.pixels))
    scale = _scale(scan, picture.shape)
    for finding in findings:
        if finding.reported:
            draw_region(picture, _outline(finding, scale), label_colour(finding.label), not finding.certain, BOLD)
    return png(np.ascontiguousarray(oriented(picture, scan.orientation)))


def render_heatmap(scan: Scan, activation: NDArray[np.float32], model: ModelInfo) -> bytes:
    """The scan under a map (h, w, stored pixels) of what the network says of each pixel, 0..1, not calibrated."""
    picture = in_colour(grey_picture(scan.pixels))
    blend_heat(picture, resized(activation))
    draw_scale(picture, text_size(picture))
    stamp_corner(picture, _footer(model))
    return png(picture)


def render_mask(scan: Scan, findings: Sequence[Finding]) -> bytes:
    """The reported regions white on black, pixel for pixel the stored size: it fits on the file that was sent."""
    mask = np.zeros(scan.pixels.shape, np.uint8)
    for finding in findings:
        if finding.reported:
            cv2.fillPoly(mask, [np.array(finding.contour, np.int32)], 255)
    return png(mask)


def _scale(scan: Scan, shape: tuple[int, ...]) -> tuple[float, float]:
    """(x, y) picture pixels for one stored pixel."""
    height, width = scan.pixels.shape
    return shape[1] / width, shape[0] / height


def _outline(finding: Finding, scale: tuple[float, float]) -> Points:
    return smooth_outline(np.array(finding.contour, np.float64), scale)


def label_colour(label: str) -> Colour:
    """The colour of a type."""
    return LABEL_COLOURS.get(label, OTHER_COLOUR)


def sheet_footer(model: ModelInfo) -> str:
    """What a sheet of slices says of itself."""
    return f"{_footer(model)}. The framed slice is the one shown."


def _footer(model: ModelInfo) -> str:
    return f"{RESEARCH_USE}. {model.name} {model.version}"


def _caption(finding: Finding) -> str:
    percent = min(
        99, round(100 * finding.probabilities.get(finding.label, finding.score))
    )  # certainty is never claimed
    return f"{finding.label}{'' if finding.certain else '?'} {percent}%"
