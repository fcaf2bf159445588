"""The HTTP client against a real server."""

from __future__ import annotations

import hashlib
import socket
import threading
import time

import httpx
import pytest

from shared.processes import wait_until
from shared.schemas import BatchCreate, ScanRegister
from web.client import ApiError, Client, LocalFile, ServerAwayError
from web.client.errors import FileChangedError, StoppedError

ODD_NAMES = ['with "quotes".png', "100%22.png", "ünïcode/名.dcm", "semi;colon=1.png", "  spaces  .png", "a'b&c?.png"]


@pytest.fixture
def batch(client):
    """An open batch."""
    return client.create_batch(BatchCreate(name="a batch"))


def is_live(settings):
    """Whether the server answers at all."""
    try:
        return httpx.get(f"http://127.0.0.1:{settings.port}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def local_file(folder, name, data):
    """A file on disk with a name in the batch."""
    path = folder / hashlib.sha256(name.encode()).hexdigest()
    path.write_bytes(data)
    return LocalFile(path, name, len(data))


def test_uploads_arrive_under_their_names_whatever_these_are(client, server, batch, tmp_path):
    files = [local_file(tmp_path, name, name.encode() * 1000) for name in ODD_NAMES]
    entries = client.upload(batch.id, files)
    assert [(entry.path, entry.error) for entry in entries] == [(name, None) for name in ODD_NAMES]
    for entry, file in zip(entries, files, strict=True):
        assert server.store.blobs.path(server.store.scan(entry.scan_id).sha256).read_bytes() == file.path.read_bytes()


def test_known_bytes_are_registered(client, batch, tmp_path):
    data = f"batch {batch.id}".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    assert client.missing([sha256]) == {sha256}
    client.upload(batch.id, [local_file(tmp_path, "a.png", data)])
    assert client.missing([sha256]) == set()
    (entry,) = client.register(batch.id, [ScanRegister(path="b.png", sha256=sha256)])
    assert entry.error is None
    assert [scan.path for scan in client.scans(batch.id)] == ["a.png", "b.png"]


def test_a_file_that_vanishes_is_named(client, batch, tmp_path):
    gone = LocalFile(tmp_path / "gone", "gone.png", 5)
    with pytest.raises(FileChangedError) as caught:
        client.upload(batch.id, [local_file(tmp_path, "a.png", b"a"), gone])
    assert caught.value.name == "gone.png"


def test_a_refusal_says_why(client):
    with pytest.raises(ApiError, match="no batch 999999") as caught:
        client.batch(999_999)
    assert caught.value.status == 404


def test_results_and_pictures_are_fetched(client, server, batch, done_result):
    scan_id = server.store.add_scan(batch.id, "a.png")
    assert client.image(scan_id, "overlay") is None
    server.store.finish(scan_id, done_result())
    assert client.result(scan_id).findings[0].label == "glioma"
    assert [outcome.scan_id for outcome in client.results(batch.id)] == [scan_id]
    assert [scan.id for scan in client.worklist(batch.id)] == [scan_id]
    assert client.image(scan_id, "overlay").startswith(b"\x89PNG")
    with client.results_csv(batch.id) as blocks:
        assert b"a.png" in b"".join(blocks)


def test_a_batch_is_watched_until_it_is_finished(client, server, batch, done_result):
    scan_id = server.store.add_scan(batch.id, "a.png")
    seen = []
    watcher = threading.Thread(target=lambda: seen.extend(client.watch(batch.id)))
    watcher.start()
    assert wait_until(lambda: len(seen) == 1, 10)
    server.store.finish(scan_id, done_result())
    server.store.close(batch.id)
    watcher.join(20)
    assert seen[-1].finished
    assert seen[-1].counts.done == 1
    assert len(seen) <= 3


def test_while_no_server_answers_the_client_tries_until_its_patience_ends():
    started = time.monotonic()
    with Client("http://127.0.0.1:1", patience_seconds=1) as client, pytest.raises(ServerAwayError, match="No server"):
        client.batches(1)
    assert 0.2 < time.monotonic() - started < 10


def test_a_server_that_starts_late_is_waited_for(start_server):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    answered = []

    def ask():
        with Client(f"http://127.0.0.1:{port}", patience_seconds=60) as late:
            answered.append(late.batches(1))

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.5)
    assert not answered
    with start_server(port=port):
        asker.join(30)
    assert answered == [[]]


def test_a_503_is_tried_again_after_the_time_it_asks_for(start_server):
    with start_server(database_url="postgresql://nobody@127.0.0.1:1/none", probe=is_live) as server:
        started = time.monotonic()
        with Client(server.url, patience_seconds=3) as client, pytest.raises(ServerAwayError, match="503"):
            client.batches(1)
        assert time.monotonic() - started < 3  # the server says 5 seconds: longer than the patience


def test_a_client_that_is_stopped_waits_no_longer():
    with Client("http://127.0.0.1:1", patience_seconds=60) as client:
        client.stop()
        with pytest.raises(StoppedError):
            client.batches(1)


def test_the_token_is_sent(guarded_server, token):
    with Client(guarded_server.url, token) as client:
        assert isinstance(client.batches(1), list)
    with Client(guarded_server.url, "wrong") as client, pytest.raises(ApiError) as caught:
        client.batches(1)
    assert caught.value.status == 401
