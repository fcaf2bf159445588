"""The listener as a process: opened, announced, and stopped without losing what runs."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.errors import SettingsError
from shared.logs import configure_logging
from shared.processes import announce, wait_until
from shared.queues import make_celery
from shared.settings import PREFIX, Settings
from shared.signals import stop_on_signals
from worker.announcing import Announcer
from worker.listener.access import check_access, tls_context
from worker.listener.server import BoundedServer, start_server
from worker.listener.storing import Storing

LET_END_SECONDS = 10  # what an association may take to end once we are told to stop
POLL_SECONDS = 0.1

log = structlog.get_logger(__name__)


def run_listener(settings: Settings) -> None:
    """Take in what is sent by DICOM until a signal. Raises SettingsError."""
    configure_logging(settings.log_level)
    stop = stop_on_signals()
    with listening(settings):
        announce("listening")
        stop.wait()


@contextmanager
def listening(settings: Settings) -> Iterator[BoundedServer]:
    """A listener for the length of a `with` block. Raises SettingsError before anything is opened."""
    check_access(settings)
    context = tls_context(settings)
    database = Database(settings.database_address, durable=True)
    blobs = FolderBlobs(settings.blob_dir, settings.max_file_bytes)
    try:
        with Announcer(database, make_celery(settings)) as announcer:
            server = _start(settings, blobs, Storing(database, announcer), context)
            thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="listener", daemon=True)
            thread.start()
            log.info("listening", port=server.server_address[1], tls=context is not None)
            try:
                yield server
            finally:
                _stop(server)
    finally:
        database.dispose()


def _start(settings: Settings, blobs: FolderBlobs, storing: Storing, context: ssl.SSLContext | None) -> BoundedServer:
    try:
        return start_server(settings, blobs, storing, context)
    except OSError as error:
        where = f"port {settings.dicom_port} of {settings.dicom_host}"
        raise SettingsError(
            f"The DICOM listener cannot use {where} ({error.strerror or error}): change {PREFIX}DICOM_PORT or "
            f"{PREFIX}DICOM_HOST."
        ) from error


def _stop(server: BoundedServer) -> None:
    """No new associations; those that run may end, and what is not acknowledged then, its sender sends again."""
    server.shutdown()
    wait_until(lambda: not server.active_associations, LET_END_SECONDS)
    for association in server.active_associations:
        association.abort()
