"""Which candidate region is the tumour: what scores are calibrated to, and what an evaluation holds them against."""

from __future__ import annotations

import cv2
import numpy as np

HIT_IOU = 0.3  # a candidate that shares this much with the truth is the tumour, its outline more or less right


def shared_with_truth(region: np.ndarray, truth: np.ndarray, outlined: bool) -> float:
    """IoU of two bool masks (height, width); the region counts as its bounding box where the truth is no outline."""
    if not outlined:
        x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
        region = np.zeros_like(region)
        region[y : y + height, x : x + width] = True
    return float((region & truth).sum() / max((region | truth).sum(), 1))
