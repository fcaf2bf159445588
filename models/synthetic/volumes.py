"""A synthetic head as many slices, a lesion growing and shrinking in them: as DICOM series, one file, or NIfTI."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import EnhancedMRImageStorage, generate_uid

from models.synthetic.brain import LesionType, Level, Weighting, draw_slice
from models.synthetic.dicom import dicom_bytes, dicom_header
from models.synthetic.scan import SyntheticScan

_AXIAL = [1, 0, 0, 0, 1, 0]


@dataclass(frozen=True, eq=False)
class SyntheticVolume:
    """Axial slices from the feet up, all of one head; `masks` (slices, h, w) of the one lesion; spacings in mm.

    They show the middle of one slice over and over, as the drawn head has no third dimension; only the lesion has.
    """

    slices: tuple[SyntheticScan, ...]
    masks: NDArray[np.bool_]
    slice_spacing_mm: float

    @property
    def volume_ml(self) -> float:
        """Of the lesion."""
        row, column = self.slices[0].spacing_mm
        return float(self.masks.sum() * row * column * self.slice_spacing_mm / 1000)


def draw_volume(
    seed: int,
    count: int = 9,
    lesion: LesionType | None = LesionType.MENINGIOMA,
    thickness: int = 5,
    size: int = 256,
    slice_spacing_mm: float = 5.0,
) -> SyntheticVolume:
    """`count` slices of a head; the lesion is seen on the `thickness` in the middle, largest on the middle one."""
    full = draw_slice(seed, lesion, Weighting.T1, size, bits=16, level=Level.VENTRICLES)
    clear = draw_slice(seed, None, Weighting.T1, size, bits=16, level=Level.VENTRICLES)
    slices, masks = [], []
    for number in range(count):
        share = 1 - abs(number - count // 2) / (thickness / 2 + 0.5)
        scan, mask = _slice(full, clear, share)
        slices.append(scan)
        masks.append(mask)
    return SyntheticVolume(tuple(slices), np.stack(masks), slice_spacing_mm)


def series_files(volume: SyntheticVolume, series: str | None = None) -> tuple[bytes, ...]:
    """One DICOM file a slice, with its place in the patient."""
    uid = series or generate_uid()
    files = []
    for number, scan in enumerate(volume.slices):
        header = dicom_header(scan, scan.pixels.astype(np.uint16))
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        header.SeriesInstanceUID, header.InstanceNumber = uid, number + 1
        header.ImageOrientationPatient = _AXIAL
        header.ImagePositionPatient = [-100, -100, number * volume.slice_spacing_mm]
        header.SpacingBetweenSlices = volume.slice_spacing_mm
        files.append(dicom_bytes(header))
    return tuple(files)


def enhanced_header(volume: SyntheticVolume, order: Sequence[int] | None = None) -> FileDataset:
    """One Enhanced MR file; its frames come in `order`, and only the groups of each say where it lies."""
    order = order or range(len(volume.slices))
    scan = volume.slices[0]
    header = dicom_header(scan, scan.pixels.astype(np.uint16))
    for keyword in ("PixelSpacing", "WindowCenter", "WindowWidth"):
        delattr(header, keyword)
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    frames = np.stack([volume.slices[number].pixels for number in order]).astype(np.uint16)
    header.set_pixel_data(frames, "MONOCHROME2", bits_stored=16, generate_instance_uid=False)
    shared = Dataset()
    shared.PixelMeasuresSequence = _item(
        PixelSpacing=list(scan.spacing_mm), SpacingBetweenSlices=volume.slice_spacing_mm
    )
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=_AXIAL)
    header.SharedFunctionalGroupsSequence = DicomSequence([shared])
    header.PerFrameFunctionalGroupsSequence = DicomSequence([_groups(volume, number) for number in order])
    return header


def nifti_bytes(volume: SyntheticVolume) -> bytes:
    """The slices as NIfTI, its axes to the patient's right, front and head."""
    array = np.stack([np.rot90(scan.pixels, 2).T for scan in volume.slices], axis=-1).astype(np.int16)
    row, column = volume.slices[0].spacing_mm
    image = nibabel.Nifti1Image(array, np.diag([column, row, volume.slice_spacing_mm, 1]))
    buffer = io.BytesIO()
    image.to_stream(buffer)
    return buffer.getvalue()


def _slice(full: SyntheticScan, clear: SyntheticScan, share: float) -> tuple[SyntheticScan, NDArray[np.bool_]]:
    """The head with what of the lesion lies within `share` of its radius."""
    empty = np.zeros(clear.pixels.shape, bool)
    if share <= 0 or not full.lesions:
        return clear, empty
    depth = cv2.distanceTransform(full.lesions[0].mask.astype(np.uint8), cv2.DIST_L2, 5)
    mask = depth > (1 - share) * depth.max()
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)
    mixed = clear.pixels + (full.pixels.astype(np.float32) - clear.pixels) * soft
    return SyntheticScan(mixed.astype(np.uint16), (), clear.spacing_mm, clear.kind, clear.view), np.asarray(mask)


def _groups(volume: SyntheticVolume, number: int) -> Dataset:
    groups = Dataset()
    groups.PlanePositionSequence = _item(ImagePositionPatient=[-100, -100, number * volume.slice_spacing_mm])
    peak = int(volume.slices[number].pixels.max())
    groups.FrameVOILUTSequence = _item(WindowCenter=peak / 2, WindowWidth=peak)
    return groups


def _item(**elements: object) -> DicomSequence:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return DicomSequence([item])
