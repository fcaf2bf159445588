"""Clients that are slow, on purpose or not, hold up nobody else: over real connections, plain and TLS."""

from __future__ import annotations

import itertools
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import httpx
import pytest
import trustme

from web.serving.inbox import Arrival, Inbox
from web.serving.unreader import RequestUnreader, SlowBodyError

MANY = 40
PROMPTLY = 1.0  # seconds
TYPE = "multipart/form-data; boundary=B"
PART = b'--B\r\nContent-Disposition: form-data; name="files"; filename="%d.png"\r\n\r\n'
LOGIN = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"

HURRIED = """
import sys
from web import server
from web.serving import unreader, worker
unreader.MEASURED_SECONDS = 1
worker.TURN_SECONDS = worker.REQUEST_SECONDS = 2
server.Server("127.0.0.1", int(sys.argv[1])).run()
"""


@pytest.fixture(scope="module")
def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def tls_server(start_server, tmp_path_factory):
    """A server with HTTPS."""
    folder = tmp_path_factory.mktemp("tls")
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    with start_server(tls_cert=folder / "cert.pem", tls_key=folder / "key.pem") as found:
        yield found


@pytest.fixture(scope="module")
def hurried_server(start_server, tmp_path_factory):
    """A server with short limits."""
    script = tmp_path_factory.mktemp("hurried") / "hurried.py"
    script.write_text(HURRIED)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with start_server(command=(sys.executable, str(script), str(port)), port=port) as found:
        yield found


@pytest.fixture
def opened():
    """A function that opens so many connections on which `data` is sent."""
    with ExitStack() as exits:

        def open_all(server, data=b"", count=MANY):
            address = ("127.0.0.1", server.settings.port)
            found = [exits.enter_context(socket.create_connection(address, timeout=20)) for _ in range(count)]
            for connection in found:
                connection.sendall(data)
            time.sleep(0.5)
            return found

        yield open_all


def seconds_of_an_answer(server, path="/health/live"):
    begun = time.monotonic()
    assert httpx.get(server.url + path, timeout=30, verify=False).status_code == 200
    return time.monotonic() - begun


def upload_head(batch_id, length):
    return (
        f"POST /api/v1/batches/{batch_id}/files HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: {TYPE}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nA:",
        LOGIN + b"Content-Length: 60000\r\n\r\nname=",
        LOGIN + b"Content-Length: 6000000\r\n\r\nname=",
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\n5\r\nname=",
    ],
    ids=["nothing", "half a head", "half a form", "a form too large", "half a form in chunks"],
)
def test_connections_that_send_only_a_part_delay_nobody(server, opened, data):
    opened(server, data)
    assert seconds_of_an_answer(server) < PROMPTLY
    assert seconds_of_an_answer(server, "/") < PROMPTLY


@pytest.mark.parametrize("data", [b"", b"\x16\x03\x01"], ids=["nothing", "half a hello"])
def test_connections_that_begin_no_tls_delay_nobody(tls_server, opened, data):
    opened(tls_server, data)
    assert seconds_of_an_answer(tls_server) < PROMPTLY


def test_tls_connections_that_send_half_a_head_delay_nobody(tls_server, opened, trusting):
    for connection in opened(tls_server):
        trusting.wrap_socket(connection.dup(), server_hostname="localhost").sendall(b"GET / HTTP/1.1\r\n")
    assert seconds_of_an_answer(tls_server) < PROMPTLY


def test_answers_that_are_not_followed_by_an_end_delay_nobody(server, opened):
    opened(server, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert seconds_of_an_answer(server) < PROMPTLY


def test_many_slow_uploads_delay_nobody_and_all_arrive(server):
    batch = server.store.new_batch()
    count, data = 20, b"x" * 300_000
    statuses = []

    def send(number):
        body = PART % number + data + b"%d" % number + b"\r\n--B--\r\n"
        with socket.create_connection(("127.0.0.1", server.settings.port), timeout=60) as connection:
            connection.sendall(upload_head(batch.id, len(body)))
            for begin in range(0, len(body), 50_000):
                connection.sendall(body[begin : begin + 50_000])
                time.sleep(0.4)
            statuses.append(connection.recv(100)[9:12])

    senders = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(count)]
    for sender in senders:
        sender.start()
    time.sleep(1)
    assert max(seconds_of_an_answer(server, path) for path in ("/health/live", "/", "/metrics")) < PROMPTLY
    for sender in senders:
        sender.join(60)
    assert statuses == [b"200"] * count
    assert server.store.batch(batch.id).total == count


def test_an_upload_whose_turn_does_not_come_is_told_when_to_try_again(hurried_server, opened):
    batch = hurried_server.store.new_batch()
    begun = upload_head(batch.id, 3_000_000) + PART % 1
    answers = []
    stop = time.monotonic() + 6

    def trickle(connection):
        with suppress(OSError):
            while time.monotonic() < stop:
                connection.sendall(b"x" * 20_000)
                time.sleep(0.2)

    holders = opened(hurried_server, begun, count=8)
    with ThreadPoolExecutor(8) as pool:
        for holder in holders:
            pool.submit(trickle, holder)
        (late,) = opened(hurried_server, begun, count=1)
        answers.append(late.recv(1000))
    assert answers[0].startswith(b"HTTP/1.1 503")
    assert b"\r\nRetry-After: 2\r\n" in answers[0]


def test_an_upload_that_only_trickles_is_cut_and_told_why(hurried_server, opened):
    batch = hurried_server.store.new_batch()
    (connection,) = opened(hurried_server, upload_head(batch.id, 3_000_000) + PART % 1, count=1)
    answer = b""
    connection.settimeout(0.1)
    for _ in range(100):
        with suppress(TimeoutError, ConnectionError):
            connection.sendall(b"x")
        with suppress(TimeoutError, ConnectionError):
            answer += connection.recv(1000)
        if b"}" in answer:
            break
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"less than 1 kB a second" in answer


def test_half_a_request_is_given_up_after_its_time(hurried_server, opened):
    (connection,) = opened(hurried_server, b"GET / HTTP/1.1\r\n", count=1)
    begun, answer = time.monotonic(), b""
    connection.settimeout(0.1)
    while not answer and time.monotonic() < begun + 10:
        with suppress(TimeoutError):
            connection.sendall(b"A: b\r\n")
            answer = connection.recv(100)
    assert answer.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - begun < 5


def test_requests_in_one_packet_are_answered_in_turn(server, opened):
    one = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    (connection,) = opened(server, one * 2 + last, count=1)
    answer = b""
    while more := connection.recv(10_000):
        answer += more
    assert answer.count(b"HTTP/1.1 200") == 3


def test_who_waits_to_be_told_to_go_on_is_told(server, opened):
    (connection,) = opened(server, LOGIN + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n", count=1)
    assert connection.recv(100).startswith(b"HTTP/1.1 100")
    connection.sendall(b"a=b&")
    answer = b""
    while b"Content-Length" not in answer:
        answer += connection.recv(1000)
    assert answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 303")


@pytest.mark.parametrize(
    ("data", "arrival"),
    [
        (b"GET / HTTP/1.1\r\n", Arrival.PARTIAL),
        (b"GET / HTTP/1.1\r\n\r\n", Arrival.WHOLE),
        (b"POST / HTTP/1.1\r\nCONTENT-length:3\r\n\r\nab", Arrival.PARTIAL),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", Arrival.WHOLE),
        (b"POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", Arrival.LARGE),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Arrival.LARGE),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 40_000, Arrival.TOO_LONG),
    ],
)
def test_what_can_be_done_with_a_request_follows_from_what_has_arrived(data, arrival):
    whole, trickled = Inbox(), Inbox()
    whole.add(data)
    for byte in data:
        trickled.add(bytes([byte]))
    assert whole.arrival is trickled.arrival is arrival
    assert whole.empty() == data
    assert whole.arrival is Arrival.PARTIAL


def test_a_small_request_never_reads_from_its_client():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"more")
        unreader = RequestUnreader(ours)
        unreader.begin(b"what is there", may_read=False)
        assert unreader.read(100) == b"what is there"
        unreader.begin(b"", may_read=True)
        assert unreader.read(4) == b"more"


def test_only_what_is_slow_on_average_is_too_slow(monkeypatch):
    clock = itertools.count(step=15)  # each read waits 15 s
    monkeypatch.setattr("web.serving.unreader.time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    ours, theirs = socket.socketpair()

    def receive(size):
        theirs.sendall(b"x" * size)
        return len(unreader.chunk(100_000))

    with ours, theirs:
        unreader = RequestUnreader(ours)
        unreader.begin(b"", may_read=True)
        sizes = [60_000, 1, 1, 1, 1, 1, 1, 60_000, 1, 1, 1]
        assert [receive(size) for size in sizes] == sizes
        with pytest.raises(SlowBodyError):
            receive(1)
