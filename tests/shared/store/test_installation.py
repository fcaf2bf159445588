from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shared.database import Database
from shared.errors import NotFoundError
from shared.store.installation import (
    forget_workers,
    get_model,
    keep_model,
    list_models,
    list_workers,
    worker_left,
    worker_seen,
)
from shared.tables import WorkerRow

Call = Callable[..., Any]


@pytest.fixture
def age(database: Database) -> Call:
    """Let a worker have been seen and started so many seconds earlier."""

    def make(name: str, seconds: float) -> None:
        with database.write() as session:
            row = session.get_one(WorkerRow, name)
            times = {"seen_at": row.seen_at, "started_at": row.started_at}
            earlier = {column: time - timedelta(seconds=seconds) for column, time in times.items()}
            session.execute(update(WorkerRow).where(WorkerRow.name == name).values(earlier))

    return make


def test_a_worker_that_was_seen_is_listed_with_what_it_runs(write: Call, read: Call) -> None:
    write(worker_seen, "host:7", "analysis", "brain-1", "litert", threads=2)
    [worker] = read(list_workers, 60)
    assert (worker.name, worker.role, worker.release) == ("host:7", "analysis", "brain-1")
    assert (worker.engine, worker.threads) == ("litert", 2)
    assert worker.seen_at == worker.started_at
    assert 0 <= worker.seen_seconds_ago < 30


def test_a_worker_that_is_seen_again_keeps_when_it_started(write: Call, read: Call, age: Call) -> None:
    write(worker_seen, "host:7", "analysis", None, None, threads=2)
    age("host:7", 100)
    assert read(list_workers, 1000)[0].seen_seconds_ago >= 100
    write(worker_seen, "host:7", "analysis", "brain-2", "litert", threads=4)
    [worker] = read(list_workers, 60)
    assert (worker.release, worker.threads) == ("brain-2", 4)
    assert worker.seen_at - worker.started_at >= timedelta(seconds=100)


def test_a_worker_that_starts_under_the_name_of_an_earlier_one_starts_now(write: Call, read: Call, age: Call) -> None:
    write(worker_seen, "host:7", "analysis", None, None, threads=2)
    age("host:7", 1000)
    write(worker_seen, "host:7", "analysis", None, None, threads=2, started=True)
    [worker] = read(list_workers, 60)
    assert worker.seen_at == worker.started_at


def test_a_worker_not_seen_for_long_is_not_listed_and_then_forgotten(write: Call, read: Call, age: Call) -> None:
    write(worker_seen, "old", "analysis", None, None, threads=2)
    write(worker_seen, "new", "alerts", None, None, threads=2)
    age("old", 100)
    assert [worker.name for worker in read(list_workers, 60)] == ["new"]
    assert write(forget_workers, 200) == 0
    assert write(forget_workers, 60) == 1
    assert [worker.name for worker in read(list_workers, 1000)] == ["new"]


def test_a_worker_that_left_is_forgotten_at_once(write: Call, read: Call) -> None:
    write(worker_seen, "host:7", "alerts", None, None, threads=1)
    write(worker_left, "host:7")
    assert read(list_workers, 60) == []


def test_a_model_is_kept_with_its_newest_card(write: Call, read: Call) -> None:
    write(keep_model, "brain", "1", "brain-mri", "# Old")
    first = read(get_model, "brain", "1")
    write(keep_model, "brain", "1", "brain-mri", "# New\0")
    write(keep_model, "brain", "2", "brain-mri", "# Two")
    kept = read(get_model, "brain", "1")
    assert (kept.card, kept.kind, kept.first_seen_at) == ("# New", "brain-mri", first.first_seen_at)
    assert [model.version for model in read(list_models)] == ["2", "1"]


def test_a_model_that_no_worker_has_loaded_is_not_found(read: Call) -> None:
    with pytest.raises(NotFoundError, match=r"There is no model brain 3\."):
        read(get_model, "brain", "3")
