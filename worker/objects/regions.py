"""From contours in stored pixels to DICOM's image coordinates and to masks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.schemas import Finding, ImageInfo

_FEWEST_CORNERS = 3


def outline_coordinates(finding: Finding) -> NDArray[np.float64]:
    """A closed polyline (n, 2) as (column, row) with the origin at the upper left corner of the first pixel.

    A contour names pixels by their centres, DICOM's image coordinates count from a corner (PS3.3 C.18.6): half a
    pixel lies between them. A region too small for an outline is given as its box.
    """
    if len(finding.contour) >= _FEWEST_CORNERS:
        corners = np.array(finding.contour, np.float64) + 0.5
    else:
        x0, y0, x1, y1 = finding.box
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)
    return np.concatenate([corners, corners[:1]])


def mask_of(finding: Finding, image: ImageInfo) -> NDArray[np.uint8]:
    """The region as 0 and 1, (height, width) of the stored image, as the contract says to fill it."""
    mask = np.zeros((image.height, image.width), np.uint8)
    cv2.fillPoly(mask, [np.array(finding.contour, np.int32)], 1)
    return mask
