"""The server as a process: what only the wire and the clock can show."""

from __future__ import annotations

import hashlib
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from shared.processes import wait_until
from shared.states import Scope

MAX_MEMORY = 150 * 1024 * 1024
BOUNDARY = "boundary"
HEAD = '--boundary\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'

IMPATIENT = """
import sys
from web import server
from web.serving import worker
worker.STALL_SECONDS = worker.REQUEST_SECONDS = 1
server.Server("127.0.0.1", int(sys.argv[1])).run()
"""


def send_request(server, path, body, length):
    """Send a request that says its body has `length` bytes; gives the socket."""
    connection = socket.create_connection(("127.0.0.1", server.settings.port), timeout=20)
    connection.sendall(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n".encode()
        + body
    )
    return connection


def blob_files(server):
    """All files in the blob store that are not finished blobs."""
    root = server.settings.blob_dir
    return [path for path in root.rglob("*") if path.is_file() and len(path.name) != 64]


def memory(process):
    """The resident memory of a process and its children, in bytes."""
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family)


def test_a_client_that_disconnects_midway_leaves_no_half_blob_and_keeps_what_was_whole(server):
    batch = server.store.new_batch()
    whole = f"whole of batch {batch.id}".encode()
    body = HEAD.format(name="a.png").encode() + whole + b"\r\n" + HEAD.format(name="b.png").encode() + b"x" * 500_000
    connection = send_request(server, f"/api/v1/batches/{batch.id}/files", body, 3_000_000)
    assert wait_until(lambda: bool(blob_files(server)), 10)
    connection.close()
    assert wait_until(lambda: not blob_files(server), 10)
    assert server.store.batch(batch.id).total == 0
    assert server.store.blobs.missing([hashlib.sha256(whole).hexdigest()]) == []


def test_a_client_that_stalls_is_dropped(start_server, tmp_path):
    script = tmp_path / "impatient.py"
    script.write_text(IMPATIENT)
    port = free_port()
    with start_server(command=(sys.executable, str(script), str(port)), port=port) as server:
        batch = server.store.new_batch()
        body = HEAD.format(name="a.png").encode() + b"x" * 100_000
        with send_request(server, f"/api/v1/batches/{batch.id}/files", body, 3_000_000) as connection:
            started = time.monotonic()
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
            assert time.monotonic() - started < 10
        assert not blob_files(server)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as silent:
            silent.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert silent.recv(100).startswith(b"HTTP/1.1 408")


def free_port():
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_no_http_gets_a_problem_document(server, request_bytes, status):
    with socket.create_connection(("127.0.0.1", server.settings.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = connection.recv(4000)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in answer
    assert b"<html" not in answer


def test_memory_stays_small_under_load(server):
    process = psutil.Process(server.child.process.pid)
    data = b"\0" * (3 * 1024 * 1024)

    def work(number):
        batch = server.store.new_batch()
        with httpx.Client(base_url=server.url, timeout=60) as http:
            for turn in range(4):
                content = f"{number} {turn}".encode() + data
                http.post(
                    f"/api/v1/batches/{batch.id}/files", files={"files": (f"{turn}.dcm", content)}
                ).raise_for_status()
                for path in ("/", f"/batches/{batch.id}", "/api/v1/batches?limit=200", "/metrics", "/health/ready"):
                    http.get(path).raise_for_status()
        return memory(process)

    with ThreadPoolExecutor(12) as pool:
        peak = max(pool.map(work, range(24)))
    assert peak < MAX_MEMORY, f"{peak / 2**20:.0f} MB"


def test_a_server_that_is_told_to_stop_answers_what_it_has_begun(start_server):
    with start_server() as server:
        batch = server.store.new_batch()
        body = HEAD.format(name="a.png").encode() + b"x" * 900_000 + b"\r\n--boundary--\r\n"
        with send_request(server, f"/api/v1/batches/{batch.id}/files", body[:800_000], len(body)) as connection:
            assert wait_until(lambda: bool(blob_files(server)), 10)
            server.child.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(body[800_000:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert server.child.process.wait(20) == 0
        assert server.store.batch(batch.id).total == 1


def test_a_server_on_all_addresses_asks_for_a_login_and_says_how_to_make_one(start_server):
    with start_server(host="0.0.0.0") as server, httpx.Client(base_url=server.url) as http:
        assert http.get("/api/v1/batches").status_code == 401
        page = http.get("/", headers={"Accept": "text/html"}, follow_redirects=True)
        assert page.url.path == "/login"
        assert "oncoqueue user add NAME" in page.text
        token = server.store.new_token("reader", Scope.READ)
        assert http.get("/api/v1/batches", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_logs_name_neither_files_nor_tokens(guarded_server, token):
    headers = {"Authorization": f"Bearer {token}"}
    batch = guarded_server.store.new_batch("Jane Doe")
    address = f"{guarded_server.url}/api/v1/batches/{batch.id}/files"
    for name in ("jane-doe.png", "/jane-doe.png"):
        httpx.post(address, files={"files": (name, b"x")}, headers=headers).raise_for_status()
    httpx.get(f"{guarded_server.url}/nowhere/jane-doe", headers=headers)
    log = guarded_server.child.log.read_text().lower()
    assert "jane" not in log
    assert token not in log
