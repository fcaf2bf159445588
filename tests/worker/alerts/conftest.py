"""Messages, and real servers that take them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from mail_server import Login, MailServer, mail_server
from slack_server import SlackServer, slack_server
from sqlalchemy import select, update

from shared.alerting.rules import Policy, Rule
from shared.schemas import DeliveryView
from shared.settings import Settings
from shared.store.batches import close_batch
from shared.store.claims import claim, finish
from shared.store.results import StoredResult
from shared.store.scans import get_scan
from shared.tables import DeliveryRow
from worker.alerts.content import AlertMessage, DigestWords, FindingWords, ScanWords

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LOGIN = Login("alerts@hospital.example", "correct horse")
FINDING = FindingWords(
    "Glioma", "97 %", "93 %", "88 % (malignant)", "23.4 x 15.2 mm", "upper left of the head as displayed"
)
SCAN = ScanWords(17, "http://q.example/scans/17", "Brain MRI", "0.91", "97 %", "brain-mri 1.0", (FINDING,))


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
def dripping() -> Iterator[Callable[..., int]]:
    """Starts servers that say something `at_once`, and after `begin` send a byte now and then, for ever."""
    with ExitStack() as stay:

        def start(begin: bytes, at_once: bytes = b"") -> int:
            listener = stay.enter_context(socket.create_server(("127.0.0.1", 0)))
            over = threading.Event()
            thread = threading.Thread(target=drip, args=(listener, at_once + begin, over))
            stay.callback(thread.join)
            stay.callback(over.set)
            thread.start()
            return int(listener.getsockname()[1])

        yield start


def drip(listener: socket.socket, begin: bytes, over: threading.Event) -> None:
    """To whoever comes, one after another; until the other end is gone."""
    listener.settimeout(0.1)
    while not over.is_set():
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(begin)
                while not over.wait(0.1):
                    connection.sendall(b"x")


@pytest.fixture
def plain_settings(settings: Settings, plain_mail: MailServer) -> Settings:
    """Settings that send through the plain mail server."""
    smtp = {"smtp_host": "127.0.0.1", "smtp_port": plain_mail.port, "smtp_security": "none"}
    ours = {"smtp_from": "OncoQueue <alerts@hospital.example>", "alert_to": "email:reader@hospital.example"}
    return settings.model_copy(update=smtp | ours)


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


@dataclass
class Outbox:
    """Alerts raised as the worker's write-back raises them."""

    ours: Any  # tests/worker/conftest.py: Installation

    def raise_alerts(self, *targets: str, urgencies: Sequence[float] = (0.91,), **rule: object) -> list[DeliveryView]:
        """One batch with a scan of each urgency, finished under one rule; gives the deliveries that this raised."""
        policy = Policy((Rule.model_validate({"name": "rule", "send": targets, **rule}),))
        before = {delivery.id for delivery in self.deliveries()}
        ids = self.ours.add([{"number": number, "made_at": time.time_ns()} for number in range(len(urgencies))])
        with self.ours.database.write() as session:
            close_batch(session, get_scan(session, ids[0]).batch_id)
        for scan_id, urgency in zip(ids, urgencies, strict=True):
            with self.ours.database.write() as session:
                [claimed] = claim(session, [scan_id], "a worker", 30)
                finish(session, claimed, self.result(claimed.sha256, urgency), policy)
        return [delivery for delivery in self.deliveries() if delivery.id not in before]

    def result(self, sha256: str, urgency: float) -> StoredResult:
        """A brain MRI with one glioma, and a picture."""
        images = {"overlay": self.ours.blobs.put(PNG)}
        return StoredResult(sha256, "release-1", json.dumps(contract(urgency)), images)

    def deliveries(self) -> list[DeliveryView]:
        """All there are, oldest first."""
        with self.ours.database.read() as session:
            rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))
            return [DeliveryView.model_validate(row) for row in rows]

    def make_due(self) -> None:
        """What waits for another try, waits no more."""
        with self.ours.database.write() as session:
            session.execute(update(DeliveryRow).values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))


def contract(urgency: float) -> dict[str, object]:
    """A result without its path."""
    measurements = {"longest_diameter": 23.4, "short_axis": 15.2, "area": 280.0, "unit": "mm", "circularity": 0.9}
    measurements |= {"eccentricity": 0.5, "solidity": 0.9, "location": "upper left of the head as displayed"}
    finding = {
        "box": (10, 10, 40, 40),
        "score": 0.93,
        "reported": True,
        "label": "glioma",
        "probabilities": {"glioma": 0.97},
        "certain": True,
        "malignancy": {"label": "malignant", "probability": 0.88},
        "measurements": measurements,
        "contour": [(10, 10), (40, 10), (40, 40)],
    }
    return {
        "status": "done",
        "kind": "brain-mri",
        "model": {"name": "brain-mri", "version": "1.0"},
        "tumor_probability": 0.97,
        "urgency": urgency,
        "image": {"width": 256, "height": 256, "pixel_spacing_mm": (0.9, 0.9)},
        "findings": [finding],
    }


@pytest.fixture
def outbox(any_installation: Any) -> Outbox:
    """The outbox of a fresh installation, once on SQLite and once on PostgreSQL."""
    return Outbox(any_installation)


@pytest.fixture
def outbox_of() -> type[Outbox]:
    """The outbox of an installation."""
    return Outbox
