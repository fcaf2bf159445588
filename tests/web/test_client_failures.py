"""What the client says of a server that it cannot use, against real servers."""

from __future__ import annotations

import datetime
import socket
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.cli import cli
from shared.stack import web_answers
from shared.states import Scope


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody but itself vouches for and that is not a CA's, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*encoding))
    return {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}


@pytest.fixture(scope="module")
def secure_server(start_server, certificate):
    """A server process with HTTPS."""
    with start_server(**certificate) as found:
        assert web_answers(found.settings)
        yield found


@pytest.fixture
def status(monkeypatch):
    """A function that runs `oncoqueue status` with these settings and gives its result."""

    def run(**settings: object):
        for name, value in settings.items():
            monkeypatch.setenv(f"ONCOQUEUE_{name.upper()}", str(value))
        return CliRunner().invoke(cli, ["status"])

    return run


def failed(result, *said):
    """Whether the command ended with one line that says all this."""
    assert result.exit_code == 1, result.output
    assert result.output.count("\n") == 1, result.output
    assert result.output.startswith("Error: ")
    assert [text for text in said if text not in result.output] == [], result.output
    return True


def named(server, host="localhost", scheme="https"):
    return f"{scheme}://{host}:{server.settings.port}"


@contextmanager
def answering(listener, answer):
    """Give the first who asks this answer, whatever they want."""

    def answer_one():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=answer_one)
    thread.start()
    yield
    thread.join(10)


def test_a_certificate_that_is_not_trusted_names_the_setting_that_trusts_it(status, secure_server, certificate):
    assert failed(status(server_url=named(secure_server)), "self-signed certificate", "ONCOQUEUE_SERVER_CA_FILE")
    result = status(server_ca_file=certificate["tls_cert"])
    assert result.exit_code == 0, result.output


def test_a_trusted_certificate_serves_behind_proxy_variables_too(status, secure_server, certificate, monkeypatch):
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    result = status(server_url=named(secure_server), server_ca_file=certificate["tls_cert"])
    assert result.exit_code == 0, result.output


def test_a_certificate_for_another_name_says_so(status, secure_server, certificate):
    result = status(server_url=named(secure_server, "127.0.0.1"), server_ca_file=certificate["tls_cert"])
    assert failed(result, "made out to another name", "ONCOQUEUE_SERVER_URL")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_certificates_is_named(status, secure_server, tmp_path, content):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    assert failed(status(server_url=named(secure_server), server_ca_file=file), "ONCOQUEUE_SERVER_CA_FILE", str(file))


def test_tls_and_plain_http_mixed_up_are_told_at_once(status, secure_server, server):
    assert failed(status(server_url=named(secure_server, scheme="http")), "speaks TLS: write https://")
    assert failed(status(server_url=server.url.replace("http:", "https:")), "speaks plain HTTP: write http://")


@pytest.mark.parametrize("url", ["127.0.0.1:8077", "localhost:8077", "hospital.example"])
def test_an_address_without_its_scheme_is_refused(status, url):
    assert failed(status(server_url=url), "ONCOQUEUE_SERVER_URL", "with its scheme")


def test_without_a_listener_the_advice_is_to_start_one(status):
    assert failed(status(port=1), "No server listens at http://127.0.0.1:1", "oncoqueue up", "ONCOQUEUE_SERVER_URL")


def test_a_host_that_nobody_knows_is_not_called_stopped(status):
    result = status(server_url="http://no-such-host.invalid")
    assert failed(result, "No host has the name in http://no-such-host.invalid")
    assert "oncoqueue up" not in result.output


def test_an_address_that_leads_elsewhere_is_named(status, server):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
        with answering(
            elsewhere, b"HTTP/1.1 308 Moved\r\nLocation: https://onco.example/\r\nContent-Length: 0\r\n\r\n"
        ):
            assert failed(status(server_url=url), "leads on to https://onco.example/", "ONCOQUEUE_SERVER_URL")


def test_without_a_token_the_setting_and_the_command_for_one_are_named(status, guarded_server):
    assert failed(status(server_url=guarded_server.url), "ONCOQUEUE_API_TOKEN", "oncoqueue token create NAME")


def test_a_token_that_may_not_is_told_the_scope(status, guarded_server):
    weak = guarded_server.store.new_token("only-submits", Scope.SUBMIT)
    assert failed(status(server_url=guarded_server.url, api_token=weak), "the scope read")


def test_a_client_without_an_address_asks_the_server_of_its_own_settings(status, server, secure_server, certificate):
    assert status(port=server.settings.port).exit_code == 0
    result = status(port=secure_server.settings.port, **certificate, server_ca_file=certificate["tls_cert"])
    assert failed(result, f"https://127.0.0.1:{secure_server.settings.port}", "another name")


def test_port_0_says_of_no_server_where_it_is(status):
    assert failed(status(port=0), "ONCOQUEUE_SERVER_URL")
