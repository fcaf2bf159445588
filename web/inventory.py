"""What the System page tells: read from the database, Redis and the disk, whichever of them answers."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from sqlalchemy.orm import Session

from shared.errors import DatabaseUnavailableError
from shared.settings import Settings
from shared.store.depth import AlertDepth, QueueDepth, alert_depth, queue_depth
from shared.store.forecast import COUNT_LIMIT, ended_within, speed_lately
from shared.store.installation import Model, Worker, list_models, list_workers
from web.health import about_database, about_redis
from web.services import Services
from web.storage import Storage, storage

ALIVE_SECONDS = 35.0
"""A worker says every 10 s that it is there; three times in a row it was not heard of."""

LISTED_SECONDS = 3600.0
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True)
class SeenWorker:
    """A worker, and whether it was heard of lately."""

    worker: Worker
    is_alive: bool


@dataclass(frozen=True)
class Throughput:
    """Scans that ended: a minute of late, None where none did; in the last hour and day, at most `limit`."""

    per_minute: float | None
    hour: int
    day: int
    limit: int = COUNT_LIMIT


@dataclass(frozen=True)
class Inventory:
    """What the database knows."""

    queue: QueueDepth
    alerts: AlertDepth
    workers: list[SeenWorker]
    models: list[Model]
    throughput: Throughput

    def lacks(self, role: str) -> bool:
        """Whether no worker of this role is alive."""
        return not any(seen.is_alive for seen in self.workers if seen.worker.role == role)


@dataclass(frozen=True)
class Overview:
    """All there is to tell. `database` and `redis` say what is wrong with them, None where they answer."""

    version: str
    database: str | None
    redis: str | None
    is_sqlite: bool
    inventory: Inventory | None
    storage: Storage
    limits: list[Limit]


@dataclass(frozen=True)
class Limit:
    """A setting that bounds something: its variable, its value with the unit, and what it means."""

    variable: str
    value: str
    meaning: str


def overview(services: Services) -> Overview:
    """Bounded in time also while a server is away."""
    settings = services.settings
    complaint, inventory = about_database(), None
    if complaint is None:
        try:
            with services.database.read() as session:
                inventory = take_inventory(session)
        except DatabaseUnavailableError:
            complaint = "The database does not answer."
    return Overview(
        version=version("oncoqueue"),
        database=complaint,
        redis=about_redis(),
        is_sqlite=settings.database_address.startswith("sqlite"),
        inventory=inventory,
        storage=storage(settings.blob_dir),
        limits=limits(settings),
    )


def take_inventory(session: Session) -> Inventory:
    """Ask the database."""
    workers = [
        SeenWorker(worker, worker.seen_seconds_ago < ALIVE_SECONDS) for worker in list_workers(session, LISTED_SECONDS)
    ]
    speed = speed_lately(session)
    throughput = Throughput(speed.per_minute, ended_within(session, HOUR), ended_within(session, DAY))
    return Inventory(queue_depth(session), alert_depth(session), workers, list_models(session), throughput)


def limits(settings: Settings) -> list[Limit]:
    """What bounds this installation. No secret is among them."""
    shown = (
        ("max_file_mb", f"{settings.max_file_mb:g} MB", "Largest file"),
        ("max_files_per_request", f"{settings.max_files_per_request:,}", "Files in one upload request"),
        ("max_pixels", f"{settings.max_pixels:,} px", "Largest image"),
        ("batch_quiet_seconds", _duration(settings.batch_quiet_seconds), "A batch that gets no scan is closed after"),
        ("lease_seconds", _duration(settings.lease_seconds), "A scan whose worker died is taken up again after"),
        ("max_solo_attempts", f"{settings.max_solo_attempts}", "Attempts at a scan that its worker dies of"),
        ("task_seconds", _duration(settings.task_seconds), "A task is stopped after"),
        ("alert_give_up_hours", _duration(settings.alert_give_up_hours * HOUR), "Sending an alert is given up after"),
        ("alert_link_days", _duration(settings.alert_link_days * DAY), "A link that acknowledges expires after"),
    )
    return [Limit(f"ONCOQUEUE_{name.upper()}", value, meaning) for name, value, meaning in shown]


def _duration(seconds: float) -> str:
    for unit, length in (("days", DAY), ("h", HOUR), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"
