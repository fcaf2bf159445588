"""What is polled of the pages of alerts: pieces with an ETag, each row and each action known by its id."""

from __future__ import annotations

import re

import pytest

from shared.alerting.rules import Policy, Rule, Target
from shared.store.alerts import acknowledge, list_alerts
from shared.store.claims import finish
from shared.store.digests import raise_digests
from shared.store.open_alerts import alerts_mark, most_urgent_open
from shared.store.results import StoredResult
from web.pages import alert_preview

FOLDER = Target("folder", "default")
LOUD = Policy((Rule(name="gliomas", send=(FOLDER,)),))


@pytest.fixture
def raised(store, done_result):
    """A function that ends a scan of this urgency; gives the id of the newest alert, a digest below 0.7."""

    def end(urgency: float = 0.9) -> int:
        batch = store.new_batch()
        taken = store.claim(store.add_scan(batch.id, f"{batch.id}.png"))
        result = done_result(urgency).model_dump_json(exclude={"path"})
        with store.database.write() as session:
            finish(session, taken, StoredResult(taken.sha256, "test-1", result, {}), LOUD)
        store.close(batch.id)
        with store.database.write() as session:
            raise_digests(session, LOUD)
            return list_alerts(session).items[0].id

    return end


@pytest.mark.parametrize("address", ["/alerts/live", "/alerts/1/live", "/alerts/live?show=all"])
def test_what_has_not_changed_is_not_sent_again_and_carries_no_token(http, store, raised, address):
    raised()
    first = http.get(address)
    assert first.headers["Retry-After"] == "5"
    assert "csrf" not in first.text
    assert "<html" not in first.text
    again = http.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with store.database.write() as session:
        acknowledge(session, 1, "reader@hospital.example")
    assert http.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_rows_and_their_actions_are_known_by_id(http, raised):
    first, second = raised(), raised()
    text = http.get("/alerts/live").text
    assert re.findall(r'<li id="alert-(\d+)"', text) == [str(second), str(first)]
    assert re.findall(r'<li id="delivery-(\d+)"', text)
    for alert_id in (first, second):
        button = re.search(rf'<button[^>]* id="acknowledge-{alert_id}"[^>]*>', text)[0]
        assert f'formaction="/alerts/{alert_id}/acknowledge"' in button


def test_looking_again_at_an_alert_does_not_read_its_files_again(http, raised, monkeypatch):
    alert_id = raised()

    def refuse(*_: object) -> bytes:
        raise AssertionError("a file was read")

    monkeypatch.setattr(alert_preview, "read_written", refuse)
    assert http.get(f"/alerts/{alert_id}/live").status_code == 200


def test_urgent_alerts_and_digests_can_be_listed_apart(http, raised):
    urgent, digest = raised(0.9), raised(0.4)
    assert re.findall(r'<li id="alert-(\d+)"', http.get("/alerts?show=urgent").text) == [str(urgent)]
    text = http.get("/alerts?show=digests").text
    assert re.findall(r'<li id="alert-(\d+)"', text) == [str(digest)]
    assert "highest urgency 0.40" in text
    assert "highest" not in http.get("/alerts?show=urgent").text


def test_the_most_urgent_come_first_and_acknowledged_ones_and_digests_not_at_all(store, raised):
    low, high, seen, _ = raised(0.72), raised(0.95), raised(0.99), raised(0.4)
    with store.database.write() as session:
        acknowledge(session, seen, "reader@hospital.example")
        assert [alert.id for alert in most_urgent_open(session, 5)] == [high, low]
        assert [alert.id for alert in most_urgent_open(session, 1)] == [high]


def test_the_mark_differs_after_each_alert_and_each_answer(store, raised):
    marks = []
    for _ in range(2):
        raised()
        with store.database.read() as session:
            marks.append(alerts_mark(session))
    with store.database.write() as session:
        acknowledge(session, 1, "reader@hospital.example")
        marks.append(alerts_mark(session))
    raised()
    with store.database.read() as session:
        marks.append(alerts_mark(session))
    assert len(set(marks)) == 4
