"""What a process of a worker works with."""

from __future__ import annotations

import mmap
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from celery import Celery
from sqlalchemy.orm import Session

from shared.alerting.rules import load_policy
from shared.blobs import BlobStore, FolderBlobs
from shared.database import Database
from shared.settings import Settings
from worker.patience import patiently

if TYPE_CHECKING:
    from models.pipeline import Pipeline

# A scan has four pictures, and what takes time is waiting for the disk.
PICTURE_THREADS = 4

Answer = TypeVar("Answer")


class SharedFlag:
    """A flag that a process and the children it forks all see. Without a lock: a signal handler raises it."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Raise it; there is no way back."""
        self._byte[0] = 1

    def is_set(self) -> bool:
        """Whether any of the processes has raised it."""
        return self._byte[0] == 1


class Resources:
    """Made before a worker forks, opened on first use after it: neither connections nor engines survive a fork."""

    def __init__(self, settings: Settings, celery: Celery) -> None:
        """Opens nothing. `stopping` asks children to come to an end; `broken` says that one could not start.

        Raises SettingsError where the rules of alerts are wrong: found at the start, not at the first tumour.
        """
        self.settings = settings
        self.policy = load_policy(settings)
        self.celery = celery
        self.stopping = SharedFlag()
        self.broken = SharedFlag()

    def open(self) -> None:
        """Open what threads will share: two that came together for the first use would each open their own."""
        _ = self.database, self.blobs

    @property
    def worker(self) -> str:
        """This process's name in the claims it holds."""
        return f"{socket.gethostname()}:{os.getpid()}"

    @cached_property
    def database(self) -> Database:
        """This process's connections."""
        return Database(self.settings.database_address)

    @cached_property
    def blobs(self) -> BlobStore:
        """Scans that came in, and pictures that go out."""
        return FolderBlobs(self.settings.blob_dir, self.settings.max_file_bytes)

    @cached_property
    def picture_threads(self) -> ThreadPoolExecutor:
        """Threads that put pictures into the blob store."""
        return ThreadPoolExecutor(PICTURE_THREADS, thread_name_prefix="pictures")

    @cached_property
    def pipeline(self) -> Pipeline:
        """The models of this process."""
        from worker import engine  # Not before the fork, and never in the alert worker.

        return engine.load_pipeline(self.settings)

    def read(self, action: Callable[[Session], Answer]) -> Answer:
        """Run one reading transaction, waiting for a database that is away."""

        def transaction() -> Answer:
            with self.database.read() as session:
                return action(session)

        return patiently(transaction, give_up=self.stopping.is_set)

    def write(self, action: Callable[[Session], Answer]) -> Answer:
        """Run one writing transaction, waiting for a database that is away."""

        def transaction() -> Answer:
            with self.database.write() as session:
                return action(session)

        return patiently(transaction, give_up=self.stopping.is_set)
