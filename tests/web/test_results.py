"""Results and pictures over HTTP."""

from __future__ import annotations

import csv
import json

import pytest

from shared.states import Scope
from web import result_pages


@pytest.fixture
def done(store, done_result):
    """A batch with one scan that is done; gives both ids."""
    batch = store.new_batch()
    scan_id = store.add_scan(batch.id, "ward/a.png")
    store.finish(scan_id, done_result())
    return batch.id, scan_id


def test_a_result_is_the_contract_with_the_path(http, done, done_result):
    result = http.get(f"/api/v1/scans/{done[1]}/result").json
    assert result == done_result().model_dump(mode="json") | {"path": "ward/a.png"}


def test_a_scan_that_is_not_finished_has_no_result(http, store):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    answer = http.get(f"/api/v1/scans/{scan_id}/result")
    assert answer.status_code == 404
    assert "not finished" in answer.json["detail"]


def test_results_of_a_batch_are_listed_with_the_ids_of_their_scans(http, store, done, rejected_result):
    batch_id, scan_id = done
    other = store.add_scan(batch_id, "b.txt")
    store.finish(other, rejected_result)
    page = http.get(f"/api/v1/batches/{batch_id}/results?limit=1").json
    assert [outcome["scan_id"] for outcome in page["items"]] == [scan_id]
    page = http.get(f"/api/v1/batches/{batch_id}/results?limit=1&after={page['next']}").json
    assert [(outcome["scan_id"], outcome["result"]["status"]) for outcome in page["items"]] == [(other, "rejected")]
    assert page["next"] is None


def test_a_table_is_a_download(http, done):
    answer = http.get(f"/api/v1/batches/{done[0]}/results.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert [row["path"] for row in csv.DictReader(answer.text.splitlines())] == ["ward/a.png"]


def test_all_results_come_as_lines(http, store, done_result, rejected_result, monkeypatch):
    monkeypatch.setattr(result_pages, "PAGE_ROWS", 2)
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, f"{number}.png") for number in range(5)]
    for scan_id in ids[:4]:
        store.finish(scan_id, done_result())
    store.finish(ids[4], rejected_result)
    answer = http.get(f"/api/v1/batches/{batch.id}/results.jsonl")
    assert answer.mimetype == "application/jsonl"
    assert "oncoqueue-batch" in answer.headers["Content-Disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == http.get(f"/api/v1/batches/{batch.id}/results?limit=200").json["items"]
    assert [line["scan_id"] for line in lines] == ids
    assert http.get("/api/v1/batches/999/results.jsonl").status_code == 404
    assert f'href="/api/v1/batches/{batch.id}/results.jsonl"' in http.get(f"/batches/{batch.id}").text


def test_a_picture_is_png_with_a_strong_etag_for_private_caches(http, store, done):
    answer = http.get(f"/api/v1/scans/{done[1]}/images/overlay")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    etag = answer.headers["ETag"]
    assert not etag.startswith("W/")
    assert store.blobs.has(etag.strip('"'))
    again = http.get(f"/api/v1/scans/{done[1]}/images/overlay", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_objects_are_downloads_under_names_of_ids(http, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "ward/DOE.png")
    store.finish(scan_id, done_result(), sr=b"the report", report=b"%PDF-")
    answer = http.get(f"/api/v1/scans/{scan_id}/dicom/sr")
    assert (answer.data, answer.mimetype) == (b"the report", "application/dicom")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="scan-{scan_id}-sr.dcm"'
    assert answer.headers["Cache-Control"].startswith("private")
    page = http.get(f"/api/v1/scans/{scan_id}/report")
    assert (page.data, page.mimetype) == (b"%PDF-", "application/pdf")
    assert page.headers["Content-Disposition"] == f'attachment; filename="scan-{scan_id}-report.pdf"'


@pytest.mark.parametrize("path", ["dicom/sr", "dicom/seg", "dicom/source", "dicom/report", "dicom/overlay", "report"])
def test_an_object_that_was_not_made_is_a_404(http, done, path):
    answer = http.get(f"/api/v1/scans/{done[1]}/{path}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_objects_need_the_scope_that_results_need(app, store, done_result):
    scan_id = store.add_scan(store.new_batch().id, "a.png")
    store.finish(scan_id, done_result(), sr=b"the report")
    for scope, status in ((Scope.READ, 200), (Scope.SUBMIT, 403)):
        headers = {"Authorization": f"Bearer {store.new_token(scope.value, scope)}"}
        answer = app.test_client().get(f"/api/v1/scans/{scan_id}/dicom/sr", headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("image", ["mask", "heatmap", "../secret", "original.png"])
def test_a_picture_that_is_not_there_is_a_404(http, done, image):
    answer = http.get(f"/api/v1/scans/{done[1]}/images/{image}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_a_picture_whose_blob_is_lost_is_a_404(http, store, done):
    etag = http.get(f"/api/v1/scans/{done[1]}/images/overlay").headers["ETag"]
    store.blobs.path(etag.strip('"')).unlink()
    assert http.get(f"/api/v1/scans/{done[1]}/images/overlay").status_code == 404
