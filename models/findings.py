"""From candidates in the head's square to findings in stored pixels: contour, box, measurements, judgement."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from models.candidates import Candidate
from models.geometry import Box, Frame
from models.judgement import judge_malignancy
from models.measurement import measure
from models.preprocessing import Prepared
from models.presets import Preset
from models.release import Release
from models.report import Finding, Measurements

LARGEST_WORK_SIDE = 1024  # outlines of larger heads are drawn at this size and scaled: time and memory stay bounded


def work_frame(prepared: Prepared) -> Frame:
    """The head's square at the stored resolution, or at 1024 where that is more."""
    x0, _, x1, _ = prepared.frame.crop
    side = min(x1 - x0, LARGEST_WORK_SIDE)
    return replace(prepared.frame, size=(side, side))


def describe(
    candidate: Candidate, reported: bool, prepared: Prepared, frame: Frame, release: Release, preset: Preset
) -> Finding | None:
    """One finding; None where nothing of the region lies inside the image. `candidate.mask` lies on `frame`.

    Outline, box and measurements all speak of the same region: what of it lies inside the image, its holes filled.
    """
    outline = _outline(candidate.mask & _inside_image(frame))
    if outline is None:
        return None
    mask = cv2.fillPoly(np.zeros(candidate.mask.shape, np.uint8), [outline], 1).astype(bool)
    contour = _to_stored(outline, frame)
    probabilities = {label: float(p) for label, p in zip(release.types, candidate.probabilities, strict=True)}
    return Finding(
        box=_box_of(contour),
        score=candidate.score,
        reported=reported,
        label=max(probabilities, key=probabilities.__getitem__),
        probabilities=probabilities,
        certain=candidate.certain,
        malignancy=judge_malignancy(preset, probabilities, candidate.malignant),
        measurements=_measure(mask, prepared, frame),
        contour=tuple((int(px), int(py)) for px, py in contour),
    )


def _box_of(contour: np.ndarray) -> Box:
    x, y, width, height = cv2.boundingRect(contour)
    return x, y, x + width, y + height


def _inside_image(frame: Frame) -> np.ndarray:
    """Where the square of `frame` holds image and not padding, bool over the square."""
    x0, y0, x1, _ = frame.crop
    width, height = frame.displayed_size
    side = frame.size[0]
    scale = side / (x1 - x0)
    inside = np.zeros((side, side), bool)
    left, top, right, bottom = (round(v * scale) for v in (-x0, -y0, width - x0, height - y0))
    inside[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    return inside


def _outline(mask: np.ndarray) -> np.ndarray | None:
    """The outer outline of the mask's largest part as int32 (n, 2) points; None for an empty mask."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.asarray(max(contours, key=cv2.contourArea)[:, 0, :]) if contours else None


def _to_stored(outline: np.ndarray, frame: Frame) -> np.ndarray:
    """The outline as int32 (n, 2) stored pixels, inside the image."""
    points = np.rint(frame.to_stored(outline.astype(np.float64)))
    return np.clip(points, 0, np.array(frame.stored_size) - 1).astype(np.int32)


def _measure(mask: np.ndarray, prepared: Prepared, frame: Frame) -> Measurements:
    """In mm where the spacing is known, else in stored pixels, whatever the working size."""
    x0, y0, x1, _ = frame.crop
    scale = (x1 - x0) / frame.size[0]
    row, column = prepared.scan.spacing_mm or (1.0, 1.0)
    if prepared.scan.orientation >= 5:  # displayed rows are stored columns
        row, column = column, row
    head = np.zeros(mask.shape, bool)
    left, top, right, bottom = (round(v / scale) for v in np.subtract(prepared.head, (x0, y0, x0, y0)))
    head[max(top, 0) : bottom, max(left, 0) : right] = True
    measured = measure(mask, (row * scale, column * scale), head, prepared.scan.directions)
    return measured if prepared.scan.spacing_mm else replace(measured, unit="px")
