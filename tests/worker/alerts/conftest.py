"""Messages, and real servers that take them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from mail_server import Login, MailServer, mail_server
from slack_server import SlackServer, slack_server

from shared.settings import Settings
from worker.alerts.content import AlertMessage, DigestWords, FindingWords, ScanWords

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LOGIN = Login("alerts@hospital.example", "correct horse")
FINDING = FindingWords("Glioma", "93 %", "88 % (malignant)", "23.4 x 15.2 mm", "upper left of the head as displayed")
SCAN = ScanWords(17, "http://q.example/scans/17", "Brain MRI", "91 %", "97 %", "brain-mri 1.0", (FINDING,))


@pytest.fixture
def make_message() -> Callable[..., AlertMessage]:
    """A message about one scan; say what is to be different."""

    def make(**changes: object) -> AlertMessage:
        values: dict[str, object] = {
            "name": "5",
            "key": "0123abcd",
            "recipient": "reader@hospital.example",
            "subject": "Urgent finding in scan 17 (batch 3)",
            "created": "2026-11-23 08:31 UTC",
            "link": SCAN.link,
            "acknowledge": "http://q.example/alerts/acknowledge/token",
            "batch_id": 3,
            "scan": SCAN,
        }
        return AlertMessage(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def digest() -> DigestWords:
    """A digest of three scans and more."""
    rows = tuple(
        ScanWords(number, f"http://q.example/scans/{number}", "Brain MRI", "40 %", "80 %", "brain-mri 1.0", (FINDING,))
        for number in (17, 18, 19)
    )
    return DigestWords((("done", 120), ("rejected", 2)), rows, 4)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs the mail server's certificate."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The mail server's certificate, for 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authority's certificate."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def plain_mail() -> Iterator[MailServer]:
    """A mail server without TLS and login."""
    with mail_server() as server:
        yield server


@pytest.fixture
def starttls_mail(server_tls: ssl.SSLContext) -> Iterator[MailServer]:
    """A mail server that requires STARTTLS and a login."""
    with mail_server(LOGIN, starttls=server_tls) as server:
        yield server


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    """A server that answers as Slack does."""
    with slack_server() as server:
        yield server


@pytest.fixture
def plain_settings(settings: Settings, plain_mail: MailServer) -> Settings:
    """Settings that send through the plain mail server."""
    smtp = {"smtp_host": "127.0.0.1", "smtp_port": plain_mail.port, "smtp_security": "none"}
    return settings.model_copy(update=smtp | {"smtp_from": "OncoQueue <alerts@hospital.example>"})


@pytest.fixture
def starttls_settings(settings: Settings, starttls_mail: MailServer, ca_file: Path) -> Settings:
    """Settings that send through the mail server with STARTTLS and login."""
    return Settings(
        data_dir=settings.data_dir,
        smtp_host="127.0.0.1",
        smtp_port=starttls_mail.port,
        smtp_user=LOGIN.user,
        smtp_password=LOGIN.password,
        smtp_ca_file=ca_file,
        alert_timeout_seconds=2,
    )
