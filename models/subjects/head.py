"""The head in a slice."""

from __future__ import annotations

import cv2
import numpy as np

from models.geometry import Box
from models.subjects.subject import Subject

FOREGROUND = 0.08  # of full brightness: darker is air, measured on the training scans


def find_head(upright: np.ndarray) -> Subject:
    """The head in an image as displayed, float32 (height, width) in 0..1."""
    return Subject(head_box(upright))


def head_box(upright: np.ndarray) -> Box:
    """The head's bounding box. Where no head stands out from the air, the whole image is the head."""
    height, width = upright.shape
    scale = min(1.0, 256 / max(height, width))
    small = cv2.resize(upright, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else upright
    bright = (cv2.GaussianBlur(small, (5, 5), 0) > FOREGROUND).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
    if len(stats) < 2:
        return 0, 0, width, height
    x, y, w, h, area = stats[1:][np.argmax(stats[1:, cv2.CC_STAT_AREA])]
    if area < 0.1 * small.size:  # specks, not a head
        return 0, 0, width, height
    return round(x / scale), round(y / scale), round((x + w) / scale), round((y + h) / scale)
