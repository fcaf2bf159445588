"""What can be done to a batch from its page."""

from __future__ import annotations

import re

import pytest

from shared.states import BatchState, ScanState, Scope
from web.app import create_app


@pytest.fixture
def mixed(store, done_result):
    """A batch with a scan that is done, one that failed, and two that wait; gives the ids."""
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, f"{name}.png") for name in ("done", "failed", "first", "second")]
    store.finish(ids[0], done_result())
    store.fail(ids[1], "The disk is full.")
    return batch.id, ids


def test_closing_says_so_and_goes_back(http, store, mixed):
    batch_id, _ = mixed
    assert "Close batch" in http.get(f"/batches/{batch_id}").text
    answer = http.post(f"/batches/{batch_id}/close")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/batches/{batch_id}")
    assert store.batch(batch_id).state is BatchState.CLOSED
    text = http.get(f"/batches/{batch_id}").text
    assert "The batch is closed" in text
    assert "Close batch" not in text


def test_cancelling_says_how_many_it_reaches(http, store, mixed):
    batch_id, ids = mixed
    assert "Cancel 2 unfinished" in http.get(f"/batches/{batch_id}").text
    assert "2 scans cancelled" in http.post(f"/batches/{batch_id}/cancel", follow_redirects=True).text
    assert [store.scan(scan_id).state for scan_id in ids[2:]] == [ScanState.CANCELLED] * 2
    assert store.scan(ids[0]).state is ScanState.DONE
    again = http.post(f"/batches/{batch_id}/cancel", follow_redirects=True).text
    assert "Nothing was waiting or running." in again
    assert "2 unfinished" not in again


def test_failed_scans_are_tried_again_and_cancelled_ones_by_themselves(http, store, mixed):
    batch_id, ids = mixed
    http.post(f"/batches/{batch_id}/cancel")
    text = http.get(f"/batches/{batch_id}").text
    assert "Retry 1 failed" in text
    assert "Retry 2 cancelled" in text
    said = http.post(f"/batches/{batch_id}/retry", data={"state": "failed"}, follow_redirects=True).text
    assert "1 scan will be tried again." in said
    assert store.scan(ids[1]).state is ScanState.QUEUED
    assert store.scan(ids[2]).state is ScanState.CANCELLED
    said = http.post(f"/batches/{batch_id}/retry", data={"state": "failed"}, follow_redirects=True).text
    assert "No scan of this batch is failed." in said


@pytest.mark.parametrize("state", ["done", "rejected", "", "nonsense"])
def test_nothing_else_can_be_tried_again(http, mixed, state):
    assert http.post(f"/batches/{mixed[0]}/retry", data={"state": state}).status_code == 422


def test_cancelling_asks_first_on_a_page_of_its_own(http, store, mixed):
    batch_id, ids = mixed
    assert f'href="/batches/{batch_id}/cancel"' in http.get(f"/batches/{batch_id}").text
    asked = http.get(f"/batches/{batch_id}/cancel").text
    assert "Scans to cancel: <b data-scans>2</b>" in asked
    assert f'<form method="post" action="/batches/{batch_id}/cancel">' in asked
    assert store.scan(ids[2]).state is ScanState.RECEIVED
    http.post(f"/batches/{batch_id}/cancel")
    assert "Nothing to cancel" in http.get(f"/batches/{batch_id}/cancel").text


def test_every_action_has_an_id_and_cancel_is_the_last(http, mixed):
    batch_id, _ = mixed
    actions = re.search(r'<div id="actions".*?</div>', http.get(f"/batches/{batch_id}").text, re.DOTALL)[0]
    assert re.findall(r'class="button[^"]*" id="([^"]+)"', actions) == [
        "as-csv",
        "as-json-lines",
        "close-batch",
        "retry-failed",
        "cancel-batch",
    ]


@pytest.mark.parametrize("action", ["close", "cancel", "retry"])
def test_actions_want_a_batch_and_a_post_from_here(http, mixed, action):
    batch_id, _ = mixed
    data = {"state": "failed"}
    assert http.post(f"/batches/999/{action}", data=data).status_code == 404
    assert http.get(f"/batches/{batch_id}/{action}").status_code == (200 if action == "cancel" else 405)
    evil = {"Origin": "https://evil.example"}
    assert http.post(f"/batches/{batch_id}/{action}", data=data, headers=evil).status_code == 403


@pytest.mark.parametrize(("scope", "offered", "status"), [(Scope.SUBMIT, True, 303), (Scope.READ, False, 403)])
def test_who_submits_may_close_and_who_only_reads_may_not(web_settings, store, scope, offered, status):
    http = create_app(web_settings.model_copy(update={"login": "always"})).test_client()
    batch = store.new_batch()
    headers = {"Authorization": f"Bearer {store.new_token('one', Scope.READ, scope)}"}
    text = http.get(f"/batches/{batch.id}", headers=headers).text
    assert ("Close batch" in text) is offered
    assert "Retry" not in text
    assert http.post(f"/batches/{batch.id}/close", headers=headers).status_code == status
    assert http.post(f"/api/v1/batches/{batch.id}/close", headers=headers).status_code == (200 if offered else 403)
    assert http.post(f"/batches/{batch.id}/cancel", headers=headers).status_code == 403
