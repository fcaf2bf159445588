"""How scans come in over HTTP."""

from __future__ import annotations

import hashlib
import io
import socket
import time

import pytest
import redis

from shared.settings import Settings
from web.app import create_app


def upload(http, batch_id, *files):
    """Upload (name, bytes) pairs."""
    form = {"files": [(io.BytesIO(data), name) for name, data in files]}
    return http.post(f"/api/v1/batches/{batch_id}/files", data=form, content_type="multipart/form-data")


def sha(data):
    """The SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def test_uploaded_files_become_scans_and_messages(http, store, redis_url):
    batch = store.new_batch()
    answer = upload(http, batch.id, ("ward/a.png", b"a"), ("b.png", b"b"))
    assert [scan["path"] for scan in answer.json["scans"]] == ["ward/a.png", "b.png"]
    scans = [store.scan(scan["scan_id"]) for scan in answer.json["scans"]]
    assert [(scan.sha256, scan.size, scan.state) for scan in scans] == [
        (sha(b"a"), 1, "queued"),
        (sha(b"b"), 1, "queued"),
    ]
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("routine") == 1


def test_scans_of_an_urgent_batch_go_to_the_urgent_queue(http, store, redis_url):
    batch = store.new_batch(priority="urgent")
    upload(http, batch.id, ("a.png", b"a"))
    with redis.Redis.from_url(redis_url) as client:
        assert (client.llen("urgent"), client.llen("routine")) == (1, 0)


def test_each_file_has_its_own_outcome(http, store):
    batch = store.new_batch()
    answer = upload(http, batch.id, ("a.png", b"a"), ("../b.png", b"b"), ("c.png", b"c"), ("c.png", b"other"))
    assert answer.status_code == 200
    good, bad, *two_of_one_path = answer.json["scans"]
    assert good["error"] is None
    assert "leaves its folder" in bad["error"]
    assert bad["scan_id"] is None
    assert sorted(scan["error"] is None for scan in two_of_one_path) == [False, True]


def test_missing_hashes_are_told_and_known_ones_are_registered_without_an_upload(http, store):
    batch = store.new_batch()
    upload(http, batch.id, ("a.png", b"a"))
    hashes = [sha(b"a"), sha(b"new")]
    assert http.post("/api/v1/blobs/missing", json={"sha256": hashes}).json == {"missing": hashes[1:]}
    other = store.new_batch()
    scans = [
        {"path": "x.png", "sha256": hashes[0]},
        {"path": "y.png", "sha256": hashes[1]},
        {"path": "/z", "sha256": hashes[0]},
    ]
    answer = http.post(f"/api/v1/batches/{other.id}/scans", json={"scans": scans}).json["scans"]
    assert store.scan(answer[0]["scan_id"]).sha256 == hashes[0]
    assert "upload" in answer[1]["error"]
    assert "absolute" in answer[2]["error"]


def test_sending_the_same_files_again_gives_the_same_scans(http, store):
    batch = store.new_batch()
    first = upload(http, batch.id, ("a.png", b"a")).json
    assert upload(http, batch.id, ("a.png", b"a")).json == first
    assert store.batch(batch.id).total == 1


@pytest.mark.parametrize("path", ["scans", "files"])
def test_a_closed_batch_takes_no_more_scans(http, store, path):
    batch = store.new_batch()
    store.close(batch.id)
    body = {"scans": [{"path": "a", "sha256": sha(b"a")}]}
    answer = (
        upload(http, batch.id, ("a", b"a"))
        if path == "files"
        else http.post(f"/api/v1/batches/{batch.id}/scans", json=body)
    )
    assert answer.status_code == 409
    assert "closed" in answer.json["detail"]


def test_the_number_of_files_in_a_request_is_bounded(web_settings, store):
    app = create_app(web_settings.model_copy(update={"max_files_per_request": 2}))
    batch = store.new_batch()
    answer = upload(app.test_client(), batch.id, *[(f"{number}.png", b"x") for number in range(3)])
    assert answer.status_code == 413
    assert "at most 2 files" in answer.json["detail"]
    assert store.batch(batch.id).total == 0


def test_a_file_that_is_too_large_is_refused_alone(web_settings, store):
    app = create_app(web_settings.model_copy(update={"max_file_mb": 0.001}))
    batch = store.new_batch()
    small, large = upload(app.test_client(), batch.id, ("a", b"a"), ("b", b"b" * 2000)).json["scans"]
    assert small["scan_id"] is not None
    assert "larger than" in large["error"]


def test_a_body_of_another_type_is_refused(http, store):
    answer = http.post(f"/api/v1/batches/{store.new_batch().id}/files", data=b"x", content_type="image/png")
    assert answer.status_code == 415


def test_a_redis_that_accepts_but_never_answers_holds_a_request_up_for_seconds_only(web_settings, store):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        http = create_app(web_settings.model_copy(update={"redis_url": url})).test_client()
        batch = store.new_batch()
        started = time.monotonic()
        answer = upload(http, batch.id, ("a.png", b"a"))
        assert time.monotonic() - started < 10
    assert store.scan(answer.json["scans"][0]["scan_id"]).state == "received"


def test_while_redis_is_away_scans_are_taken_and_left_to_the_sweep(web_settings, store):
    away: Settings = web_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    batch = store.new_batch()
    answer = upload(create_app(away).test_client(), batch.id, ("a.png", b"a"))
    assert answer.status_code == 200
    assert store.scan(answer.json["scans"][0]["scan_id"]).state == "received"
