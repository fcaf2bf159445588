"""PNG, JPEG, TIFF and BMP through Pillow."""

from __future__ import annotations

import struct
import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from models.errors import ScanRejectedError
from models.geometry import inverse_orientation, oriented
from models.reading.limits import check_size
from models.reading.rejection import as_rejection
from models.reading.scan import Scan
from models.reading.signatures import Format
from models.reading.tone import colourfulness_of, grey_of, stretch, unit_range

# The plug-in is called by name because Image.open() would try others, and warns of sizes that we bound ourselves.
_PLUGINS: dict[Format, type[ImageFile.ImageFile]] = {
    Format.PNG: PngImageFile,
    Format.JPEG: JpegImageFile,
    Format.TIFF: TiffImageFile,
    Format.BMP: BmpImageFile,
}
# What Pillow's decoders raise at damaged input, found by cutting and flipping bytes of valid files.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    OverflowError,
    AttributeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_ORIENTATION = 0x0112
_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0


def read_raster(file: BinaryIO, format: Format, max_pixels: int) -> Scan:
    """Read one picture; raises ScanRejectedError where it is damaged, too large or not single."""
    with as_rejection(f"The {format} file is damaged: its header cannot be read", _DECODER_ERRORS):
        image = _PLUGINS[format](file)
        frames = getattr(image, "n_frames", 1)
    check_size(image.width, image.height, max_pixels)
    if frames > 1:
        raise ScanRejectedError(f"The {format} file holds {frames} pictures; one picture a file can be read.")
    with as_rejection(f"The {format} file is truncated or damaged: its pixels cannot be decoded", _DECODER_ERRORS):
        orientation = _orientation(image)
        white_is_zero = _is_wide_white_is_zero(image)
        image.load()
        orientation = orientation or _orientation(image) or 1  # a PNG may carry EXIF behind its pixels
        values, colourfulness = _grey_values(image)
    if format is Format.TIFF:  # Pillow has turned it already
        values = oriented(values, inverse_orientation(orientation))
    pixels = unit_range(values) if values.itemsize == 1 else stretch(values)
    return Scan(
        pixels=1 - pixels if white_is_zero else pixels,
        orientation=orientation,
        spacing_mm=None,  # a dpi field speaks of paper, not of the patient
        spacing_source=None,
        kind=None,
        colourfulness=colourfulness,
        format=format.value,
    )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8, or 0 where none is stated. Damaged EXIF never costs the picture."""
    try:
        value = image.getexif().get(_ORIENTATION, 0)
    except _DECODER_ERRORS:
        return 0
    return value if isinstance(value, int) and 1 <= value <= 8 else 0


def _is_wide_white_is_zero(image: Image.Image) -> bool:
    """Whether larger values are darker; Pillow inverts such TIFFs of 8 bits and fewer, but not wider ones."""
    if not isinstance(image, TiffImageFile) or image.mode in ("1", "L"):
        return False
    return bool(image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _grey_values(image: Image.Image) -> tuple[NDArray[Any], float]:
    """Grey values (h, w), uint8 or wider, and the colourfulness of what they were made from."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return np.asarray(image), 0.0
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        colour = rgba[..., :3]
        grey = grey_of(np.ascontiguousarray(colour))
        return (grey * (rgba[..., 3] / np.float32(255))).round().astype(np.uint8), colourfulness_of(colour)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L")), 0.0
    colour = np.asarray(image.convert("RGB"))
    return grey_of(colour), colourfulness_of(colour)
