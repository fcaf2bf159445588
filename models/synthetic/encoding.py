"""Synthetic slices as files of each format that is read."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless, MRImageStorage, generate_uid

from models.geometry import inverse_orientation, oriented
from models.synthetic.generator import SyntheticScan

_ORIENTATION = 0x0112
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Encoding:
    """How slices become files: file name suffix, bits a pixel, EXIF orientation, and the encoder."""

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
    header = dicom_header(scan, pixels)
    header.compress(JPEG2000Lossless, generate_instance_uid=False)
    return dicom_bytes(header)


def dicom_header(scan: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> FileDataset:
    """A single-frame MR image of the slice, marked as derived and made up. Its UIDs follow from its pixels."""
    instance = generate_uid(entropy_srcs=["oncoqueue", pixels.tobytes().hex()])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID, header.SOPInstanceUID = MRImageStorage, instance
    header.StudyInstanceUID, header.SeriesInstanceUID = UID(f"{instance[:60]}.1"), UID(f"{instance[:60]}.2")
    header.Modality, header.BodyPartExamined = "MR", "HEAD"
    header.PatientName, header.PatientID = "SYNTHETIC^SCAN", "SYNTHETIC"
    header.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    header.SeriesDescription = f"SYNTHETIC {scan.weighting.upper()} - RESEARCH USE ONLY"
    header.BurnedInAnnotation = "YES"
    header.PixelSpacing = list(scan.spacing_mm)
    header.set_pixel_data(pixels, "MONOCHROME2", bits_stored=16, generate_instance_uid=False)
    header.WindowCenter, header.WindowWidth = int(pixels.max()) // 2, int(pixels.max())
    return header


def dicom_bytes(header: FileDataset) -> bytes:
    """The file as it is written to a disk."""
    buffer = io.BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


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
