"""A real database, blob store, Redis and worker processes; only what the models say is scripted."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest
from celery import Celery
from redis import Redis
from sqlalchemy import select

from shared.blobs import FolderBlobs
from shared.database import Database
from shared.processes import Child, Part, wait_until
from shared.queues import make_celery, send_scans
from shared.schemas import BatchCreate, ScanView
from shared.settings import Settings
from shared.stack import environment, own_command, redis_part
from shared.states import Priority, ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.batches import create_batch
from shared.store.scans import get_scan, mark_queued, scan_history
from shared.tables import ScanRow

SCRIPTED_WORKER = Path(__file__).with_name("scripted_worker.py")
WORKER = Part("worker", (sys.executable, "-P", str(SCRIPTED_WORKER)), frozenset({"models", "consumer"}))
SWEEPERS = (
    Part("alert-worker", own_command("alert-worker"), frozenset({"consumer"})),
    Part("beat", own_command("beat"), frozenset({"beat"})),
)

Script = Mapping[str, object]


@dataclass
class Installation:
    """One data folder and the processes that were started on it."""

    settings: Settings
    database: Database
    blobs: FolderBlobs
    celery: Celery
    children: list[Child] = field(default_factory=list)

    def launch(self, *parts: Part) -> list[Child]:
        """Start processes and wait until all are ready."""
        logs = self.settings.data_dir / "logs"
        logs.mkdir(exist_ok=True)
        env = environment(self.settings)
        numbered = enumerate(parts, start=len(self.children))
        started = [Child(part, env, logs / f"{number}-{part.name}.log") for number, part in numbered]
        self.children += started
        self.wait_for(lambda: all(child.is_ready() or child.exit_code is not None for child in started), 90)
        assert [child.exit_code for child in started] == [None] * len(started), started[0].log_tail(50)
        return started

    def start_redis(self) -> Child:
        """The embedded server, or the one that TEST_REDIS_SERVER names."""
        return self.launch(redis_part(self.settings, os.environ.get("TEST_REDIS_SERVER")))[0]

    def start_worker(self, *, sweeping: bool = False) -> Child:
        """A real analysis worker with the scripted pipeline; with the alert worker, and beat that makes it sweep."""
        return self.launch(WORKER, *(SWEEPERS if sweeping else ()))[0]

    def start_all(self) -> tuple[Child, Child]:
        """Redis, an analysis worker, and what sweeps; gives the first two."""
        return self.start_redis(), self.start_worker(sweeping=True)

    def add(self, scripts: Sequence[Script], priority: Priority = Priority.ROUTINE) -> list[int]:
        """Scans in a new batch, as a submitter leaves them if Redis is away: received, not sent."""
        infos = [self.blobs.put(json.dumps(script).encode()) for script in scripts]
        with self.database.write() as session:
            batch, _ = create_batch(session, BatchCreate(name="batch", priority=priority))
            files = [NewScan(f"{number:03}.json", sha256, 1) for number, sha256 in enumerate(infos)]
            scans = add_scans(session, batch.id, files)
        return [scan.scan_id for scan in scans if scan.scan_id is not None]

    def submit(self, scripts: Sequence[Script], priority: Priority = Priority.ROUTINE) -> list[int]:
        """Scans in a new batch, sent."""
        ids = self.add(scripts, priority)
        send_scans(self.celery, ids, priority)
        with self.database.write() as session:
            mark_queued(session, ids)
        return ids

    def messages(self, queue: str) -> list[list[int]]:
        """The ids in the messages that wait in Redis, oldest first."""
        with Redis(unix_socket_path=str(self.settings.redis_socket)) as client:
            raw = [json.loads(message) for message in reversed(client.lrange(queue, 0, -1))]
        return [json.loads(base64.b64decode(message["body"]))[1]["scan_ids"] for message in raw]

    def flush_redis(self) -> None:
        """Lose all messages."""
        with Redis(unix_socket_path=str(self.settings.redis_socket)) as client:
            client.flushall()

    def scan(self, scan_id: int) -> ScanView:
        """The scan as it is now."""
        with self.database.read() as session:
            return get_scan(session, scan_id)

    def states(self, ids: Sequence[int]) -> Counter[ScanState]:
        """How many of the scans are in each state."""
        with self.database.read() as session:
            return Counter(session.scalars(select(ScanRow.state).where(ScanRow.id.in_(ids))))

    def ends(self, scan_id: int) -> list[ScanState]:
        """The final states that the scan's history shows: one, if it ended exactly once."""
        ending = {ScanState.DONE, ScanState.FAILED, ScanState.REJECTED, ScanState.CANCELLED}
        with self.database.read() as session:
            return [event.to_state for event in scan_history(session, scan_id) if event.to_state in ending]

    def claimed_at(self, scan_id: int) -> datetime:
        """When a worker last took the scan."""
        with self.database.read() as session:
            return max(event.at for event in scan_history(session, scan_id) if event.to_state is ScanState.RUNNING)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Fail the test, with what the processes wrote, if the condition does not come true in time."""
        if not wait_until(condition, seconds, pause=0.15):
            logs = "\n\n".join(f"{child.log.name}:\n{child.log_tail(30)}" for child in self.children)
            pytest.fail(f"Waited {seconds} s in vain.\n{logs}")

    def wait_for_states(self, ids: Sequence[int], seconds: float = 60, **counts: int) -> None:
        """Wait until exactly so many of the scans are in these states, e.g. `done=3`."""
        wanted = Counter({ScanState(name): count for name, count in counts.items()})
        self.wait_for(lambda: self.states(ids) == wanted, seconds)


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Short leases and sweeps, on SQLite. A test may change more: `parametrize("settings", [{...}], indirect=True)`."""
    short = {"lease_seconds": 1.5, "sweep_seconds": 0.5, "chunk_size": 8, "task_seconds": 60}
    return Settings(data_dir=tmp_path, **(short | getattr(request, "param", {})))


@pytest.fixture
def installation(settings: Settings) -> Iterator[Installation]:
    """An installation on SQLite, of which nothing runs yet."""
    yield from install(settings)


@pytest.fixture
def any_installation(settings: Settings, database_url: str) -> Iterator[Installation]:
    """The same, once on SQLite and once on PostgreSQL."""
    yield from install(settings.model_copy(update={"database_url": database_url}))


@pytest.fixture
def postgresql_installation(settings: Settings, postgresql_database: str) -> Iterator[Installation]:
    """The same, on PostgreSQL."""
    yield from install(settings.model_copy(update={"database_url": postgresql_database}))


def install(settings: Settings) -> Iterator[Installation]:
    """Migrate, hand over, and kill what the test has started."""
    database = Database(settings.database_address)
    database.migrate()
    blobs = FolderBlobs(settings.blob_dir, settings.max_file_bytes)
    ours = Installation(settings, database, blobs, make_celery(settings))
    yield ours
    for child in reversed(ours.children):
        child.kill()
    database.dispose()
    if settings.redis_socket.parent != settings.data_dir:
        shutil.rmtree(settings.redis_socket.parent, ignore_errors=True)


@pytest.fixture
def scripted() -> ModuleType:
    """The module of the scripted worker."""
    spec = importlib.util.spec_from_file_location("scripted_worker", SCRIPTED_WORKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scripts() -> Callable[..., list[Script]]:
    """`scripts(3, seconds=0.1)`: three different scans that are analysed so."""

    def make(count: int, **script: object) -> list[Script]:
        return [{**script, "number": number, "made_at": time.time_ns()} for number in range(count)]

    return make
