"""Batches over HTTP."""

from __future__ import annotations

import pytest

BATCHES = "/api/v1/batches"


def test_a_batch_is_created_and_found(http):
    answer = http.post(BATCHES, json={"name": "night shift", "priority": "urgent"})
    assert answer.status_code == 201
    assert answer.json["state"] == "open"
    found = http.get(answer.headers["Location"])
    assert found.json == answer.json


def test_an_open_batch_with_the_same_client_key_is_continued_and_a_closed_one_is_not(http):
    request = {"name": "a", "client_key": "key"}
    first = http.post(BATCHES, json=request)
    again = http.post(BATCHES, json=request)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    http.post(f"{BATCHES}/{first.json['id']}/close")
    assert http.post(BATCHES, json=request).json["id"] != first.json["id"]


def test_batches_are_listed_newest_first_a_page_at_a_time(http, store):
    ids = [store.new_batch().id for _ in range(5)]
    seen, after = [], ""
    while after is not None:
        page = http.get(f"{BATCHES}?limit=2" + (f"&after={after}" if after else "")).json
        seen += [batch["id"] for batch in page["items"]]
        after = page["next"]
    assert seen == ids[::-1]


def test_closing_twice_changes_nothing(http, store):
    batch = store.new_batch()
    first = http.post(f"{BATCHES}/{batch.id}/close").json
    assert first["state"] == "closed"
    assert http.post(f"{BATCHES}/{batch.id}/close").json == first


def test_cancelling_ends_what_is_not_finished_and_retrying_brings_it_back(http, store, done_result):
    batch = store.new_batch()
    done, running, waiting = (store.add_scan(batch.id, name) for name in ("a", "b", "c"))
    store.finish(done, done_result())
    store.claim(running)
    cancelled = http.post(f"{BATCHES}/{batch.id}/cancel").json
    assert (cancelled["counts"]["done"], cancelled["counts"]["cancelled"]) == (1, 2)
    assert cancelled["finished"] is True
    http.post(f"{BATCHES}/{batch.id}/retry")
    assert [store.scan(number).state for number in (done, running, waiting)] == ["done", "queued", "queued"]


def test_a_poll_of_an_unchanged_batch_is_a_304_until_something_happens(http, store, done_result):
    batch = store.new_batch()
    scan_id = store.add_scan(batch.id, "a.png")
    first = http.get(f"{BATCHES}/{batch.id}")
    assert int(first.headers["Retry-After"]) >= 1
    same = http.get(f"{BATCHES}/{batch.id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["Retry-After"] == first.headers["Retry-After"]
    store.finish(scan_id, done_result())
    changed = http.get(f"{BATCHES}/{batch.id}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.json["counts"]["done"] == 1


def test_a_finished_batch_does_not_ask_to_be_polled(http, store):
    batch = store.new_batch()
    store.close(batch.id)
    assert "Retry-After" not in http.get(f"{BATCHES}/{batch.id}").headers


def test_a_poll_of_the_list_is_a_304_until_something_happens(http, store):
    batch = store.new_batch()
    etag = http.get(BATCHES).headers["ETag"]
    assert http.get(BATCHES, headers={"If-None-Match": etag}).status_code == 304
    store.close(batch.id)
    assert http.get(BATCHES, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": "a", "priority": "soon"},
        {"name": "a", "colour": "blue"},
        {"name": 5},
        [],
    ],
)
def test_a_batch_that_is_not_valid_is_refused_with_the_fields(http, body):
    answer = http.post(BATCHES, json=body)
    assert answer.status_code == 422
    assert answer.json["errors"]
    assert answer.json["errors"][0]["where"].startswith("body")
