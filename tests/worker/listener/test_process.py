"""`oncoqueue dicom-listener` as a process: killed, stopped, grepped, and fed by DCMTK."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import contextmanager

import pydicom
import pytest
from pydicom.uid import CTImageStorage

from shared.processes import Child, Part, wait_until
from shared.stack import environment, own_command
from worker.listener.process import listening

needs_dcmtk = pytest.mark.skipif(shutil.which("storescu") is None, reason="needs storescu and echoscu: Debian's dcmtk")


@contextmanager
def process(settings):
    """The command, listening; gives the child and takes it down."""
    settings.data_dir.mkdir(exist_ok=True)
    part = Part("dicom-listener", own_command("dicom-listener"), frozenset({"listening"}))
    child = Child(part, environment(settings), settings.data_dir / "listener.log")
    try:
        assert wait_until(lambda: child.is_ready() or child.exit_code is not None, 60), child.log_tail()
        assert child.exit_code is None, child.log_tail()
        yield child
    finally:
        child.stop(20)


def send_until_it_breaks(peer, images, acknowledged):
    for image in images:
        try:
            answer = peer.send_c_store(image)
        except RuntimeError:  # the association is gone
            return
        if answer and answer.Status == 0x0000:
            acknowledged.append(image.SOPInstanceUID)


def stored_instances(behind):
    return {pydicom.dcmread(behind.blobs.path(scan.sha256)).SOPInstanceUID for scan in behind.scans()}


def test_a_kill_in_the_middle_of_an_association_loses_nothing_that_was_acknowledged(behind, associate, image):
    images = [image(number=number) for number in range(300)]
    acknowledged = []
    with process(behind.settings) as child, associate(behind.settings) as peer:
        sender = threading.Thread(target=send_until_it_breaks, args=(peer, images, acknowledged))
        sender.start()
        assert wait_until(lambda: len(acknowledged) > 20, 30)
        child.process.kill()
        sender.join(30)
        assert not sender.is_alive()
    assert 20 < len(acknowledged) < len(images)
    assert set(acknowledged) <= stored_instances(behind)
    with listening(behind.settings), associate(behind.settings) as peer:
        again = [peer.send_c_store(image).Status for image in images[: len(acknowledged) + 1]]
    assert set(again) == {0x0000}
    assert len(behind.scans()) == len(again)


def test_told_to_stop_it_lets_an_association_end_and_exits_with_0(behind, associate, image):
    with process(behind.settings) as child:
        with associate(behind.settings) as peer:
            child.terminate()
            assert peer.send_c_store(image()).Status == 0x0000
        assert wait_until(lambda: child.exit_code is not None, 15)
        assert child.exit_code == 0


@pytest.mark.parametrize("behind", [{"log_level": "debug"}], indirect=True)
def test_the_log_names_nobody(behind, associate, image):
    good, nameless, foreign = image(), image(number=2), image(number=3, sop_class=CTImageStorage)
    foreign.PatientName = good.PatientName
    del nameless.StudyInstanceUID
    with process(behind.settings) as child:
        with associate(behind.settings) as peer:
            for sent in (good, good, nameless):
                peer.send_c_store(sent)
            with pytest.raises(ValueError, match="No presentation context"):
                peer.send_c_store(foreign)
        with associate(behind.settings) as peer:
            peer.send_c_store(image(number=4))
            peer.abort()
        log = child.log.read_text()
    assert "association_accepted" in log
    assert "object_refused" in log
    secrets = (*str(good.PatientName).split("^"), good.PatientID, good.StudyInstanceUID, good.SOPInstanceUID)
    assert [secret for secret in (*secrets, nameless.SOPInstanceUID) if secret in log] == []


@needs_dcmtk
def test_dcmtk_echoes_and_sends_a_directory(behind, image, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    for number in range(5):
        image(number=number).save_as(folder / f"{number}.dcm", enforce_file_format=True)
    to = ("-aec", behind.settings.dicom_ae_title, "127.0.0.1", str(behind.settings.dicom_port))
    with process(behind.settings):
        for command in (("echoscu", *to), ("storescu", "+sd", *to, str(folder))):
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, done.stderr
    assert [scan.batch_id for scan in behind.scans()] == [1] * 5
