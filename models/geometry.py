"""Where a pixel of the network's input lies in the stored image.

Two conventions meet here. *Points* name pixel centres: (0, 0) is the centre of the first pixel. *Boxes* name pixel
edges: (0, 0, 1, 1) is that whole pixel. A point is its edge coordinate less a half; resizing keeps edges, not centres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Box = tuple[int, int, int, int]
"""(x0, y0, x1, y1), half-open."""


def oriented(pixels: NDArray[T], orientation: int) -> NDArray[T]:
    """The stored image (h, w, ...) as a viewer shows it under an EXIF orientation 1..8; a view, not a copy."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def inverse_orientation(orientation: int) -> int:
    """The orientation that undoes `orientation`."""
    return {6: 8, 8: 6}.get(orientation, orientation)


@dataclass(frozen=True)
class Frame:
    """A crop of the displayed image, resized: the network's input, and the way back to stored pixels.

    stored_size: (width, height) of the stored image; orientation: EXIF 1..8, applied before the crop.
    crop: box in displayed pixels, which may reach beyond the image (what lies there is black).
    size: (width, height) of the network's input.
    """

    stored_size: tuple[int, int]
    orientation: int
    crop: Box
    size: tuple[int, int]

    @property
    def displayed_size(self) -> tuple[int, int]:
        """(width, height) of the image as displayed."""
        return self.stored_size if self.orientation < 5 else (self.stored_size[1], self.stored_size[0])

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """The 2 x 3 affine from a point of the network's input to the stored point."""
        edges = self._display_to_stored @ self._input_to_display
        centres = edges @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        centres[:2, 2] -= 0.5
        return np.asarray(centres[:2])

    def warp(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's input (height, width) from the stored image; averaged where it shrinks, so nothing aliases."""
        x0, y0, x1, y1 = self.crop
        width, height = self.displayed_size
        inside = oriented(image, self.orientation)[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        above, below, before, after = (max(0, edge) for edge in (-y0, y1 - height, -x0, x1 - width))
        if above or below or before or after:
            inside = np.pad(inside, ((above, below), (before, after)))
        return _resized(inside, self.size)

    def unwarp(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """A map over the network's input, at any resolution, brought to the stored image; 0 outside the crop."""
        x0, y0, x1, y1 = self.crop
        width, height = self.displayed_size
        canvas = np.zeros((height, width), np.float32)
        enlarged = _resized(values, (x1 - x0, y1 - y0))
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        canvas[top:bottom, left:right] = enlarged[top - y0 : bottom - y0, left - x0 : right - x0]
        return np.ascontiguousarray(oriented(canvas, inverse_orientation(self.orientation)))

    def to_stored(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) as (x, y) of the network's input as stored points."""
        return np.asarray(points @ self.matrix[:, :2].T + self.matrix[:, 2])

    @property
    def _input_to_display(self) -> NDArray[np.float64]:
        x0, y0, x1, y1 = self.crop
        return np.array([[(x1 - x0) / self.size[0], 0, x0], [0, (y1 - y0) / self.size[1], y0], [0, 0, 1]], np.float64)

    @property
    def _display_to_stored(self) -> NDArray[np.float64]:
        """The flips and the transposition of `oriented`, for edge coordinates."""
        width, height = self.displayed_size
        flip = np.eye(3)
        if self.orientation in (2, 3, 6, 7):
            flip[0] = (-1, 0, width)
        if self.orientation in (3, 4, 7, 8):
            flip[1] = (0, -1, height)
        return flip[[1, 0, 2]] if self.orientation >= 5 else flip


def _resized(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """`image` at `size` (width, height), half-pixel centres kept: area average to shrink, bilinear to enlarge."""
    shrinks = image.shape[1] > size[0] and image.shape[0] > size[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=interpolation), np.float32)
