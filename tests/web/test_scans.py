"""Single scans over HTTP."""

from __future__ import annotations

import pytest


@pytest.fixture
def worklist(store, done_result, rejected_result):
    """A batch with scans of several urgencies; gives its id and those of the scans as a worklist has them."""
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, f"{number}.png") for number in range(6)]
    for scan_id, urgency in zip(ids, (0.2, 0.9, 0.9, 1e-5), strict=False):
        store.finish(scan_id, done_result(urgency))
    store.finish(ids[4], rejected_result)
    return batch.id, [ids[1], ids[2], ids[0], ids[3], ids[4], ids[5]]


def pages(http, address, limit):
    """The ids of all pages."""
    seen, after = [], None
    while True:
        page = http.get(address, query_string={"limit": limit} | ({"after": after} if after else {})).json
        seen += [scan["id"] for scan in page["items"]]
        after = page["next"]
        if after is None:
            return seen


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_a_worklist_is_sorted_by_urgency_over_all_pages(http, worklist, limit):
    batch_id, ordered = worklist
    assert pages(http, f"/api/v1/batches/{batch_id}/worklist", limit) == ordered
    assert pages(http, f"/api/v1/batches/{batch_id}/scans", limit) == sorted(ordered)


def test_scans_are_listed_by_state(http, worklist):
    batch_id, ordered = worklist
    found = http.get(f"/api/v1/batches/{batch_id}/scans?state=rejected").json["items"]
    assert [scan["id"] for scan in found] == [ordered[4]]
    assert found[0]["reason"] == "The file is not an image."


def test_lists_are_a_304_while_the_batch_does_not_change(http, store, worklist, done_result):
    batch_id, ordered = worklist
    address = f"/api/v1/batches/{batch_id}/scans"
    etag = http.get(address).headers["ETag"]
    assert http.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert http.get(f"{address}?limit=1", headers={"If-None-Match": etag}).status_code == 200
    store.finish(ordered[5], done_result())
    assert http.get(address, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "after=-1", "after=1_2", "colour=1", "limit=1&limit=2"]
)
def test_a_query_that_is_not_valid_is_refused(http, store, query):
    answer = http.get(f"/api/v1/batches/{store.new_batch().id}/scans?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_a_scan_tells_its_history(http, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    assert http.get(f"/api/v1/scans/{scan_id}").json["state"] == "done"
    events = http.get(f"/api/v1/scans/{scan_id}/history").json["events"]
    assert [event["to_state"] for event in events] == ["received", "running", "done"]


def test_a_scan_is_cancelled_and_tried_again(http, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    assert http.post(f"/api/v1/scans/{scan_id}/cancel").json["state"] == "cancelled"
    assert http.post(f"/api/v1/scans/{scan_id}/retry").status_code == 200
    assert store.scan(scan_id).state == "queued"


def test_a_finished_scan_is_neither_cancelled_nor_retried(http, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result())
    assert http.post(f"/api/v1/scans/{scan_id}/cancel").status_code == 409
    assert http.post(f"/api/v1/scans/{scan_id}/retry").status_code == 409
