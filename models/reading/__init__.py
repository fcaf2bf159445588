"""From a file of any supported format to one grey image: `read_scan(path)` gives a `Scan` or says why not."""

from __future__ import annotations

from pathlib import Path

from models.errors import ScanRejectedError
from models.reading.dicom import read_dicom
from models.reading.raster import read_raster
from models.reading.scan import Scan
from models.reading.signatures import HEAD_BYTES, Format, recognise

__all__ = ["MAX_PIXELS", "Scan", "read_scan"]

MAX_PIXELS = 40_000_000  # the largest mammograms have half of that; each pixel costs some 20 bytes while at work


def read_scan(path: Path, max_pixels: int = MAX_PIXELS) -> Scan:
    """Read the image in the file at `path`, whatever its name.

    Raises ScanRejectedError, with a sentence a person can act on, where the file is at fault (missing, damaged, blank,
    too large, not an image, not a kind of image that is read). An error of the disk stays an OSError.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise ScanRejectedError("There is no file at this path.") from error
    except IsADirectoryError as error:
        raise ScanRejectedError("This is a directory, not a file.") from error
    except PermissionError as error:
        raise ScanRejectedError("The file may not be read: permission denied.") from error
    with file:
        format = recognise(file.read(HEAD_BYTES))
        file.seek(0)
        if format is Format.DICOM:
            return read_dicom(file, max_pixels)
        return read_raster(file, format, max_pixels)
