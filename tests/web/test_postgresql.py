"""The routes on PostgreSQL; all other tests here run on SQLite."""

from __future__ import annotations

import io

import pytest

from web.app import create_app


@pytest.fixture
def web_settings(web_settings, postgresql_database):
    """Settings with a PostgreSQL database."""
    return web_settings.model_copy(update={"database_url": postgresql_database})


def test_a_batch_goes_all_the_way(web_settings, store, done_result):
    http = create_app(web_settings).test_client()
    batch_id = http.post("/api/v1/batches", json={"name": "a", "client_key": "key"}).json["id"]
    assert http.post("/api/v1/batches", json={"name": "a", "client_key": "key"}).json["id"] == batch_id
    form = {"files": [(io.BytesIO(name.encode()), name) for name in ("a.png", "b.png", "c.png")]}
    scans = http.post(f"/api/v1/batches/{batch_id}/files", data=form, content_type="multipart/form-data").json["scans"]
    ids = [scan["scan_id"] for scan in scans]
    for scan_id, urgency in zip(ids, (0.1, 0.9, 0.5), strict=True):
        assert store.scan(scan_id).state == "queued"
        store.finish(scan_id, done_result(urgency))
    assert http.post(f"/api/v1/batches/{batch_id}/close").json["finished"] is True
    first = http.get(f"/api/v1/batches/{batch_id}/worklist?limit=2").json
    rest = http.get(f"/api/v1/batches/{batch_id}/worklist?limit=2&after={first['next']}").json
    assert [scan["id"] for scan in first["items"] + rest["items"]] == [ids[1], ids[2], ids[0]]
    assert http.get(f"/api/v1/batches/{batch_id}/results.csv").text.count("\n") == 4
    assert http.get(f"/batches/{batch_id}").status_code == 200
    assert http.get("/health/ready").status_code == 200
    assert b'oncoqueue_scans{state="done"} 3.0' in http.get("/metrics").data
