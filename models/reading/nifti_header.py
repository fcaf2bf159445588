"""The header of a NIfTI file: where its first volume lies, and how it is turned to be displayed."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import nibabel
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from models.anatomy import Directions
from models.errors import ScanRejectedError
from models.reading.dicom_directions import directions_of_cosines
from models.reading.dicom_spacing import plausible
from models.reading.stacking import LEAST_SPACING_MM, MOST_SPACING_MM

HEADER_BYTES = 1024  # NIfTI-2 needs 544
_IN_MM = {"meter": 1000.0, "micron": 0.001}
_THICK = 1.2
"""Slices so many times further apart than their pixels were scanned as slices; else they are cut axially."""
# Radiological display of slices along patient axis x, y or z: towards the right edge, and downwards (x left, y back, z
# up, as DICOM counts): sagittal with the face to the left, coronal and axial with the patient's right to the left.
_SHOWN = ((1, 1, 2, -1), (0, 1, 2, -1), (0, 1, 1, 1))


@dataclass(frozen=True, eq=False)
class View:
    """How slices are cut from the array and turned: the array's axis of slices, columns (x) and rows (y) as displayed.

    flips: whether each of these three runs backwards through the array. spacing_mm: of (rows, columns), or None.
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    spacing_mm: tuple[float, float] | None
    slice_spacing_mm: float | None
    directions: Directions | None


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """Of the first volume: its shape (i, j, k), type on disk, start in the unpacked file, scaling, and how it is shown.

    volumes: how many the file holds, one after the other.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    start: int
    scaling: tuple[float, float]
    volumes: int
    view: View

    @property
    def end(self) -> int:
        """The byte after the first volume."""
        return self.start + int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def parse_header(head: bytes) -> NiftiHeader:
    """From the first bytes of an unpacked file. Raises ScanRejectedError, or what nibabel does at a damaged header."""
    is_first = head[344:348] in (b"n+1\0", b"ni1\0")
    if b"ni" in (head[344:346] if is_first else head[4:6]):
        raise ScanRejectedError("This is the header of a NIfTI pair; save it as one .nii file with its image.")
    kind = nibabel.Nifti1Header if is_first else nibabel.Nifti2Header
    header = kind.from_fileobj(BytesIO(head))
    dtype, shape = header.get_data_dtype(), tuple(int(n) for n in header.get_data_shape())
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise ScanRejectedError(
            f"The NIfTI file holds values of type {header.get_value_label('datatype')}, not grey ones."
        )
    if not 2 <= len(shape) <= 7 or min(shape) < 1:
        raise HeaderDataError(f"an image of shape {shape} is none")
    spatial = (*shape, 1)[:3]
    slope, inter = header.get_slope_inter()
    return NiftiHeader(
        shape=(spatial[0], spatial[1], spatial[2]),
        dtype=dtype.newbyteorder(header.endianness),
        start=int(header.get_data_offset()),
        scaling=(1.0 if slope is None else float(slope), 0.0 if inter is None else float(inter)),
        volumes=int(np.prod(shape[3:], dtype=np.int64)),
        view=_view(header, spatial),
    )


def _view(header: nibabel.Nifti1Header, shape: tuple[int, ...]) -> View:
    """By the affine; where that says nothing, the array as RAS: its first axis to the right, its second upwards."""
    affine = np.array(header.get_best_affine(), np.float64)[:3, :3]
    affine *= _IN_MM.get(header.get_xyzt_units()[0], 1.0)
    lengths = np.linalg.norm(affine, axis=0)
    known = bool(np.isfinite(affine).all() and lengths.min() > 0 and abs(np.linalg.det(affine / lengths)) > 0.1)
    if not known:
        affine, lengths = np.eye(3), np.full(3, np.nan)
    turned = affine / np.linalg.norm(affine, axis=0) * [[-1], [-1], [1]]  # NIfTI counts x right and y forward
    nearest = _nearest_axes(turned)
    through = _slice_axis(nearest, lengths, shape)
    right, right_sign, down, down_sign = _SHOWN[nearest[through]]
    x, y = nearest.index(right), nearest.index(down)
    signs = np.sign([turned[nearest[axis], axis] for axis in (through, x, y)]) * (1, right_sign, down_sign)
    cosines = (*(turned[:, x] * signs[1]), *(turned[:, y] * signs[2]))
    return View(
        axes=(through, x, y),
        flips=(bool(signs[0] < 0), bool(signs[1] < 0), bool(signs[2] < 0)),
        spacing_mm=_pair(lengths[y], lengths[x]),
        slice_spacing_mm=float(lengths[through]) if LEAST_SPACING_MM <= lengths[through] <= MOST_SPACING_MM else None,
        directions=directions_of_cosines(cosines) if known else None,
    )


def _nearest_axes(turned: NDArray[np.float64]) -> list[int]:
    """The patient's axis (0 x, 1 y, 2 z) that each of the array's three lies nearest to, each taken once."""
    left = np.abs(turned)
    nearest = [0, 0, 0]
    for _ in range(3):
        patient, array = np.unravel_index(int(left.argmax()), left.shape)
        nearest[array] = int(patient)
        left[patient, :], left[:, array] = -1, -1
    return nearest


def _slice_axis(nearest: list[int], lengths: NDArray[np.float64], shape: tuple[int, ...]) -> int:
    """The array's axis along which slices follow: the one that is much coarser than the others, else head to feet."""
    if min(shape) == 1:
        return shape.index(1) if shape[2] != 1 else 2
    coarsest = int(np.nanargmax(lengths)) if np.isfinite(lengths).all() else nearest.index(2)
    others = [length for axis, length in enumerate(lengths) if axis != coarsest]
    return coarsest if lengths[coarsest] >= _THICK * max(others) else nearest.index(2)


def _pair(row: float, column: float) -> tuple[float, float] | None:
    return (float(row), float(column)) if plausible((row, column)) else None
