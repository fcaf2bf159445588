"""What a worker does when a scan's outcome is written: alerts are raised, and their senders woken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from shared.database import Database
from shared.errors import SettingsError
from shared.queues import ALERTS, make_celery
from shared.schemas import BatchCreate
from shared.settings import Settings
from shared.states import ScanState
from shared.store.adding import NewScan, add_scans
from shared.store.alerts import alert_details, list_alerts
from shared.store.batches import create_batch
from shared.store.claims import Claim, claim
from shared.store.results import StoredResult
from shared.store.scans import get_scan
from worker.in_hand import ScansInHand
from worker.resources import Resources

RELEASE = "release-1"
GLIOMA = {
    "box": [0, 0, 4, 4],
    "score": 0.9,
    "reported": True,
    "label": "glioma",
    "probabilities": {"glioma": 0.9},
    "certain": True,
    "malignancy": {"label": "malignant", "probability": 0.9},
    "measurements": {"longest_diameter": 24, "short_axis": 12, "area": 200, "unit": "mm"}
    | {"circularity": 0.8, "eccentricity": 0.5, "solidity": 0.9, "location": "left"},
    "contour": [[0, 0], [3, 0], [3, 3]],
}


@pytest.fixture
def resources(tmp_path: Path, sqlite_database: str) -> Callable[[str], Resources]:
    """A worker's resources on a fresh database, with Redis at this address."""

    def make(redis_url: str) -> Resources:
        settings = Settings(data_dir=tmp_path / "data", database_url=sqlite_database, redis_url=redis_url)
        return Resources(settings, make_celery(settings))

    return make


def one_claim(database: Database) -> Claim:
    """A claimed scan of a new batch."""
    with database.write() as session:
        batch, _ = create_batch(session, BatchCreate(name="night"))
    with database.write() as session:
        [added] = add_scans(session, batch.id, [NewScan("a.png", "a" * 64, 1)])
    with database.write() as session:
        return claim(session, [added.scan_id or 0], "w", 30)[0]


def ended(resources: Resources, urgency: float) -> ScanState:
    """End a scan with a glioma of this urgency as a worker does; gives the scan's state."""
    claimed = one_claim(resources.database)
    contract = {"status": "done", "kind": "brain-mri", "urgency": urgency, "findings": [GLIOMA]}
    with ScansInHand(resources, RELEASE) as in_hand:
        in_hand.hold([claimed])
        in_hand.finish(claimed, StoredResult(claimed.sha256, RELEASE, json.dumps(contract), {}), "done")
        assert not in_hand.holds(claimed)
    return resources.read(lambda session: get_scan(session, claimed.scan_id)).state


def hints(redis_url: str) -> int:
    """How many messages wait for the alert worker."""
    with Redis.from_url(redis_url) as client:
        length = client.llen(ALERTS)
        assert isinstance(length, int)
        return length


def test_an_urgent_scan_wakes_the_senders_of_its_alert(resources: Callable[[str], Resources], redis_url: str) -> None:
    ours = resources(redis_url)
    assert ended(ours, 0.9) is ScanState.DONE
    assert hints(redis_url) == 1
    [alert] = ours.read(list_alerts).items
    assert ours.read(lambda session: alert_details(session, alert.id)).deliveries[0].channel == "folder"


def test_a_scan_that_is_not_urgent_wakes_nobody(resources: Callable[[str], Resources], redis_url: str) -> None:
    ours = resources(redis_url)
    assert ended(ours, 0.5) is ScanState.DONE
    assert hints(redis_url) == 0
    assert ours.read(list_alerts).items == []


def test_without_redis_the_scan_ends_and_its_alert_waits_for_the_sweep(
    resources: Callable[[str], Resources], tmp_path: Path
) -> None:
    ours = resources(f"redis+socket://{tmp_path / 'nobody.sock'}")
    assert ended(ours, 0.9) is ScanState.DONE
    assert len(ours.read(list_alerts).items) == 1


def test_a_worker_with_wrong_rules_does_not_start(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, alert_rules=tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="ONCOQUEUE_ALERT_RULES"):
        Resources(settings, make_celery(settings))
