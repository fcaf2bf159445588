"""Watching as a process: looks every few seconds until it is told to stop."""

from __future__ import annotations

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.logs import configure_logging
from shared.processes import announce
from shared.queues import make_celery
from shared.settings import Settings
from shared.signals import stop_on_signals
from worker.announcing import Announcer
from worker.watching.folder import checked_folder
from worker.watching.taking import Watch


def run_watch(settings: Settings) -> None:
    """Take in what is put into the watched folder until a signal. Raises SettingsError.

    It looks instead of being notified: notifications do not cross a network, where such folders mostly are.
    """
    configure_logging(settings.log_level)
    stop = stop_on_signals()
    folder = checked_folder(settings)
    database = Database(settings.database_address, durable=True)
    blobs = FolderBlobs(settings.blob_dir, settings.max_file_bytes)
    with folder.locked(), Announcer(database, make_celery(settings)) as announcer:
        watch = Watch(folder, database, blobs, lambda arrived: announcer.add(arrived.scan_id, arrived.priority))
        announce("watching")
        while not stop.is_set():
            watch.round()
            stop.wait(settings.watch_seconds)
