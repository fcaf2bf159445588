"""The reported regions as a binary DICOM segmentation, one segment a lesion."""

from __future__ import annotations

import copy

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from shared.dicom.head import MANUFACTURER
from shared.schemas import ImageInfo
from worker.objects import codes
from worker.objects.case import Case, lesion_name
from worker.objects.regions import mask_of
from worker.objects.series import own_series, with_names

MOST_MASK_PIXELS = 400_000_000
"""Of all masks together, a byte each while at work; the weakest lesions beyond them have no segment."""


def segmentation(case: Case, image: ImageInfo) -> Segmentation:
    """One segment for each reported lesion, under its tracking UID. There must be at least one."""
    masks = _masks(case, image)
    referred = _with_frame_of_reference(case)
    made = Segmentation(
        [referred],
        masks[None],
        SegmentationTypeValues.BINARY,
        [_segment(case, number) for number in range(1, masks.shape[-1] + 1)],
        content_label="LESIONS",
        content_description="Regions outlined by a model. Research use only.",
        coding_schemes=[codes.OWN_SCHEME_ITEM],
        **own_series(case, "seg", "OncoQueue regions"),
    )
    if "FrameOfReferenceUID" not in case.source:
        del made.FrameOfReferenceUID, made.PositionReferenceIndicator
        made.PatientOrientation = None  # required, if empty, of an image that lies nowhere
    return with_names(made, case)


def _masks(case: Case, image: ImageInfo) -> NDArray[np.uint8]:
    """(height, width, lesions)."""
    most = max(1, MOST_MASK_PIXELS // (image.width * image.height))
    return np.stack([mask_of(finding, image) for finding in case.lesions[:most]], axis=-1)


def _with_frame_of_reference(case: Case) -> Dataset:
    """The source, with a frame of reference for highdicom, which refuses MR without one."""
    if "FrameOfReferenceUID" in case.source:
        return case.nameless
    referred = copy.deepcopy(case.nameless)
    referred.FrameOfReferenceUID = case.identity.source_uid("frame of reference")
    return referred


def _segment(case: Case, number: int) -> SegmentDescription:
    region = codes.body_region(case.result.kind or "")
    return SegmentDescription(
        number,
        lesion_name(number),
        codes.ABNORMAL,
        codes.LESION,
        SegmentAlgorithmTypeValues.AUTOMATIC,
        AlgorithmIdentificationSequence(
            case.model.name, codes.ARTIFICIAL_INTELLIGENCE, case.model.version, source=MANUFACTURER
        ),
        tracking_uid=case.tracking_uid(number),
        tracking_id=lesion_name(number),
        anatomic_regions=[region] if region else None,
    )
