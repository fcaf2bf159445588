"""Peers that send too much, too slowly or nothing at all, on raw sockets."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import contextmanager, suppress
from io import BytesIO

import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from shared.processes import wait_until

P_DATA_TF, A_ABORT = 4, 7
IMPATIENT = pytest.mark.parametrize("behind", [{"dicom_idle_seconds": 1}], indirect=True)
SMALL = pytest.mark.parametrize("behind", [{"max_file_mb": 0.125}], indirect=True)


@contextmanager
def connection(behind):
    with socket.create_connection(("127.0.0.1", behind.settings.dicom_port), timeout=15) as raw:
        yield raw


def is_dropped(raw):
    """Whether the far side ends the connection, with an abort or without."""
    try:
        while raw.recv(4096):
            continue
    except ConnectionResetError:
        return True
    return True


def test_a_pdu_that_is_announced_as_gigabytes_ends_the_connection(listener):
    with connection(listener) as raw:
        begun = time.monotonic()
        raw.sendall(struct.pack(">BBL", 1, 0, 0xFFFFFFF0) + bytes(1000))
        assert is_dropped(raw)
        assert time.monotonic() - begun < 4


@IMPATIENT
def test_a_pdu_that_trickles_in_ends_the_connection(listener):
    with connection(listener) as raw:
        raw.sendall(struct.pack(">BBL", 1, 0, 200))
        begun = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - begun < 10:
                raw.sendall(b"\0")
                time.sleep(0.2)
        assert time.monotonic() - begun < 8


@IMPATIENT
def test_an_association_that_says_nothing_is_ended(listener, associate):
    with associate(listener.settings) as peer:
        assert wait_until(lambda: not peer.is_established, 8)


def test_noise_ends_the_connection_and_the_next_is_served(listener, associate):
    with connection(listener) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert is_dropped(raw)
    with associate(listener.settings) as peer:
        assert peer.send_c_echo().Status == 0x0000


@pytest.mark.parametrize("behind", [{"dicom_max_associations": 2}], indirect=True)
def test_one_association_too_many_is_rejected_until_another_ends(listener, associate):
    with associate(listener.settings) as first, associate(listener.settings) as second:
        assert first.is_established
        assert second.is_established
        with associate(listener.settings) as third:
            assert third.is_rejected

    def is_free():
        with associate(listener.settings) as again:
            return again.is_established

    assert wait_until(is_free, 10, pause=0.3)


@SMALL
def test_an_object_without_end_ends_the_association_and_leaves_nothing(listener, associate, image):
    with associate(listener.settings) as peer:
        send_without_end(peer, image())
        assert wait_until(lambda: not peer.is_established, 10)
    assert wait_until(lambda: listener.unfinished() == [], 5)
    assert listener.scans() == []


def send_without_end(peer, image):
    """A C-STORE request whose data set goes on and on."""
    begin_store(peer, image)
    context = peer.accepted_contexts[0].context_id
    for _ in range(100):
        if not peer.is_established:
            return
        fragment = P_DATA()
        fragment.presentation_data_value_list = [[context, b"\x00" + bytes(16000)]]
        peer.dul.send_pdu(fragment)
        time.sleep(0.01)


def begin_store(peer, image):
    """The command of a C-STORE, and no data set."""
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    request.DataSet = BytesIO(b"\0" * 100)
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    context = next(found for found in peer.accepted_contexts if found.abstract_syntax == MRImageStorage)
    assert context.transfer_syntax == [ExplicitVRLittleEndian]
    command = next(message.encode_msg(context.context_id, 16000))
    peer.dul.send_pdu(command)


def test_an_association_that_breaks_inside_an_object_leaves_nothing(listener, associate, image):
    with associate(listener.settings) as peer:
        begin_store(peer, image())
        assert wait_until(lambda: len(listener.unfinished()) == 1, 5)
        peer.abort()
    assert wait_until(lambda: listener.unfinished() == [], 5)
    assert listener.scans() == []


def test_a_request_that_names_another_object_than_it_brings_is_refused(listener, associate, image):
    with associate(listener.settings) as peer:
        request = C_STORE()
        request.MessageID, request.Priority = 1, 2
        request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = MRImageStorage, "1.2.3"
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = False, True
        write_dataset(buffer, image())
        request.DataSet = BytesIO(buffer.getvalue())
        context = next(found for found in peer.accepted_contexts if found.abstract_syntax == MRImageStorage)
        peer._reactor_checkpoint.clear()
        peer.dimse.send_msg(request, context.context_id)
        _, answer = peer.dimse.get_msg(block=True)
        peer._reactor_checkpoint.set()
    assert answer.Status == 0xA900
    assert listener.scans() == []
