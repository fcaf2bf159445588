"""STOW-RS: dicomweb-client as the sender, and bodies that no client would send."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid
from requests import HTTPError

from shared.states import Scope
from shared.store.batches import list_batches
from shared.store.scans import list_scans
from web.app import create_app

STORED, FAILED, OTHER_FAILURES = "00081199", "00081198", "0008119A"
REASON, INSTANCE = "00081197", "00081155"
PATIENT = "ZUNAMENSKI^VORNAMA"


def make_image(study, sop_class=MRImageStorage, number=1, side=16):
    header = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=bytes(128))
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID, header.SOPInstanceUID = sop_class, generate_uid(entropy_srcs=[study, str(number)])
    header.StudyInstanceUID, header.SeriesInstanceUID = study, f"{study}.1"
    header.PatientName, header.PatientID = PATIENT, "PID-4711"
    header.set_pixel_data(np.full((side, side), number, np.uint16), "MONOCHROME2", 16, generate_instance_uid=False)
    header.file_meta.MediaStorageSOPClassUID = sop_class
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    return header


def as_bytes(image):
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    return file.getvalue()


def related(*parts, media_type="application/dicom", boundary="BOUNDARY"):
    """A body of these parts, and its headers."""
    head = f"--{boundary}\r\nContent-Type: {media_type}\r\n\r\n".encode()
    body = b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return {"data": body, "headers": {"Content-Type": kind, "Accept": "application/dicom+json"}}


def post(http, *parts, **more):
    return http.post("/dicomweb/studies", **related(*parts, **more))


@pytest.fixture
def study():
    return generate_uid()[:60].rstrip(".")  # room for the series


def test_dicomweb_client_sends_a_study_that_becomes_a_batch(server, study):
    images = [make_image(study, number=number) for number in range(3)]
    answer = DICOMwebClient(f"{server.url}/dicomweb").store_instances(images)
    assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [
        image.SOPInstanceUID for image in images
    ]
    assert "FailedSOPSequence" not in answer
    with server.store.database.read() as session:
        batch = list_batches(session, limit=1).items[0]
        scans = list_scans(session, batch.id).items
    assert len(scans) == 3
    stored = pydicom.dcmread(server.store.blobs.path(scans[0].sha256))
    assert stored.SOPInstanceUID == images[0].SOPInstanceUID
    assert batch.name.startswith("study ")


def test_dicomweb_client_needs_a_token_with_the_scope_submit(guarded_server, study):
    url = f"{guarded_server.url}/dicomweb"
    reader = guarded_server.store.new_token("stow reader", Scope.READ)
    sender = guarded_server.store.new_token("stow sender", Scope.SUBMIT)
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {reader}"}, 403)):
        with pytest.raises(HTTPError) as caught:
            DICOMwebClient(url, headers=headers).store_instances([make_image(study)])
        assert caught.value.response.status_code == status
    client = DICOMwebClient(url, session=create_session(), headers={"Authorization": f"Bearer {sender}"})
    assert len(client.store_instances([make_image(study)]).ReferencedSOPSequence) == 1


def test_all_stored_is_200_and_the_scans_are_those_of_a_study(http, store, study):
    answer = post(http, as_bytes(make_image(study)), as_bytes(make_image(study, number=2)))
    assert (answer.status_code, answer.content_type) == (200, "application/dicom+json")
    assert len(answer.json[STORED]["Value"]) == 2
    assert store.batch(1).total == 2
    assert store.batch(1).counts.queued == 2


def test_sent_again_they_are_the_scans_there_are(http, store, study):
    for _ in range(2):
        assert post(http, as_bytes(make_image(study))).status_code == 200
    assert store.batch(1).total == 1


def test_some_stored_is_202_and_names_what_is_not(http, store, study):
    tomogram = make_image(study, CTImageStorage, number=2)
    answer = post(http, as_bytes(make_image(study)), as_bytes(tomogram), b"no DICOM")
    assert answer.status_code == 202
    (failed,) = answer.json[FAILED]["Value"]
    assert (failed[INSTANCE]["Value"], failed[REASON]["Value"]) == ([tomogram.SOPInstanceUID], [0x0122])
    assert answer.json[OTHER_FAILURES]["Value"] == [{REASON: {"vr": "US", "Value": [0xC000]}}]
    assert store.batch(1).total == 1


def test_none_stored_is_409_and_leaves_no_file(http, web_settings, study):
    answer = post(http, as_bytes(make_image(study, CTImageStorage)), b"no DICOM")
    assert answer.status_code == 409
    assert STORED not in answer.json
    assert [path for path in web_settings.blob_dir.rglob("*") if path.is_file()] == []


def test_a_part_that_is_no_dicom_by_its_type_is_not_stored(http, study):
    assert post(http, as_bytes(make_image(study)), media_type="application/octet-stream").status_code == 409


def test_an_object_over_the_limit_is_refused_and_the_next_is_stored(web_settings, study, store):
    http = create_app(web_settings.model_copy(update={"max_file_mb": 0.05})).test_client()
    answer = post(http, as_bytes(make_image(study, side=300)), as_bytes(make_image(study, number=2)))
    assert answer.status_code == 202
    assert answer.json[OTHER_FAILURES]["Value"] == [{REASON: {"vr": "US", "Value": [0xA700]}}]
    assert store.batch(1).total == 1


def test_too_many_objects_are_a_413_and_those_before_are_stored(web_settings, store, study):
    http = create_app(web_settings.model_copy(update={"max_files_per_request": 2})).test_client()
    answer = post(http, *(as_bytes(make_image(study, number=number)) for number in range(3)))
    assert answer.status_code == 413
    assert "at most 2 objects" in answer.json["detail"]
    assert store.batch(1).total == 2


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=B", 415),
        ('multipart/related; type="application/dicom+xml"; boundary=B', 415),
        ('multipart/related; type="application/dicom"', 400),
    ],
)
def test_a_request_of_another_kind_is_refused(http, kind, status):
    answer = http.post("/dicomweb/studies", data=b"--B--\r\n", headers={"Content-Type": kind})
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_a_client_that_wants_xml_alone_is_told_so(http, study):
    given = related(as_bytes(make_image(study)))
    given["headers"]["Accept"] = "application/dicom+xml"
    assert http.post("/dicomweb/studies", **given).status_code == 406


@pytest.mark.parametrize(
    "body", [b"", b"--BOUNDARY--\r\n", b"no boundary", b"--BOUNDARY\r\nContent-Type: a", b"\0" * 20000]
)
def test_a_body_without_whole_parts_is_a_400(http, body):
    given = related()
    answer = http.post("/dicomweb/studies", data=body, headers=given["headers"])
    assert answer.status_code == 400


def test_a_body_that_breaks_off_keeps_what_was_whole(http, store, study):
    given = related(as_bytes(make_image(study)), as_bytes(make_image(study, number=2)))
    answer = http.post("/dicomweb/studies", data=given["data"][:-200], headers=given["headers"])
    assert answer.status_code == 400
    assert store.batch(1).total == 1


def test_a_part_may_hold_what_looks_like_a_boundary(http, store, study):
    image = make_image(study)
    image.ImageComments = "\r\n--BOUNDAR\r\n--BOUND\r\n\r\n"
    assert post(http, as_bytes(image)).status_code == 200


def test_neither_log_nor_answer_names_a_patient(start_server, study):
    with start_server() as found:
        client = DICOMwebClient(f"{found.url}/dicomweb")
        image = make_image(study)
        client.store_instances([image, make_image(study, CTImageStorage, number=9)])
        log = found.child.log.read_text()
    assert "object_refused" in log
    secrets = [*PATIENT.split("^"), "PID-4711", study, image.SOPInstanceUID]
    assert [secret for secret in secrets if secret in log] == []
