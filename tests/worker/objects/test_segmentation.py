"""The segmentation: the masks that the contract describes, under the tracking UIDs of the report."""

from __future__ import annotations

import highdicom
import numpy as np
import pytest
from highdicom.sr import Comprehensive3DSR

from shared.objects import SEG, SR
from worker.objects import segmentation
from worker.objects.regions import mask_of


def masks(data):
    """(segments, height, width)."""
    seg = highdicom.seg.Segmentation.from_dataset(data)
    uids = [data.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID]
    frames = seg.get_pixels_by_source_instance(uids, ignore_spatial_locations=True)
    return np.moveaxis(frames[0], -1, 0)


def test_each_segment_is_the_mask_of_its_lesion_also_where_they_overlap(make, make_result, others, parsed, finding):
    result = make_result(finding(), finding(x=15, y=22))
    seg = parsed(make(others("MR_small.dcm"), result)[SEG])
    expected = [mask_of(found, result.image) for found in result.reported]
    assert np.array_equal(masks(seg), np.stack(expected))
    assert expected[0].sum() == 12 * 8
    assert seg.SegmentationType == "BINARY"


def test_a_segment_has_the_tracking_uid_of_its_lesion_in_the_report(make, make_result, others, parsed, finding):
    files = make(others("MR_small.dcm"), make_result(finding(), finding(x=40)))
    lesions = Comprehensive3DSR.from_dataset(parsed(files[SR])).content.get_planar_roi_measurement_groups()
    segments = parsed(files[SEG]).SegmentSequence
    assert [segment.TrackingUID for segment in segments] == [lesion.tracking_uid for lesion in lesions]
    assert [segment.SegmentLabel for segment in segments] == ["Lesion 1", "Lesion 2"]
    assert {segment.SegmentAlgorithmName for segment in segments} == {"brain-mri"}
    assert {s.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion for s in segments} == {"0.2.0"}


def test_it_lies_where_the_scan_lies(make, make_result, others, parsed, finding):
    scan = parsed(others("MR_small.dcm"))
    seg = parsed(make(others("MR_small.dcm"), make_result(finding()))[SEG])
    frame, shared = seg.PerFrameFunctionalGroupsSequence[0], seg.SharedFunctionalGroupsSequence[0]
    assert seg.FrameOfReferenceUID == scan.FrameOfReferenceUID
    assert frame.PlanePositionSequence[0].ImagePositionPatient == scan.ImagePositionPatient
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == scan.ImageOrientationPatient
    assert shared.PixelMeasuresSequence[0].PixelSpacing == scan.PixelSpacing


@pytest.mark.parametrize("missing", ["FrameOfReferenceUID", "ImagePositionPatient", "ImageOrientationPatient"])
def test_a_scan_that_does_not_tell_where_it_lies_has_a_segmentation_that_claims_no_place(
    make, make_result, others, changed, parsed, finding, missing
):
    scan = changed(others("MR_small.dcm"), lambda header: header.pop(missing))
    seg = parsed(make(scan, make_result(finding()))[SEG])
    assert "FrameOfReferenceUID" not in seg
    assert "PlanePositionSequence" not in seg.PerFrameFunctionalGroupsSequence[0]
    assert masks(seg).sum() == 12 * 8


def test_masks_are_bounded_together_and_the_weakest_are_left_out(
    make, make_result, others, parsed, finding, monkeypatch
):
    monkeypatch.setattr(segmentation, "MOST_MASK_PIXELS", 2 * 64 * 64)
    result = make_result(finding(), finding(x=20), finding(x=40))
    seg = parsed(make(others("MR_small.dcm"), result)[SEG])
    assert len(seg.SegmentSequence) == 2
