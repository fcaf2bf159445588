from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from models.gate.release import load_gate_release
from models.pipeline import Pipeline
from models.presets import PRESETS
from models.release import load_release
from shared.database import Database
from shared.queues import make_celery
from shared.settings import Settings
from shared.store.clock import utc_now
from shared.store.installation import Worker, list_models, list_workers, worker_seen
from shared.tables import WorkerRow
from worker.housekeeping import MISSED_SECONDS, sweep
from worker.presence import STOP_SECONDS, Presence
from worker.resources import Resources

NAP = 0.02


@pytest.fixture
def resources(database_url: str, tmp_path: Path) -> Iterator[Resources]:
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    resources = Resources(settings, make_celery(settings))
    yield resources
    resources.database.dispose()


def workers(resources: Resources) -> list[Worker]:
    with resources.database.read() as session:
        return list_workers(session, 3600)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(NAP)


def test_a_worker_says_that_it_is_there_again_and_again_and_takes_leave(resources: Resources) -> None:
    with Presence(resources, "alerts", seconds=NAP):
        until(lambda: workers(resources))
        [first] = workers(resources)
        assert (first.name, first.role, first.release) == (resources.worker, "alerts", None)
        until(lambda: workers(resources)[0].seen_at > first.seen_at)
        assert workers(resources)[0].started_at == first.started_at
    assert workers(resources) == []


def test_an_analysis_worker_keeps_the_card_of_its_model(resources: Resources) -> None:
    with Pipeline.load() as pipeline, Presence(resources, "analysis", pipeline, threads=3):
        until(lambda: workers(resources))
        [seen] = workers(resources)
        assert (seen.release, seen.engine, seen.threads) == (pipeline.release, pipeline.engine, 3)

        def models() -> list[tuple[str, str, str]]:
            with resources.database.read() as session:
                return [(model.name, model.kind, model.card) for model in list_models(session)]

        until(models)
        cards = [load_release(preset.release).card(preset.kind) for preset in PRESETS.values() if preset.release]
        cards.append(load_gate_release().card(", ".join(card.kind for card in cards)))
        assert models() == [(card.name, card.kind, card.text) for card in cards]
        assert cards[0].text.startswith("# Model card: brain-mri")


def test_a_model_without_a_card_has_an_empty_one(tmp_path: Path) -> None:
    release = load_release("brain-mri")
    shutil.copytree(release.folder, tmp_path / "brain-mri", ignore=shutil.ignore_patterns("*.md"))
    assert load_release("brain-mri", tmp_path).card("brain-mri").text == ""


def test_a_database_that_is_away_does_not_end_it(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "late.db"
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{path}")
    resources = Resources(settings, make_celery(settings))
    with Presence(resources, "alerts", seconds=NAP):
        time.sleep(10 * NAP)  # Several notes fail: there are no tables.
        source = Database(f"sqlite:///{path}")
        source.migrate()
        until(lambda: workers(resources))
    source.dispose()
    resources.database.dispose()


def test_stopping_does_not_wait_for_a_database_that_is_away(resources: Resources) -> None:
    presence = Presence(resources, "alerts", seconds=NAP)
    presence.start()
    until(lambda: workers(resources))
    with resources.database.write() as session:
        # Whoever notes or leaves now waits for us.
        session.connection().exec_driver_sql("DELETE FROM workers")
        start = time.monotonic()
        presence.stop()
        assert time.monotonic() - start < STOP_SECONDS + 1


def seen(installation: Any) -> list[tuple[str, str | None, str | None]]:
    """Role, release and engine of the workers that are there."""
    with installation.database.read() as session:
        return [(worker.role, worker.release, worker.engine) for worker in list_workers(session, 60)]


def test_running_workers_are_seen_and_are_gone_when_they_stop(installation: Any) -> None:
    installation.start_redis()
    installation.start_worker(sweeping=True)
    both = [("alerts", None, None), ("analysis", "scripted-1", "scripted")]
    until(lambda: seen(installation) == both)
    for child in installation.children[1:]:
        child.stop(patience=20)
    assert seen(installation) == []


def test_a_worker_that_was_killed_is_forgotten_by_the_sweep_in_time(installation: Any) -> None:
    installation.start_redis()
    resources = Resources(installation.settings, installation.celery)
    with installation.database.write() as session:
        worker_seen(session, "killed", "analysis", None, None, threads=1)
        worker_seen(session, "long-gone", "analysis", None, None, threads=1)
        early = utc_now(session) - timedelta(seconds=MISSED_SECONDS + 10)
        session.execute(update(WorkerRow).where(WorkerRow.name == "long-gone").values(seen_at=early))
    sweep(resources)
    with installation.database.read() as session:
        assert [worker.name for worker in list_workers(session, 2 * MISSED_SECONDS)] == ["killed"]
