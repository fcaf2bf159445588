"""How large a region is and what shape it has.

Lengths follow RECIST 1.1 (Eisenhauer 2009, doi 10.1016/j.ejca.2008.10.026): the longest diameter in the slice, and the
longest one at a right angle to it. Both are taken over the convex hull, from pixel edge to pixel edge, so that a
bar 10 pixels long measures 10 and not the 9 between its outermost centres.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.report import Measurements

Points = NDArray[np.floating]
_EDGE_MIDDLES = np.array([[-0.5, 0], [0.5, 0], [0, -0.5], [0, 0.5]], np.float32)
_PIXEL_VARIANCE = 1 / 12  # of a uniform unit square: a pixel has a size
_STAIRCASE_SAMPLES = 5.0  # outline detail shorter than this many pixels comes from the pixel grid, not the shape


def measure(mask: NDArray[np.bool_], spacing_mm: tuple[float, float] | None, location: str = "") -> Measurements:
    """Measure the region `mask` (h, w) as displayed; `spacing_mm` is (row, column), None gives pixels.

    `location` is told along in words. Raises ValueError for an empty mask.
    """
    if not mask.any():
        raise ValueError("an empty mask cannot be measured")
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask, np.uint8))
    region = mask[y : y + height, x : x + width]
    row_mm, column_mm = spacing_mm or (1.0, 1.0)
    scale = np.array([column_mm, row_mm], np.float32)
    contours = _outlines(region)
    hull = _hull(contours, scale)
    longest, short = _diameters(hull)
    pixel_area = row_mm * column_mm
    area = np.count_nonzero(region) * pixel_area
    return Measurements(
        longest_diameter=longest,
        short_axis=short,
        area=float(area),
        unit="px" if spacing_mm is None else "mm",
        circularity=_circularity(contours, scale, region.shape, pixel_area),
        eccentricity=_eccentricity(region, scale),
        solidity=min(1.0, float(area / cv2.contourArea(hull))),
        location=location,
    )


def _outlines(mask: NDArray[np.bool_]) -> list[Points]:
    """Pixel centres (n, 2) along the outer outline of each part."""
    found, _ = cv2.findContours(np.ascontiguousarray(mask, np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [contour[:, 0].astype(np.float32) for contour in found]


def _hull(contours: list[Points], scale: Points) -> Points:
    """Convex hull (n, 2) of the middles of all pixel edges: corners would lengthen every slanted and round shape."""
    points = np.concatenate(contours)[:, None] + _EDGE_MIDDLES
    return np.asarray(cv2.convexHull(points.reshape(-1, 2) * scale)[:, 0], np.float32)


def _diameters(hull: Points) -> tuple[float, float]:
    """The hull's longest diameter, and its longest chord at a right angle to that."""
    distances = np.linalg.norm(hull[:, None] - hull[None], axis=2)
    first, second = np.unravel_index(distances.argmax(), distances.shape)
    along = (hull[second] - hull[first]) / distances[first, second]
    normal = along[::-1] * np.array([-1, 1], np.float32)
    x, y = ((hull - hull[first]) @ np.stack([along, normal], axis=1)).T
    # The width is piecewise linear between vertices, so its maximum is at one of them.
    upper, lower = _chain(x, y, first, second), _chain(x, y, second, first)
    widths = np.abs(np.interp(x, *upper) - np.interp(x, *lower))
    return float(distances[first, second]), float(widths.max())


def _chain(x: Points, y: Points, start: np.intp, end: np.intp) -> tuple[Points, Points]:
    """The vertices from `start` round to `end`, sorted by x."""
    steps = (end - start) % len(x)
    indices = (start + np.arange(steps + 1)) % len(x)
    order = np.argsort(x[indices], kind="stable")
    return x[indices][order], y[indices][order]


def _circularity(contours: list[Points], scale: Points, shape: tuple[int, ...], pixel_area: float) -> float:
    """4 pi A / P^2 of the filled outline, 1 for a disc, at most 1."""
    filled = np.zeros(shape, np.uint8)
    cv2.drawContours(filled, [c.astype(np.int32)[:, None] for c in contours], -1, 1, cv2.FILLED)
    area = np.count_nonzero(filled) * pixel_area
    perimeter = sum(_perimeter(contour, scale) for contour in contours)
    return min(1.0, float(4 * math.pi * area / perimeter**2))


def _perimeter(contour: Points, scale: Points) -> float:
    """Length of an outline through pixel centres, freed of the pixel staircase, plus the half pixel around it.

    The staircase is removed by dropping the outline's short wavelengths; the first harmonic, hence a circle, stays.
    """
    spectrum = np.fft.fft(contour @ np.array([1, 1j]))
    wavelengths = 1 / np.maximum(np.abs(np.fft.fftfreq(len(contour))), 1e-9)
    keep = np.clip((wavelengths - _STAIRCASE_SAMPLES) / _STAIRCASE_SAMPLES, 0, 1)
    keep[np.abs(np.fft.fftfreq(len(contour), 1 / len(contour))) <= 1] = 1
    smooth = np.fft.ifft(spectrum * keep)
    steps = np.diff(smooth, append=smooth[:1])
    length = np.hypot(steps.real * scale[0], steps.imag * scale[1]).sum()
    return float(length + math.pi * math.sqrt(float(scale[0] * scale[1])))


def _eccentricity(mask: NDArray[np.bool_], scale: Points) -> float:
    """Of the ellipse with the region's second moments: 0 for a disc, towards 1 for a line."""
    moments = cv2.moments(np.ascontiguousarray(mask, np.uint8), binaryImage=True)
    xx, yy, xy = (moments[name] / moments["m00"] for name in ("mu20", "mu02", "mu11"))
    covariance = np.array([[xx + _PIXEL_VARIANCE, xy], [xy, yy + _PIXEL_VARIANCE]]) * np.outer(scale, scale)
    minor, major = np.linalg.eigvalsh(covariance)
    return math.sqrt(max(0.0, 1 - float(minor / major)))
