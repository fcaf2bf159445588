"""A Flask test client for the routes, and real server processes where the wire matters."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from shared.addresses import web_address
from shared.blobs import FolderBlobs
from shared.database import Database
from shared.processes import Child, Part, wait_until
from shared.schemas import (
    BatchCreate,
    BatchView,
    Finding,
    ImageInfo,
    Malignancy,
    Measurements,
    ModelInfo,
    ScanResult,
    ScanView,
)
from shared.settings import Settings
from shared.stack import environment, own_command, web_answers
from shared.states import Priority, Scope
from shared.store.accounts import add_account
from shared.store.adding import NewScan, add_scans
from shared.store.batches import close_batch, create_batch, get_batch
from shared.store.claims import Claim, claim, fail, finish
from shared.store.results import StoredResult
from shared.store.scans import get_scan
from shared.store.tokens import create_token
from web.access.passwords import Passwords
from web.app import create_app
from web.client import Client

RELEASE = "test-1"
PICTURE = b"\x89PNG\r\n\x1a\n a picture"


@dataclass(frozen=True)
class Store:
    """The database and the blobs behind a server, and what a worker would do to them."""

    database: Database
    blobs: FolderBlobs

    def new_batch(self, name: str = "a batch", priority: Priority = Priority.ROUTINE) -> BatchView:
        """An open batch."""
        with self.database.write() as session:
            return create_batch(session, BatchCreate(name=name, priority=priority))[0]

    def batch(self, batch_id: int) -> BatchView:
        """The batch as it is now."""
        with self.database.read() as session:
            return get_batch(session, batch_id)

    def new_token(self, name: str, *scopes: Scope, days: float = 1) -> str:
        """A token with these scopes, or with all."""
        with self.database.write() as session:
            return create_token(session, name, scopes or tuple(Scope), timedelta(days=days))[1]

    def new_account(self, name: str, password: str, *scopes: Scope) -> None:
        """An account with these scopes, or with all."""
        kept = Passwords().hash(password)
        with self.database.write() as session:
            add_account(session, name, kept, scopes or tuple(Scope))

    def close(self, batch_id: int) -> None:
        """Close a batch."""
        with self.database.write() as session:
            close_batch(session, batch_id)

    def add_scan(self, batch_id: int, path: str, data: bytes | None = None) -> int:
        """A scan whose bytes are in the store; gives its id."""
        content = data if data is not None else f"bytes of {path}".encode()
        new = NewScan(path, self.blobs.put(content), len(content))
        with self.database.write() as session:
            scan_id = add_scans(session, batch_id, [new])[0].scan_id
        assert scan_id is not None
        return scan_id

    def scan(self, scan_id: int) -> ScanView:
        """The scan as it is now."""
        with self.database.read() as session:
            return get_scan(session, scan_id)

    def claim(self, scan_id: int) -> Claim:
        """Take a scan as a worker does."""
        with self.database.write() as session:
            return claim(session, [scan_id], "test worker", 30)[0]

    def finish(self, scan_id: int, result: ScanResult, **objects: bytes) -> None:
        """End a scan with a result, and pictures and these objects if it is done."""
        taken = self.claim(scan_id)
        pictures = {"original": PICTURE + b" raw", "overlay": PICTURE, **objects}
        images = {name: self.blobs.put(content) for name, content in pictures.items()}
        stored = StoredResult(
            taken.sha256, RELEASE, result.model_dump_json(exclude={"path"}), images if result.status == "done" else {}
        )
        with self.database.write() as session:
            assert finish(session, taken, stored).ours

    def fail(self, scan_id: int, reason: str) -> None:
        """End a scan as failed."""
        taken = self.claim(scan_id)
        with self.database.write() as session:
            assert fail(session, taken, reason)


@dataclass(frozen=True)
class Server:
    """A running server process and what is behind it."""

    settings: Settings
    child: Child
    store: Store

    @property
    def url(self) -> str:
        """Where it answers."""
        return web_address(self.settings)


@pytest.fixture
def web_settings(tmp_path: Path, sqlite_database: str, redis_url: str) -> Settings:
    """Settings with a fresh database and a real Redis."""
    return Settings(data_dir=tmp_path / "data", database_url=sqlite_database, redis_url=redis_url)


@pytest.fixture
def app(web_settings):
    """The application on a fresh database."""
    return create_app(web_settings)


@pytest.fixture
def http(app):
    """The application without a server."""
    return app.test_client()


@pytest.fixture
def store(web_settings: Settings) -> Iterator[Store]:
    """What is behind the application."""
    with opened_store(web_settings) as found:
        yield found


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """The store that the settings name."""
    database = Database(settings.database_address)
    yield Store(database, FolderBlobs(settings.blob_dir, settings.max_file_bytes))
    database.dispose()


@contextmanager
def running_server(
    settings: Settings, command: tuple[str, ...] | None, probe: Callable[[Settings], bool]
) -> Iterator[Server]:
    """Run `oncoqueue web` with these settings until the block ends."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    part = Part("web", command or own_command("web"), probe=lambda: probe(settings))
    child = Child(part, environment(settings), settings.data_dir / "web.log")
    try:
        assert wait_until(lambda: child.is_ready() or child.exit_code is not None, 60), child.log_tail(50)
        assert child.exit_code is None, child.log_tail(50)
        with opened_store(settings) as store:
            yield Server(settings, child, store)
    finally:
        child.stop(20)


@pytest.fixture(scope="session")
def start_server(tmp_path_factory, migrated_file, redis_server) -> Callable:
    """A function that gives a context with a server process on a database of its own."""

    def start(command: tuple[str, ...] | None = None, probe=web_answers, **given: object):
        folder = tmp_path_factory.mktemp("server")
        address = f"sqlite:///{shutil.copy(migrated_file, folder / 'oncoqueue.db')}"
        defaults = {"data_dir": folder / "data", "database_url": address, "redis_url": redis_server.url}
        return running_server(Settings(**{**defaults, "port": free_port(), **given}), command, probe)

    return start


@pytest.fixture(scope="session")
def server(start_server) -> Iterator[Server]:
    """A server process without a token, shared by all tests: each makes its own batches."""
    with start_server(max_file_mb=4, max_files_per_request=70) as found:
        yield found


@pytest.fixture(scope="session")
def guarded_server(start_server) -> Iterator[Server]:
    """A server process that asks everybody for a login or a token."""
    with start_server(login="always") as found:
        yield found


@pytest.fixture(scope="session")
def token(guarded_server) -> str:
    """What opens all of the guarded server."""
    return guarded_server.store.new_token("tests")


@pytest.fixture
def client(server) -> Iterator[Client]:
    """A client of the shared server."""
    with Client(server.url, patience_seconds=10) as found:
        yield found


@pytest.fixture
def done_result() -> Callable[..., ScanResult]:
    """A function that makes a result with one reported finding."""

    def make(urgency: float = 0.8, label: str = "glioma", location: str = "upper left") -> ScanResult:
        finding = Finding(
            box=(10, 20, 40, 60),
            score=0.9,
            reported=True,
            label=label,
            probabilities={label: 0.93},
            certain=True,
            malignancy=Malignancy(label="malignant", probability=0.92),
            measurements=Measurements(
                longest_diameter=23.4,
                short_axis=17.1,
                area=300.5,
                unit="mm",
                circularity=0.8,
                eccentricity=0.5,
                solidity=0.9,
                location=location,
            ),
            contour=[(10, 20), (40, 20), (40, 60)],
        )
        return ScanResult(
            path="",
            status="done",
            kind="brain-mri",
            model=ModelInfo(name="brain-mri", version="1.0"),
            tumor_probability=0.97,
            urgency=urgency,
            image=ImageInfo(width=256, height=256, pixel_spacing_mm=(0.5, 0.5)),
            findings=[finding],
        )

    return make


@pytest.fixture
def rejected_result() -> ScanResult:
    """A result for a file that is at fault."""
    return ScanResult(path="", status="rejected", reason="The file is not an image.")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
