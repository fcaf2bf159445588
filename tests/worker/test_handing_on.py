"""Objects at write-back: a real store, real objects; only what the models say is given."""

from __future__ import annotations

import logging
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
import structlog
from PIL import Image
from pydicom.data import get_testdata_file
from structlog.testing import capture_logs

from models.pipeline import Analysis
from models.report import ImageInfo, Kind, ModelInfo, Report, Status
from shared.logs import configure_logging
from shared.schemas import BatchCreate, ScanView
from shared.states import Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch
from shared.store.claims import claim
from shared.store.results import result_images
from worker.in_hand import ScansInHand
from worker.resources import Resources
from worker.write_back import WriteBack

SLICE = str(get_testdata_file("MR_small.dcm"))
OBJECTS = {"sr", "capture", "report"}


@pytest.fixture
def resources(installation):
    """What a worker works with, whose models are named and never loaded."""
    ours = Resources(installation.settings, installation.celery)
    ours.__dict__["pipeline"] = SimpleNamespace(release="brain-mri-0.2.0-0123456789ab")
    yield ours
    ours.database.dispose()


@pytest.fixture
def logging_as_it_was():
    """Logging as the other tests know it, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def picture(tmp_path):
    """A PNG in the place of the rendered one."""
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "overlay.png")
    return (tmp_path / "overlay.png").read_bytes()


@pytest.fixture
def write_back(installation, resources, picture):
    """A function that writes back the analysis of a file; gives the scan and what its result has."""

    def write(data: bytes, report: Report) -> tuple[ScanView, dict[str, bytes]]:
        with installation.database.write() as session:
            batch, _ = create_batch(session, BatchCreate(name="batch", priority=Priority.ROUTINE))
            (added,) = add_scans(session, batch.id, [NewScan("a.dcm", installation.blobs.put(data), len(data))])
        images = {"overlay": picture} if report.status is Status.DONE else {}
        with ScansInHand(resources, resources.pipeline.release) as in_hand:
            (ours,) = in_hand.take(lambda session: claim(session, [added.scan_id], resources.worker, 30))
            with WriteBack(resources, in_hand) as writing:
                writing.put(ours, Analysis("a", report, images))
        with installation.database.read() as session:
            blobs = result_images(session, added.scan_id)
        files = {name: installation.blobs.path(sha256).read_bytes() for name, sha256 in blobs.items()}
        return installation.scan(added.scan_id), files

    return write


def slice_of_others(**header: object) -> bytes:
    """The small MR slice of pydicom, with these values in its header."""
    dataset = pydicom.dcmread(SLICE)
    for keyword, value in header.items():
        setattr(dataset, keyword, value)
    buffer = pydicom.filebase.DicomBytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


DONE = Report(
    Status.DONE,
    kind=Kind.BRAIN_MRI,
    model=ModelInfo("brain-mri", "0.2.0"),
    tumor_probability=0.03,
    urgency=0.01,
    image=ImageInfo(64, 64, None),
)
on = pytest.mark.parametrize("settings", [{"objects": True}], indirect=True)


def test_without_the_setting_a_result_has_its_pictures_alone(write_back):
    scan, files = write_back(slice_of_others(), DONE)
    assert (scan.state, set(files)) == (ScanState.DONE, {"overlay"})


@on
def test_with_the_setting_a_result_has_its_objects_beside_the_pictures(write_back, tmp_path):
    scan, files = write_back(slice_of_others(), DONE)
    assert (scan.state, set(files)) == (ScanState.DONE, {"overlay"} | OBJECTS)
    assert files["report"].startswith(b"%PDF-")
    (tmp_path / "sr.dcm").write_bytes(files["sr"])
    assert pydicom.dcmread(tmp_path / "sr.dcm").Modality == "SR"


@on
def test_a_scan_that_objects_cannot_refer_to_is_done_without_and_the_log_says_why(write_back):
    with capture_logs() as logs:
        scan, files = write_back(slice_of_others(NumberOfFrames=2), DONE)
    assert (scan.state, set(files)) == (ScanState.DONE, {"overlay"})
    (entry,) = [entry for entry in logs if entry["event"] == "objects_not_made"]
    assert (entry["scan_id"], "multi-frame" in entry["reason"]) == (scan.id, True)


@pytest.mark.parametrize("settings", [{"objects": True, "max_file_mb": 0.01}], indirect=True)
def test_a_scan_whose_objects_are_larger_than_files_may_be_is_done_without(write_back):
    with capture_logs() as logs:
        scan, files = write_back(slice_of_others(), DONE)
    assert (scan.state, set(files)) == (ScanState.DONE, {"overlay"})
    assert "objects_not_made" in [entry["event"] for entry in logs]


@on
def test_a_rejected_scan_has_no_objects(write_back):
    scan, files = write_back(b"a text", Report(Status.REJECTED, "The file is text, not an image."))
    assert (scan.state, files) == (ScanState.REJECTED, {})


@on
def test_no_log_of_the_making_names_the_patient_or_the_study(write_back, logging_as_it_was, capfd, recwarn):
    stream = StringIO()
    configure_logging("info", stream)
    _, files = write_back(slice_of_others(PatientName="Zyxwvut", PatientID="ID-4711"), DONE)
    assert set(files) >= OBJECTS
    said = [stream.getvalue(), *capfd.readouterr(), *(str(warning.message) for warning in recwarn)]
    private = ("Zyxwvut", "ID-4711", pydicom.dcmread(SLICE, stop_before_pixels=True).SOPInstanceUID)
    assert not any(word in text for text in said for word in private)
