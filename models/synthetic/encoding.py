"""Synthetic scans as files of each format that is read."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import JPEG2000Lossless

from models.geometry import inverse_orientation, oriented
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.synthetic.scan import SyntheticScan

_ORIENTATION = 0x0112
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Encoding:
    """How scans become files: file name suffix, bits a pixel, EXIF orientation, and the encoder."""

    suffix: str
    bits: int
    encode: Callable[[SyntheticScan, NDArray[np.unsignedinteger]], bytes]
    orientation: int = 1

    def stored(self, pixels: NDArray[T]) -> NDArray[T]:
        """Pixels or a mask (h, w) as they lie in the file."""
        return np.ascontiguousarray(oriented(pixels, inverse_orientation(self.orientation)))


def _by_pillow(format: str, orientation: int = 1) -> Callable[[SyntheticScan, NDArray[np.unsignedinteger]], bytes]:
    options: dict[str, object] = {"quality": 92} if format == "JPEG" else {}
    if orientation > 1:
        options["exif"] = Image.Exif()
        options["exif"][_ORIENTATION] = orientation  # type: ignore[index]

    def encode(_: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format, **options)
        return buffer.getvalue()

    return encode


def _dicom(scan: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> bytes:
    return dicom_bytes(dicom_header(scan, pixels))


def _dicom_jpeg2000(scan: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> bytes:
    header = dicom_header(scan, pixels, other=True)
    header.compress(JPEG2000Lossless, generate_instance_uid=False)
    return dicom_bytes(header)


ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {
        "dicom": Encoding("dcm", 16, _dicom),
        "png": Encoding("png", 8, _by_pillow("PNG")),
        "jpeg": Encoding("jpg", 8, _by_pillow("JPEG")),
        "dicom-jpeg2000": Encoding("dcm", 16, _dicom_jpeg2000),
        "png-16": Encoding("png", 16, _by_pillow("PNG")),
        "tiff": Encoding("tif", 16, _by_pillow("TIFF")),
        "bmp": Encoding("bmp", 8, _by_pillow("BMP")),
        "jpeg-turned": Encoding("jpg", 8, _by_pillow("JPEG", orientation=6), orientation=6),
    }
)
