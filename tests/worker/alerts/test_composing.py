"""Which picture goes with the words."""

from __future__ import annotations

import pytest

from shared.blobs import FolderBlobs
from shared.schemas import ScanResult
from shared.store.alert_subjects import ToldScan
from worker.alerts.composing import picture_of

OVERLAY, THUMBNAIL = b"\x89PNG stored", b"\x89PNG upright"


@pytest.mark.parametrize(("orientation", "picture"), [(1, OVERLAY), (6, THUMBNAIL), (3, THUMBNAIL)])
def test_an_image_that_a_viewer_turns_is_shown_upright_as_its_locations_are_told(tmp_path, orientation, picture):
    blobs = FolderBlobs(tmp_path, 1000)
    images = {"overlay": blobs.put(OVERLAY), "thumbnail": blobs.put(THUMBNAIL)}
    image = {"width": 9, "height": 9, "pixel_spacing_mm": None, "orientation": orientation}
    result = ScanResult.model_validate({"path": "", "status": "done", "image": image})
    assert picture_of(blobs, ToldScan(1, result, images)) == picture


def test_an_old_result_of_a_turned_image_has_no_picture_that_agrees_with_the_words(tmp_path):
    blobs = FolderBlobs(tmp_path, 1000)
    image = {"width": 9, "height": 9, "pixel_spacing_mm": None, "orientation": 6}
    result = ScanResult.model_validate({"path": "", "status": "done", "image": image})
    assert picture_of(blobs, ToldScan(1, result, {"overlay": blobs.put(OVERLAY)})) is None
