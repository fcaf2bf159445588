"""Every file that pydicom and pydicom-data bring for tests: each is read, or rejected with a reason."""

from __future__ import annotations

from pathlib import Path

import data_store
import numpy as np
import pydicom.data
import pytest

import models.reading.dicom
from models.errors import ScanRejectedError
from models.reading import Scan, Volume, open_scan

FOLDERS = [Path(str(package.__file__)).parent for package in (pydicom.data, data_store)]
FILES = sorted(
    path for folder in FOLDERS for path in folder.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}
)
# Why a file may be rejected where its kind does not count.
REASONS = (
    "holds no pixels",
    "The image is too small",
    "The file is text",
    "The file is a gzip archive",
    "is not an image that can be read",
    "8130 vs 8192 bytes",  # MR_truncated.dcm
    "masks of one bit",  # segmentations
    "not of the size that the DICOM header states",  # JPEG2000-embedded-sequence-delimiter.dcm: made so
)


def outcome(path: Path) -> Scan | Volume | str:
    """What was read, all slices of a volume too, or the reason why not."""
    try:
        found = open_scan(path)
        if isinstance(found, Volume):
            for piece in found.slices:
                piece.read()
    except ScanRejectedError as error:
        return error.reason
    return found


@pytest.mark.filterwarnings("ignore")
def test_each_file_is_read_or_rejected_with_a_reason() -> None:
    assert len(FILES) > 250
    outcomes = {path: outcome(path) for path in FILES}
    reasons = [found for found in outcomes.values() if isinstance(found, str)]
    assert all(reason.endswith(".") and len(reason) < 300 for reason in reasons)
    read = {path.name for path, found in outcomes.items() if isinstance(found, Scan)}
    assert {"MR_small_padded.dcm", "MR2_J2KI.dcm", "RG1_UNCR.dcm", "SC_rgb_jls_lossy_line.dcm"} <= read
    assert {path.name for path, found in outcomes.items() if isinstance(found, Volume)} == {
        f"emri_small{ending}.dcm" for ending in ("", "_RLE", "_big_endian", "_jpeg_2k_lossless", "_jpeg_ls_lossless")
    }


@pytest.mark.filterwarnings("ignore")
def test_whatever_its_kind_each_image_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.reading.dicom, "kind_of", lambda header: None)
    outcomes = {path.name: outcome(path) for path in FILES}
    unexpected = {
        name: found
        for name, found in outcomes.items()
        if isinstance(found, str) and not any(reason in found for reason in REASONS)
    }
    assert unexpected == {}
    assert sum(not isinstance(found, str) for found in outcomes.values()) > 120


@pytest.mark.parametrize("ending", ["_RLE", "_big_endian", "_jpeg_2k_lossless", "_jpeg_ls_lossless"])
def test_a_multi_frame_file_has_the_same_slices_in_every_transfer_syntax(ending: str) -> None:
    plain, other = (open_scan(FOLDERS[1] / "data" / f"emri_small{name}.dcm") for name in ("", ending))
    assert isinstance(plain, Volume)
    assert isinstance(other, Volume)
    for one, same in zip(plain.slices, other.slices, strict=True):
        assert (one.place, one.frame) == (same.place, same.frame)
        np.testing.assert_array_equal(one.read().pixels, same.read().pixels)
