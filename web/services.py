"""What the routes work with, built once for each app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from celery import Celery
from flask import current_app

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.queues import make_celery
from shared.settings import Settings

EXTENSION = "oncoqueue"
BROKER_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 2}


@dataclass(frozen=True)
class Services:
    """The settings and the three places where state lives."""

    settings: Settings
    database: Database
    blobs: FolderBlobs
    celery: Celery


def build_services(settings: Settings) -> Services:
    """Connects lazily: nothing is opened before it is needed, so the app starts while a server is away."""
    return Services(
        settings=settings,
        database=Database(settings.database_address, durable=True),
        blobs=FolderBlobs(settings.blob_dir, settings.max_file_bytes),
        celery=_impatient(make_celery(settings)),
    )


def _impatient(celery: Celery) -> Celery:
    """A request must not hang on a Redis that is away: the sweep sends what could not be sent."""
    celery.conf.broker_transport_options = {**celery.conf.broker_transport_options, **BROKER_TIMEOUTS}
    return celery


def services() -> Services:
    """Those of the app that serves the current request."""
    return cast(Services, current_app.extensions[EXTENSION])
