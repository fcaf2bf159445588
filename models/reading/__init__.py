"""From a file of any supported format to grey images: `open_scan(path)` gives a `Scan`, or a `Volume` of many slices.

`read_scan(path)` is for those who want one image.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from models.errors import ScanRejectedError
from models.reading.dicom import read_dicom
from models.reading.nifti import read_nifti
from models.reading.raster import read_raster
from models.reading.scan import Scan
from models.reading.series import grouped, volume_of
from models.reading.signatures import HEAD_BYTES, Format, recognise
from models.reading.volume import Place, Slice, Volume

__all__ = ["MAX_PIXELS", "Place", "Scan", "Slice", "Volume", "open_scan", "open_series", "read_scan", "series_in"]

MAX_PIXELS = 40_000_000  # the largest mammograms have half of that; each pixel costs some 20 bytes while at work


def open_scan(path: Path, max_pixels: int = MAX_PIXELS) -> Scan | Volume:
    """Read the image in the file at `path`, whatever its name, or make its many slices ready to be read.

    Raises ScanRejectedError, with a sentence a person can act on, where the file is at fault (missing, damaged, blank,
    too large, not an image, not a kind of image that is read). An error of the disk stays an OSError.
    """
    with ExitStack() as closing:
        file = closing.enter_context(_opened(path))
        format = recognise(file.read(HEAD_BYTES))
        file.seek(0)
        found = _read(file, format, max_pixels)
        if isinstance(found, Volume):
            closing.pop_all()  # it reads on, and closes the file when it is forgotten
    return found


def read_scan(path: Path, max_pixels: int = MAX_PIXELS) -> Scan:
    """The one image in the file at `path`. Raises what `open_scan` does, and ScanRejectedError for many slices."""
    found = open_scan(path, max_pixels)
    if isinstance(found, Volume):
        raise ScanRejectedError(f"The file holds {len(found)} slices; a single image is read here.")
    return found


def series_in(paths: Iterable[Path], max_pixels: int = MAX_PIXELS) -> list[tuple[Path, ...]]:
    """These files sorted into what is read together: a DICOM series of single images, or a file by itself."""
    return grouped(paths, max_pixels)


def open_series(paths: Sequence[Path], max_pixels: int = MAX_PIXELS) -> Volume:
    """The images of one series as a volume. Raises ScanRejectedError where it is too large or nothing of it is read."""
    return volume_of(paths, max_pixels, read_scan)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise ScanRejectedError("There is no file at this path.") from error
    except IsADirectoryError as error:
        raise ScanRejectedError("This is a directory, not a file.") from error
    except PermissionError as error:
        raise ScanRejectedError("The file may not be read: permission denied.") from error


def _read(file: BinaryIO, format: Format, max_pixels: int) -> Scan | Volume:
    if format is Format.DICOM:
        return read_dicom(file, max_pixels)
    if format is Format.NIFTI:
        return read_nifti(file, max_pixels)
    return read_raster(file, format, max_pixels)
