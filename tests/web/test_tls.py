"""HTTPS by our own server, over real connections."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys

import httpx
import pytest
import trustme

from shared.stack import environment, own_command

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority for this module."""
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    """The settings that name a certificate for `localhost` and its key."""
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)
    issued.private_key_pem.write_to_path(folder / "key.pem")
    return {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}


@pytest.fixture(scope="module")
def secure_server(start_server, files):
    """A server process with HTTPS that asks everybody."""
    with start_server(**files, login="always") as found:
        found.store.new_account("reader", PASSWORD)
        yield found


@pytest.fixture
def https(secure_server, authority):
    """A browser that trusts the authority."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    address = f"https://localhost:{secure_server.settings.port}"
    with httpx.Client(base_url=address, verify=trusting, headers={"Accept": "text/html"}, trust_env=False) as found:
        yield found


def log_in(https):
    """Fill in the form and send it."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', https.get("/login").text)[1]
    return https.post("/login", data={"csrf_token": token, "name": "reader", "password": PASSWORD})


def test_the_stack_sees_that_a_server_with_tls_is_ready(secure_server):
    assert secure_server.url.startswith("https://127.0.0.1:")  # the fixture has waited for web_answers


def test_a_login_over_https_sets_a_secure_cookie_and_opens_the_pages(https):
    assert https.get("/").status_code == 303
    answer = log_in(https)
    assert answer.status_code == 303
    (cookie,) = answer.headers.get_list("Set-Cookie")
    assert cookie.startswith("__Host-oncoqueue=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    page = https.get("/")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"


def test_a_request_forged_by_another_site_is_refused(https, secure_server):
    log_in(https)
    batch = secure_server.store.new_batch()
    address = f"/api/v1/batches/{batch.id}/cancel"
    token = re.search(r'name="csrf-token" content="([^"]+)"', https.get("/").text)[1]
    assert https.post(address).status_code == 403
    assert https.post(address, headers={"X-CSRFToken": token, "Origin": "https://evil.example"}).status_code == 403
    assert https.post(address, headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_of_tls_and_plain_http_are_refused(secure_server, https):
    port = secure_server.settings.port
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")  # or this side would refuse
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"),
    ):
        old.wrap_socket(raw)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/login", timeout=10, trust_env=False).raise_for_status()
    assert https.get("/health/live").status_code == 200  # and it goes on


def test_a_peer_that_never_finishes_its_handshake_holds_nobody_up(secure_server, https):
    port = secure_server.settings.port
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(12)]
    try:
        assert https.get("/health/live", timeout=10).status_code == 200
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tls_key": None}, "both or neither"),
        ({"tls_cert": None}, "both or neither"),
        ({"tls_key": "swapped"}, "ONCOQUEUE_TLS_CERT and ONCOQUEUE_TLS_KEY must name"),
        ({"tls_cert": "missing"}, "ONCOQUEUE_TLS_CERT and ONCOQUEUE_TLS_KEY must name"),
    ],
)
def test_a_certificate_that_will_not_do_is_told_at_the_start(web_settings, files, tmp_path, changes, said):
    swapped = {"swapped": files["tls_cert"], "missing": tmp_path / "missing.pem", None: None}
    given = files | {name: swapped[value] for name, value in changes.items()}
    settings = web_settings.model_copy(update=given)
    run = subprocess.run(own_command("web"), env=environment(settings), capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert sys.executable not in run.stderr
