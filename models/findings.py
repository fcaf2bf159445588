"""From candidates in the cropped frame to findings in stored pixels: contour, box, measurements, judgement."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from models.candidates import Candidate
from models.geometry import Box, Frame
from models.judgement import judge_malignancy
from models.location import location
from models.measurement import measure
from models.preprocessing import Prepared
from models.presets import Preset
from models.release import Release
from models.report import Finding, Measurements

LARGEST_WORK_SIDE = 1024  # outlines of larger subjects are drawn at this size and scaled: time and memory stay bounded


def work_frame(prepared: Prepared) -> Frame:
    """What was cropped at the stored resolution, its longer side at most 1024."""
    x0, y0, x1, y1 = prepared.frame.crop
    scale = min(1.0, LARGEST_WORK_SIDE / max(x1 - x0, y1 - y0))
    return replace(prepared.frame, size=(max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))))


def field_on(prepared: Prepared, frame: Frame) -> np.ndarray:
    """Where on `frame` the subject can have a finding, bool (height, width) of it."""
    field, (width, height) = prepared.subject.field, frame.size
    if field is None:
        return np.ones((height, width), bool)
    (x0, y0, _, _), (across, down) = frame.crop, _pixels_per_cell(frame)
    columns, rows = (
        np.floor(first + (np.arange(cells) + 0.5) * step).astype(int).clip(0, length - 1)
        for first, cells, step, length in ((x0, width, across, field.shape[1]), (y0, height, down, field.shape[0]))
    )
    return np.asarray(field[np.ix_(rows, columns)] & _inside_image(frame))


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
        measurements=_measure(mask, prepared, frame, preset),
        contour=tuple((int(px), int(py)) for px, py in contour),
    )


def _box_of(contour: np.ndarray) -> Box:
    x, y, width, height = cv2.boundingRect(contour)
    return x, y, x + width, y + height


def _inside_image(frame: Frame) -> np.ndarray:
    """Where `frame` holds image and not padding, bool (height, width) of it."""
    width, height = frame.displayed_size
    return _filled_box(frame, (0, 0, width, height))


def _filled_box(frame: Frame, box: Box) -> np.ndarray:
    """A box in displayed pixels as bool (height, width) of `frame`."""
    across, down = _pixels_per_cell(frame)
    x0, y0, x1, y1 = np.subtract(box, frame.crop[:2] * 2)
    filled = np.zeros((frame.size[1], frame.size[0]), bool)
    left, top, right, bottom = (max(round(v), 0) for v in (x0 / across, y0 / down, x1 / across, y1 / down))
    filled[top:bottom, left:right] = True
    return filled


def _pixels_per_cell(frame: Frame) -> tuple[float, float]:
    """Displayed pixels, (across, down), of one pixel of `frame`."""
    x0, y0, x1, y1 = frame.crop
    return (x1 - x0) / frame.size[0], (y1 - y0) / frame.size[1]


def _outline(mask: np.ndarray) -> np.ndarray | None:
    """The outer outline of the mask's largest part as int32 (n, 2) points; None for an empty mask."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return np.asarray(max(contours, key=cv2.contourArea)[:, 0, :]) if contours else None


def _to_stored(outline: np.ndarray, frame: Frame) -> np.ndarray:
    """The outline as int32 (n, 2) stored pixels, inside the image."""
    points = np.rint(frame.to_stored(outline.astype(np.float64)))
    return np.clip(points, 0, np.array(frame.stored_size) - 1).astype(np.int32)


def _measure(mask: np.ndarray, prepared: Prepared, frame: Frame, preset: Preset) -> Measurements:
    """In mm where the spacing is known, else in widths of a stored pixel, whatever the working size."""
    across, down = _pixels_per_cell(frame)
    row, column = prepared.scan.pixel_size
    if prepared.scan.orientation >= 5:  # displayed rows are stored columns
        row, column = column, row
    subject = _filled_box(frame, prepared.subject.box)
    where = location(mask, subject, prepared.scan.directions, preset.subject)
    measured = measure(mask, (row * down, column * across), where)
    return measured if prepared.scan.spacing_mm else replace(measured, unit="px")
