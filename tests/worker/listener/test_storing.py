"""C-ECHO and C-STORE, from a real sender to a real store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pydicom
import pytest
from pydicom.uid import CTImageStorage

from shared.arrivals import KEY_PREFIX
from shared.store.batches import close_quiet_batches

NOT_SUPPORTED = 0x0003  # a presentation context: abstract syntax not supported


def send(associate, behind, images, **given):
    with associate(behind.settings, **given) as peer:
        assert peer.is_established
        return [peer.send_c_store(image).Status for image in images]


def test_an_echo_is_answered(listener, associate):
    with associate(listener.settings) as peer:
        assert peer.send_c_echo().Status == 0x0000


def test_an_image_becomes_a_scan_whose_file_is_the_image(listener, associate, image):
    sent = image()
    assert send(associate, listener, [sent]) == [0x0000]
    (scan,) = listener.scans()
    stored = pydicom.dcmread(listener.blobs.path(scan.sha256))
    assert stored == sent
    assert stored.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
    assert (stored.file_meta.MediaStorageSOPInstanceUID, stored.PixelData) == (sent.SOPInstanceUID, sent.PixelData)
    assert listener.unfinished() == []


def test_a_study_is_one_batch_and_another_study_another(listener, associate, image):
    send(associate, listener, [image(number=number) for number in range(3)] + [image("1.2.3.9999")])
    send(associate, listener, [image(number=7)])
    batches = [scan.batch_id for scan in listener.scans()]
    assert batches == [1, 1, 1, 2, 1]


def test_names_of_batches_and_paths_of_scans_name_nobody(listener, associate, image):
    sent = image()
    send(associate, listener, [sent])
    shown = [*listener.batch_names(), *(scan.path for scan in listener.scans())]
    for secret in (str(sent.PatientName), sent.PatientID, sent.StudyInstanceUID, sent.SOPInstanceUID):
        assert not any(secret in text for text in shown)
    assert listener.batch_names()[0].startswith("study ")


def test_an_image_that_is_sent_again_is_accepted_and_is_the_scan_there_is(listener, associate, image):
    assert send(associate, listener, [image(), image()]) == [0x0000, 0x0000]
    assert len(listener.scans()) == 1


def test_other_bytes_under_the_same_uid_are_a_scan_of_their_own(listener, associate, image):
    changed = image()
    changed.PatientSex = "F"
    assert send(associate, listener, [image(), changed, changed]) == [0x0000] * 3
    first, second = listener.scans()
    assert first.batch_id == second.batch_id
    assert second.path == f"{first.path.removesuffix('.dcm')}-{second.sha256[:8]}.dcm"


def test_a_study_that_goes_on_after_its_batch_was_closed_is_a_new_batch(listener, associate, image):
    send(associate, listener, [image(number=1)])
    with listener.database.write() as session:
        assert close_quiet_batches(session, 0, key_prefix=KEY_PREFIX) == [1]
    send(associate, listener, [image(number=2)])
    assert [scan.batch_id for scan in listener.scans()] == [1, 2]


def test_the_same_study_of_another_sender_is_another_batch(listener, associate, image):
    send(associate, listener, [image(number=1)], sender="PACS")
    send(associate, listener, [image(number=2)], sender="SCANNER")
    assert [scan.batch_id for scan in listener.scans()] == [1, 2]


def test_ct_is_refused_in_the_negotiation_and_mr_of_the_same_association_is_taken(listener, associate, image):
    with associate(listener.settings) as peer:
        refused = {context.abstract_syntax: context.result for context in peer.rejected_contexts}
        assert refused == {CTImageStorage: NOT_SUPPORTED}
        assert peer.send_c_store(image()).Status == 0x0000


def test_an_image_without_a_study_is_refused_with_a_comment_and_the_next_is_taken(listener, associate, image):
    nameless = image()
    del nameless.StudyInstanceUID
    with associate(listener.settings) as peer:
        answer = peer.send_c_store(nameless)
        assert (answer.Status, answer.ErrorComment) == (0xC000, "The header has no UID of its study.")
        assert peer.send_c_store(image(number=2)).Status == 0x0000
    assert len(listener.scans()) == 1
    assert listener.unfinished() == []


def test_our_own_results_that_come_back_are_refused(listener, associate, image):
    ours = image()
    ours.Manufacturer = "OncoQueue"
    with associate(listener.settings) as peer:
        answer = peer.send_c_store(ours)
    assert (answer.Status, answer.ErrorComment) == (0xC000, "OncoQueue made this itself and does not analyse it.")
    assert listener.scans() == []


@pytest.mark.parametrize("behind", [{"max_file_mb": 0.125}], indirect=True)
def test_an_image_over_the_limit_is_refused_with_a_comment_and_the_next_is_taken(listener, associate, image):
    with associate(listener.settings) as peer:
        answer = peer.send_c_store(image(side=260))
        assert (answer.Status, answer.ErrorComment) == (0xA700, "The file is larger than 0.125 MB.")
        assert peer.send_c_store(image(number=2)).Status == 0x0000
    assert listener.unfinished() == []


def test_nothing_is_acknowledged_while_the_store_takes_nothing(listener, associate, image, monkeypatch):
    monkeypatch.setattr("shared.blobs.os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with associate(listener.settings) as peer:
        answer = peer.send_c_store(image())
        assert (answer.Status, answer.ErrorComment) == (0xA700, "It cannot be stored just now; send it again later.")
        monkeypatch.undo()
        assert peer.send_c_store(image()).Status == 0x0000


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"])
def test_each_byte_order_and_form_is_understood(listener, associate, image, syntax):
    plain = image()
    file = BytesIO()
    is_implicit, is_little = syntax == "1.2.840.10008.1.2", not syntax.endswith(".2.2")
    plain.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(file, plain, implicit_vr=is_implicit, little_endian=is_little, force_encoding=True)
    file.seek(0)
    sent = pydicom.dcmread(file)
    assert send(associate, listener, [sent], syntaxes=[syntax]) == [0x0000]
    stored = pydicom.dcmread(listener.blobs.path(listener.scans()[0].sha256))
    assert (stored.file_meta.TransferSyntaxUID, stored.PatientID) == (syntax, plain.PatientID)


def test_several_associations_send_at_once(listener, associate, image):
    def study(number):
        return send(associate, listener, [image(f"1.2.{number}", number=n) for n in range(5)], sender=f"S{number}")

    with ThreadPoolExecutor(4) as pool:
        assert [status for statuses in pool.map(study, range(4)) for status in statuses] == [0x0000] * 20
    assert len(listener.scans()) == 20
    assert len(listener.batch_names()) == 4


def test_four_hundred_images_come_on_one_association(listener, associate, image):
    assert set(send(associate, listener, [image(number=number) for number in range(400)])) == {0x0000}
    assert [scan.batch_id for scan in listener.scans()] == [1] * 400
