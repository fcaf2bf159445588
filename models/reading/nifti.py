"""NIfTI (.nii, .nii.gz): the slices of its first volume, in radiological display."""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from models.errors import ScanRejectedError
from models.reading.content import Content
from models.reading.dicom_header import detail_of
from models.reading.inflate import GZIP, inflated
from models.reading.limits import check_size
from models.reading.nifti_header import HEADER_BYTES, NiftiHeader, parse_header
from models.reading.rejection import as_rejection
from models.reading.scan import Scan
from models.reading.signatures import GZIP_SIGNATURE, Format
from models.reading.tone import BLANK, STRETCH_PERCENTILES
from models.reading.volume import Place, Slice, Volume, check_volume

MOST_UNPACKED_BYTES = 1 << 30
_SAMPLES = 1_000_000
_ERRORS = (HeaderDataError, ValueError, TypeError, EOFError, LookupError, OverflowError, ArithmeticError, zlib.error)
_DAMAGED = "The NIfTI file is truncated or damaged"


@dataclass(frozen=True, eq=False)
class _Array:
    """The first volume on the disk, and the range of its values that becomes 0..1: one for all slices."""

    values: NDArray[Any]
    header: NiftiHeader
    range: tuple[float, float]

    def slice(self, index: int) -> Scan:
        """The slice of this number along the array's axis. Raises ScanRejectedError for a blank one."""
        view = self.header.view
        cut = np.take(self.values, index, axis=view.axes[0])
        rows_last = view.axes[1] > view.axes[2]
        grey = np.ascontiguousarray(cut if rows_last else cut.T)
        grey = _scaled(grey, self.header.scaling)
        grey = grey[:, ::-1] if view.flips[1] else grey
        grey = grey[::-1] if view.flips[2] else grey
        low, high = self.range
        pixels = np.nan_to_num(np.clip((grey - low) / (high - low), 0, 1), nan=0.0)
        if pixels.min() == pixels.max():
            raise ScanRejectedError(BLANK)
        spacing = view.spacing_mm
        return Scan(
            pixels=np.ascontiguousarray(pixels, np.float32),
            orientation=1,
            spacing_mm=spacing,
            spacing_source="affine" if spacing else None,
            kind=None,
            colourfulness=0.0,
            format=Format.NIFTI.value,
            directions=view.directions,
        )


def read_nifti(file: BinaryIO, max_pixels: int) -> Scan | Volume:
    """The first volume; where it has one slice, that as an image. Raises ScanRejectedError."""
    packed = file.read(2) == GZIP_SIGNATURE
    file.seek(0)
    with as_rejection(_DAMAGED, _ERRORS, detail_of):
        header = parse_header(_head(file, packed))
        count = _checked(header, max_pixels)
        array = _array(_unpacked(file, header) if packed else file, header)
    if count == 1:
        return array.slice(0)
    return Volume(_slices(array, count), None, Format.NIFTI.value, _notes(header))


def _checked(header: NiftiHeader, max_pixels: int) -> int:
    """The number of slices, of a header that promises no more than is read."""
    through, x, y = (header.shape[axis] for axis in header.view.axes)
    check_size(x, y, max_pixels)
    check_volume(through, x * y, max_pixels)
    if header.end > MOST_UNPACKED_BYTES:
        raise ScanRejectedError(
            f"The NIfTI volume is too large: {header.end >> 20:,} MB; "
            f"at most {MOST_UNPACKED_BYTES >> 20:,} MB are read."
        )
    return through


def _head(file: BinaryIO, packed: bool) -> bytes:
    head = b"".join(inflated(file, GZIP, HEADER_BYTES)) if packed else file.read(HEADER_BYTES)
    file.seek(0)
    return head


def _unpacked(file: BinaryIO, header: NiftiHeader) -> BinaryIO:
    """The file as far as its first volume goes, unpacked to a file without a name: so memory stays free."""
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - the volume keeps it
    for piece in inflated(file, GZIP, header.end):
        unpacked.write(piece)
    unpacked.flush()
    return unpacked


def _array(file: BinaryIO, header: NiftiHeader) -> _Array:
    """Raises ValueError where the file is too short, ScanRejectedError where all its values are the same."""
    content = Content(file)
    if len(content.read(header.end - 1, 1)) != 1:
        raise ValueError("it ends before its last slice")
    values = np.memmap(file, header.dtype, "r", header.start, header.shape, order="F")
    return _Array(values, header, _value_range(values, header.scaling))


def _value_range(values: NDArray[Any], scaling: tuple[float, float]) -> tuple[float, float]:
    """The values that become black and white, over a sample of the whole volume."""
    step = max(1, int(np.ceil((values.size / _SAMPLES) ** (1 / 3))))
    sample = _scaled(values[::step, ::step, ::step], scaling).ravel()
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        raise ScanRejectedError("The NIfTI file holds no finite value.")
    low, high = (float(v) for v in np.percentile(sample, STRETCH_PERCENTILES))
    if high <= low:
        low, high = float(sample.min()), float(sample.max())
    if high <= low:
        raise ScanRejectedError(BLANK)
    return low, high


def _scaled(values: NDArray[Any], scaling: tuple[float, float]) -> NDArray[np.float32]:
    slope, inter = scaling
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(values * np.float64(slope) + inter, np.float32)


def _slices(array: _Array, count: int) -> tuple[Slice, ...]:
    """From the feet up, from the back to the front, or from the patient's right to the left."""
    view = array.header.view
    order = range(count - 1, -1, -1) if view.flips[0] else range(count)
    return tuple(
        Slice(partial(array.slice, index), Place(0, step, view.slice_spacing_mm), frame=index + 1)
        for step, index in enumerate(order)
    )


def _notes(header: NiftiHeader) -> tuple[str, ...]:
    if header.volumes == 1:
        return ()
    return (f"The file holds {header.volumes} volumes, one after the other; the first of them was read.",)
