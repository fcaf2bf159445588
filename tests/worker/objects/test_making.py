"""All objects of a scan together: their UIDs, their patient, and what has none."""

from __future__ import annotations

import pytest

from shared.objects import CAPTURE, PDF, SEG, SOURCE, SR
from worker.objects.errors import ObjectsError
from worker.objects.making import make_objects

DICOM = (SR, SEG, CAPTURE)
PATIENT = {"PatientName": "Doe^John", "PatientID": "4711", "PatientBirthDate": "19700102", "PatientSex": "M"}


@pytest.fixture
def scan(others, changed):
    """A small MR slice of a patient with a name."""

    def name(header):
        for keyword, value in (PATIENT | {"AccessionNumber": "A1", "StudyID": "S1"}).items():
            setattr(header, keyword, value)

    return changed(others("MR_small.dcm"), name)


def test_the_same_scan_and_release_give_the_same_uids_and_another_release_others(
    make, make_result, overlay, scan, parsed, finding
):
    result = make_result(finding(), finding(x=40))
    first, again = make(scan, result), make(scan, result)
    other = make_objects(scan, result, "another-release", overlay)
    for name in DICOM:
        uids = [
            {parsed(files[name]).SOPInstanceUID, parsed(files[name]).SeriesInstanceUID}
            for files in (first, again, other)
        ]
        assert uids[0] == uids[1]
        assert not uids[0] & uids[2]
        assert all(uid.is_valid and len(uid) <= 64 for uid in uids[0])
    tracked = [[s.TrackingUID for s in parsed(files[SEG]).SegmentSequence] for files in (first, again, other)]
    assert tracked[0] == tracked[1]
    assert len(set(tracked[0] + tracked[2])) == 4


def test_the_same_bytes_taken_for_another_kind_are_another_document(make, make_result, scan, parsed, finding):
    one, other = (make(scan, make_result(finding(), kind=kind))[SR] for kind in ("brain-mri", "chest-xray"))
    assert parsed(one).SOPInstanceUID != parsed(other).SOPInstanceUID


@pytest.mark.parametrize("name", DICOM)
def test_dicom_objects_belong_to_the_patient_and_the_study_of_the_scan(make, make_result, scan, parsed, finding, name):
    made, source = parsed(make(scan, make_result(finding()))[name]), parsed(scan)
    assert {keyword: str(made[keyword].value) for keyword in PATIENT} == PATIENT
    assert (made.AccessionNumber, made.StudyID) == ("A1", "S1")
    assert made.StudyInstanceUID == source.StudyInstanceUID
    assert made.SeriesInstanceUID != source.SeriesInstanceUID
    assert "RESEARCH USE ONLY" in made.SeriesDescription


@pytest.mark.parametrize("name", DICOM)
def test_this_program_and_the_scanner_contributed(make, make_result, scan, parsed, finding, name):
    made = parsed(make(scan, make_result(finding()))[name])
    ours = next(item for item in made.ContributingEquipmentSequence if item.Manufacturer == "OncoQueue")
    assert ours.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"
    assert ours.ManufacturerModelName == "brain-mri"
    assert any("brain-mri 0.2.0" in version for version in ours.SoftwareVersions)
    assert made.Manufacturer == "OncoQueue"


def test_names_of_any_script_arrive_whole(make, make_result, others, changed, parsed, finding):
    def rename(header):
        header.SpecificCharacterSet = "ISO_IR 192"
        header.PatientName = "Yamada^Tarou=山田^太郎"

    files = make(changed(others("MR_small.dcm"), rename), make_result(finding()))
    assert {str(parsed(files[name]).PatientName) for name in DICOM} == {"Yamada^Tarou=山田^太郎"}


def test_a_name_of_one_part_is_kept_and_never_printed(
    make, make_result, others, changed, parsed, finding, recwarn, caplog, capfd
):
    scan = changed(others("MR_small.dcm"), lambda header: setattr(header, "PatientName", "Zyxwvut"))
    files = make(scan, make_result(finding()))
    assert {str(parsed(files[name]).PatientName) for name in DICOM} == {"Zyxwvut"}
    said = [*(str(warning.message) for warning in recwarn), caplog.text, *capfd.readouterr()]
    assert not any("Zyxwvut" in text for text in said)


def test_values_that_the_standard_forbids_are_left_out_and_never_printed(
    make, make_result, others, changed, parsed, finding, recwarn, caplog, capfd
):
    def break_rules(header):
        header.PatientID = "Zyxwvut" * 20
        header.PatientBirthDate = "Zyxwvut"
        header.PatientSex = "Zyxwvut"
        header.StudyInstanceUID = "1.02.Zyxwvut"

    files = make(changed(others("MR_small.dcm"), break_rules), make_result(finding()))
    for name in DICOM:
        made = parsed(files[name])
        assert [made.PatientID, made.PatientBirthDate, made.PatientSex] == ["", "", ""]
        assert made.StudyInstanceUID.is_valid
    said = [*(str(warning.message) for warning in recwarn), caplog.text, *capfd.readouterr()]
    assert not any("Zyxwvut" in text for text in said)


def test_a_header_without_patient_and_uids_gets_empty_ones_and_lasting_ones(
    make, make_result, others, changed, parsed, finding
):
    def strip(header):
        for keyword in ("PatientName", "PatientID", "StudyDate", "StudyInstanceUID", "SeriesInstanceUID"):
            del header[keyword]
        del header.SOPInstanceUID

    scan = changed(others("MR_small.dcm"), strip)
    first, again = (make(scan, make_result(finding())) for _ in range(2))
    documents = [parsed(files[SR]) for files in (first, again)]
    assert documents[0].PatientID == ""
    assert documents[0].StudyInstanceUID == documents[1].StudyInstanceUID
    references = [d.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0] for d in documents]
    assert references[0] == references[1]
    assert documents[0].StudyInstanceUID == parsed(first[SEG]).StudyInstanceUID


def test_a_picture_that_is_no_dicom_is_wrapped_and_referred_to(make, make_result, encoded, parsed, finding):
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    files = make(encoded(pixels, "PNG"), make_result(finding()))
    source, document, seg = (parsed(files[name]) for name in (SOURCE, SR, SEG))
    evidence = document.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
    assert source.StudyInstanceUID == document.StudyInstanceUID == seg.StudyInstanceUID
    assert (source.PatientID, source.PatientName) == ("", "")


def test_a_dicom_scan_is_not_wrapped(make, make_result, scan, finding):
    assert set(make(scan, make_result(finding()))) == {SR, SEG, CAPTURE, PDF}


@pytest.mark.parametrize("status", ["rejected", "failed"])
def test_a_scan_that_is_not_done_has_no_objects(make, make_result, scan, status):
    with pytest.raises(ObjectsError, match=f"that is {status}"):
        make(scan, make_result(status=status, image=None))


def test_a_multi_frame_image_is_refused(make, make_result, others, changed, finding):
    scan = changed(others("MR_small.dcm"), lambda header: setattr(header, "NumberOfFrames", 3))
    with pytest.raises(ObjectsError, match="multi-frame image \\(3 frames\\)"):
        make(scan, make_result(finding()))


def test_a_header_that_does_not_say_what_it_is_is_refused(make, make_result, others, changed, finding):
    def strip(header):
        del header.SOPClassUID
        del header.file_meta.MediaStorageSOPClassUID

    with pytest.raises(ObjectsError, match="SOP Class UID"):
        make(changed(others("MR_small.dcm"), strip), make_result(finding()))


@pytest.mark.parametrize(
    "name", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm", "MR_truncated.dcm"]
)
def test_objects_refer_to_scans_of_any_transfer_syntax(make, make_result, others, parsed, finding, name):
    files = make(others(name), make_result(finding()))
    assert parsed(files[SEG]).Rows == 64
