"""Our objects in Orthanc, an archive that others wrote: stored and given back by DICOMweb."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
from dicomweb_client import DICOMwebClient

from shared.objects import CAPTURE, SEG, SR
from shared.processes import kill_on_parent_death

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
SECONDS_TO_START = 30


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The address of the DICOMweb service of an Orthanc of our own, on loopback, in a folder of its own."""
    program = shutil.which("Orthanc", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or not PLUGIN.exists():
        pytest.skip("Orthanc is not installed: it is in Debian's orthanc and orthanc-dicomweb.")
    folder = tmp_path_factory.mktemp("orthanc")
    http_port, dicom_port = free_port(), free_port()
    settings = {
        "Name": "archive",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "HttpBindAddresses": ["127.0.0.1"],
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, str(folder / "orthanc.json")], stdout=log, stderr=log, preexec_fn=kill_on_parent_death
        )
        try:
            wait_for(f"http://127.0.0.1:{http_port}/system", process, folder / "log")
            yield f"http://127.0.0.1:{http_port}/dicom-web"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process, log):
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx.get(url, timeout=5).raise_for_status()
            return
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_orthanc_keeps_our_objects_beside_the_scan_and_gives_them_back(
    archive, make, make_result, others, parsed, finding
):
    files = make(others("MR_small.dcm"), make_result(finding()))
    sent = {name: parsed(files[name]) for name in (SR, SEG, CAPTURE)}
    client = DICOMwebClient(archive)
    client.store_instances([parsed(others("MR_small.dcm")), *sent.values()])

    study = sent[SR].StudyInstanceUID
    found = client.search_for_series(study, fields=["SeriesDescription"])
    assert {series["00080060"]["Value"][0] for series in found} == {"MR", "SR", "SEG", "OT"}
    for name, dataset in sent.items():
        back = client.retrieve_instance(study, dataset.SeriesInstanceUID, dataset.SOPInstanceUID)
        assert back.SOPClassUID == dataset.SOPClassUID, name
        assert back.get("ContentSequence") == dataset.get("ContentSequence")
        if name != SR:
            assert np.array_equal(back.pixel_array, dataset.pixel_array)
    segment = client.retrieve_instance(study, sent[SEG].SeriesInstanceUID, sent[SEG].SOPInstanceUID).SegmentSequence[0]
    assert segment.TrackingUID == sent[SEG].SegmentSequence[0].TrackingUID


def test_storing_the_same_objects_again_adds_nothing(archive, make, make_result, others, parsed, finding):
    client = DICOMwebClient(archive)
    for _ in range(2):
        files = make(others("MR_small_RLE.dcm"), make_result(finding(x=3), caveats=["again"]))
        document = parsed(files[SR])
        client.store_instances([document])
    assert len(client.search_for_instances(document.StudyInstanceUID, document.SeriesInstanceUID)) == 1
