"""Synthetic scans as DICOM, with the header that a scanner of their kind writes."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

from models.report import Kind
from models.synthetic.scan import SyntheticScan


def dicom_header(scan: SyntheticScan, pixels: NDArray[np.unsignedinteger], other: bool = False) -> FileDataset:
    """A single-frame image, marked as derived and made up. Its UIDs follow from its pixels.

    other: written as another maker does it: X-rays as MONOCHROME2 and not 1, of the chest as CR and not DX.
    """
    header = _common(scan, pixels)
    if scan.kind is Kind.BRAIN_MRI:
        _describe_slice(header, scan, pixels)
    else:
        _describe_x_ray(header, scan, other)
        _set_film(header, pixels, inverted=not other)
    return header


def dicom_bytes(header: FileDataset) -> bytes:
    """The file as it is written to a disk."""
    buffer = io.BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _common(scan: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> FileDataset:
    instance = generate_uid(entropy_srcs=["oncoqueue", pixels.tobytes().hex()])
    meta = FileMetaDataset()
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPInstanceUID = instance
    header.StudyInstanceUID, header.SeriesInstanceUID = UID(f"{instance[:60]}.1"), UID(f"{instance[:60]}.2")
    header.PatientName, header.PatientID = "SYNTHETIC^SCAN", "SYNTHETIC"
    header.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    header.SeriesDescription = f"SYNTHETIC {scan.view.upper()} - RESEARCH USE ONLY"
    header.BurnedInAnnotation = "YES"
    return header


def _describe_slice(header: FileDataset, scan: SyntheticScan, pixels: NDArray[np.unsignedinteger]) -> None:
    _set_class(header, MRImageStorage, "MR", "HEAD")
    header.PixelSpacing = list(scan.spacing_mm)
    header.set_pixel_data(pixels, "MONOCHROME2", bits_stored=16, generate_instance_uid=False)
    header.WindowCenter, header.WindowWidth = int(pixels.max()) // 2, int(pixels.max())


def _describe_x_ray(header: FileDataset, scan: SyntheticScan, other: bool) -> None:
    header.ViewPosition, header.PresentationIntentType = scan.view, "FOR PRESENTATION"
    if scan.kind is Kind.MAMMOGRAM:
        _set_class(header, DigitalMammographyXRayImageStorageForPresentation, "MG", "BREAST")
        header.ImageLaterality = scan.side
        header.ImagerPixelSpacing = list(scan.spacing_mm)
    elif other:
        _set_class(header, ComputedRadiographyImageStorage, "CR", "CHEST")
        header.PixelSpacing = list(scan.spacing_mm)
    else:
        _set_class(header, DigitalXRayImageStorageForPresentation, "DX", "CHEST")
        header.ImagerPixelSpacing = list(scan.spacing_mm)


def _set_class(header: FileDataset, sop_class: UID, modality: str, body_part: str) -> None:
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = sop_class
    header.Modality, header.BodyPartExamined = modality, body_part


def _set_film(header: FileDataset, pixels: NDArray[np.unsignedinteger], inverted: bool) -> None:
    """Pixels in the fewest bits that hold them, 12 at least, and the window that shows all of them."""
    bits = max(12, int(pixels.max()).bit_length())
    highest = 2**bits - 1
    values = np.asarray(highest - pixels if inverted else pixels, np.uint16)
    interpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    header.set_pixel_data(values, interpretation, bits_stored=bits, generate_instance_uid=False)
    header.WindowCenter, header.WindowWidth = 2 ** (bits - 1), 2**bits
