"""What the page of a scan says of many slices."""

from __future__ import annotations

import re

import pytest

from shared.schemas import Lesion, Malignancy, ScanResult, VolumeInfo


def words(text: str) -> str:
    """The page's text without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


@pytest.fixture
def lesion() -> Lesion:
    return Lesion(
        label="glioma",
        score=0.8,
        reported=True,
        probabilities={"glioma": 0.9, "meningioma": 0.1},
        certain=True,
        malignancy=Malignancy(label="malignant", probability=0.86),
        slices=(7, 9),
        largest_slice=8,
        volume_ml=7.66,
        craniocaudal_mm=15.0,
        longest_diameter=35.8,
        short_axis=24.2,
        unit="mm",
        location="centre of the head as displayed",
    )


@pytest.fixture
def volume_result(done_result, lesion):
    result: ScanResult = done_result()
    volume = VolumeInfo(slices=20, analysed=18, slice=7, slice_spacing_mm=5.0, frame=13, file=None, lesions=[lesion])
    return result.model_copy(update={"volume": volume})


def test_a_volume_shows_its_lesions_with_their_volume_extent_and_largest_slice(http, store, volume_result):
    scan_id = store.add_scan(store.new_batch("night").id, "head.nii")
    store.finish(scan_id, volume_result)
    text = words(http.get(f"/scans/{scan_id}").text)
    assert "slice 7 of 20" in text
    assert "glioma 90 %" in text
    assert "7.7 ml 7 to 9 15 mm head to feet 8 35.8 x 24.2 mm" in text
    assert "18 of 20 slices were analysed, 5 mm apart. The picture shows slice 7, the most urgent: frame 13" in text
    assert "Findings on slice 7" in text


def test_what_is_not_known_of_a_volume_is_said(http, store, volume_result, lesion):
    unknown = lesion.model_copy(update={"volume_ml": None, "craniocaudal_mm": None})
    volume = volume_result.volume.model_copy(
        update={"lesions": [unknown], "slice_spacing_mm": None, "frame": None, "file": "<b>7.dcm"}
    )
    scan_id = store.add_scan(store.new_batch("night").id, "head.nii")
    store.finish(scan_id, volume_result.model_copy(update={"volume": volume}))
    page = http.get(f"/scans/{scan_id}").text
    assert "not known 7 to 9 8 35.8 x 24.2 mm" in words(page)
    assert "&lt;b&gt;7.dcm" in page
    assert "apart" not in words(page)


def test_a_lesion_that_is_not_reported_is_not_in_the_table(http, store, volume_result, lesion):
    volume = volume_result.volume.model_copy(update={"lesions": [lesion.model_copy(update={"reported": False})]})
    scan_id = store.add_scan(store.new_batch("night").id, "head.nii")
    store.finish(scan_id, volume_result.model_copy(update={"volume": volume}))
    text = words(http.get(f"/scans/{scan_id}").text)
    assert "No lesion reported on any slice" in text
    assert "7.7 ml" not in text


def test_an_image_has_no_volume_and_older_results_are_read(http, store, done_result):
    scan_id = store.add_scan(store.new_batch("night").id, "a.png")
    store.finish(scan_id, done_result())
    assert "slices were analysed" not in http.get(f"/scans/{scan_id}").text
    assert http.get(f"/api/v1/scans/{scan_id}/result").json["volume"] is None
