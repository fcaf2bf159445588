from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.alerting.rules import Policy, Rule, Target
from shared.database import Database
from shared.states import AlertKind, DeliveryState
from shared.store.alert_lines import AlertLine, alert_lines, count_alerts
from shared.store.alerts import acknowledge, list_alerts
from shared.store.batches import close_batch
from shared.store.claims import claim, finish
from shared.store.deliveries import claim_delivery, give_up
from shared.store.depth import alert_depth
from shared.store.digests import raise_digests
from shared.store.results import StoredResult

Call = Callable[..., Any]
MAIL, SLACK = Target("email", "oncall@hospital.example"), Target("slack", "ward")
POLICY = Policy((Rule(name="all", send=(MAIL, SLACK), at_once_urgency=0.9),))
FINDING = """{"box": [0, 0, 4, 4], "score": 0.9, "reported": true, "label": "glioma", "probabilities": {"glioma": 0.9},
"certain": true, "malignancy": {"label": "malignant", "probability": 0.9}, "measurements": {"longest_diameter": 23.4,
"short_axis": 17, "area": 300, "unit": "mm", "circularity": 1, "eccentricity": 0, "solidity": 1, "location": "left"},
"contour": [[0, 0], [4, 4]]}"""


@pytest.fixture
def told(write: Call, add: Call, new_batch: Call) -> list[int]:
    """A batch with one scan that is told at once and two that are in its digest; gives the ids of scans."""
    batch_id = new_batch()
    scan_ids: list[int] = add(3, batch_id)
    for claimed, urgency in zip(write(claim, scan_ids, "w", 30), (0.95, 0.5, 0.6), strict=True):
        contract = f'{{"status": "done", "kind": "brain-mri", "urgency": {urgency}, "findings": [{FINDING}]}}'
        write(finish, claimed, StoredResult(claimed.sha256, "r-1", contract, {"overlay": "0" * 64}), POLICY)
    write(close_batch, batch_id)
    write(raise_digests, POLICY)
    return scan_ids


@pytest.fixture
def lines(database: Database, told: list[int]) -> list[AlertLine]:
    """The lines of all alerts, newest first."""
    with database.read() as session:
        return alert_lines(session, list_alerts(session).items)


def test_a_line_about_one_scan_tells_the_result_that_raised_it(lines: list[AlertLine], told: list[int]) -> None:
    line = lines[1]
    assert (line.alert.kind, line.alert.scan_id) == (AlertKind.AT_ONCE, told[0])
    assert (line.told.batch_name, line.told.scans, line.told.urgency) == ("night", 1, 0.95)
    assert line.told.result is not None
    assert line.told.result.reported[0].label == "glioma"
    assert line.told.images == {"overlay"}
    assert [str(Target(d.channel, d.recipient)) for d in line.deliveries] == [str(MAIL), str(SLACK)]


def test_a_line_about_a_digest_counts_its_scans_and_tells_the_highest_urgency(lines: list[AlertLine]) -> None:
    line = lines[0]
    assert line.alert.kind is AlertKind.DIGEST
    assert (line.told.scans, line.told.urgency, line.told.result) == (2, 0.6, None)
    assert len(line.deliveries) == 2


def test_lines_keep_the_order_of_their_alerts(read: Call, lines: list[AlertLine]) -> None:
    alerts = [line.alert for line in lines]
    assert [line.alert for line in read(alert_lines, alerts[::-1])] == alerts[::-1]
    assert read(alert_lines, []) == []


@pytest.mark.usefixtures("told")
def test_acknowledged_alerts_are_counted_too(read: Call, write: Call) -> None:
    write(acknowledge, 1, "reader@hospital.example")
    assert read(count_alerts) == 2


@pytest.mark.usefixtures("told")
def test_deliveries_are_counted_by_how_far_they_are(read: Call, write: Call, lines: list[AlertLine]) -> None:
    depth = read(alert_depth)
    assert (depth.pending, depth.due, depth.sending, depth.failed) == (4, 4, 0, 0)
    assert depth.oldest_due_seconds >= 0
    claimed = write(claim_delivery, "email", 60)
    depth = read(alert_depth)
    assert (depth.pending, depth.sending, depth.waiting) == (3, 1, 4)
    write(give_up, claimed, "The mail server does not know this recipient.")
    assert read(alert_depth).failed == 1
    write(acknowledge, claimed.alert_id, "reader@hospital.example")
    assert read(alert_depth).failed == 0
    assert DeliveryState.FAILED in {d.state for d in read(alert_lines, [lines[1].alert])[0].deliveries}


def test_an_empty_outbox_has_no_depth(read: Call) -> None:
    depth = read(alert_depth)
    assert (depth.pending, depth.due, depth.oldest_due_seconds, depth.failed) == (0, 0, None, 0)
