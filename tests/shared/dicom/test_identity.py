"""Which object a file is: held against what pydicom reads, on its own test files and on damaged ones."""

from __future__ import annotations

import zlib
from contextlib import suppress
from io import BytesIO

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from shared.dicom.errors import DicomHeaderError
from shared.dicom.head import file_head
from shared.dicom.identity import Identity, read_identity

FILES = (
    "CT_small.dcm",  # explicit VR
    "MR_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_RLE.dcm",
    "image_dfl.dcm",  # deflated
    "JPEG2000.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "rtplan.dcm",  # sequences
    "reportsi.dcm",
    "nested_priv_SQ.dcm",
    "JPEG-lossy.dcm",
    "liver_1frame.dcm",
)
UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


@pytest.mark.parametrize("name", FILES)
def test_it_reads_what_pydicom_reads(name):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"this pydicom does not bring {name}")
    header = pydicom.dcmread(path)
    wanted = [str(header.get(uid, "")) for uid in UIDS]
    with open(path, "rb") as file:
        if not all(wanted):
            with pytest.raises(DicomHeaderError, match="no UID of its"):
                read_identity(file)
            return
        assert read_identity(file) == Identity(*wanted, str(header.file_meta.TransferSyntaxUID))


def an_object():
    header = Dataset()
    for number, name in enumerate(UIDS):
        setattr(header, name, f"1.2.{number}")
    item = Dataset()
    item.ReferencedSOPInstanceUID = "9.9"
    item.PurposeOfReferenceCodeSequence = Sequence([Dataset()])
    header.ReferencedImageSequence = Sequence([item, Dataset()])
    header.PatientName = "A"
    return header


def written(header, implicit=False, undefined=False):
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
    if undefined:
        header["ReferencedImageSequence"].is_undefined_length = True
        for item in header.ReferencedImageSequence:
            item.is_undefined_length_sequence_item = True
    file = BytesIO()
    pydicom.dcmwrite(file, header, implicit_vr=implicit, little_endian=True, enforce_file_format=True)
    return file.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize("undefined", [True, False])
def test_uids_inside_sequences_are_not_taken_for_those_of_the_object(implicit, undefined):
    found = read_identity(BytesIO(written(an_object(), implicit, undefined)))
    assert (found.sop_class, found.sop_instance, found.study, found.series) == ("1.2.0", "1.2.1", "1.2.2", "1.2.3")


def test_our_own_head_is_one_that_pydicom_reads():
    meta = pydicom.dcmread(BytesIO(file_head("1.2.3", "1.2.3.44", "1.2.840.10008.1.2.1"))).file_meta
    assert (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID) == ("1.2.3", "1.2.3.44")
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.ImplementationVersionName == "ONCOQUEUE"


def test_a_file_without_the_length_of_its_meta_information_is_read():
    head = file_head("1.2.0", "1.2.1", "1.2.840.10008.1.2.1")
    whole = written(an_object())
    data = whole[whole.index(b"\x08\x00\x16\x00UI") :]
    assert read_identity(BytesIO(head[:132] + head[144:] + data)).series == "1.2.3"


def test_a_file_cut_anywhere_is_refused_and_nothing_else_happens():
    whole = written(an_object(), undefined=True)
    ends_at = whole.index(b"1.2.3") + 5
    for length in range(0, ends_at, 3):
        with pytest.raises(DicomHeaderError):
            read_identity(BytesIO(whole[:length]))


def test_bytes_changed_anywhere_are_read_or_refused():
    whole = written(an_object(), undefined=True)
    for place in range(132, len(whole)):
        for value in (0x00, 0xFF):
            damaged = BytesIO(whole[:place] + bytes([value]) + whole[place + 1 :])
            with suppress(DicomHeaderError):
                read_identity(damaged)


def test_a_deflated_bomb_is_refused_before_it_unfolds():
    element = b"\x08\x00\x01\x00OB\x00\x00" + (2**31).to_bytes(4, "little")
    deflate = zlib.compressobj(wbits=-15)
    data = deflate.compress(element) + b"".join(deflate.compress(bytes(2**20)) for _ in range(64)) + deflate.flush()
    assert len(data) < 100_000
    with pytest.raises(DicomHeaderError, match="longer than 16 MB before its UIDs"):
        read_identity(BytesIO(file_head("1.2", "1.3", "1.2.840.10008.1.2.1.99") + data))


def test_sequences_without_end_in_depth_are_refused():
    item = b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    with pytest.raises(DicomHeaderError, match="16 levels deep"):
        read_identity(BytesIO(file_head("1.2", "1.3", "1.2.840.10008.1.2.1") + item * 1000))
