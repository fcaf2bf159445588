"""Results as CSV."""

from __future__ import annotations

import csv

from web import result_pages
from web.results_csv import csv_lines


def rows_of(store, batch_id):
    """The table as dictionaries."""
    return list(csv.DictReader("".join(csv_lines(store.database, batch_id)).splitlines()))


def test_a_row_has_the_scan_and_its_best_finding(store, done_result):
    batch = store.new_batch()
    scan_id = store.add_scan(batch.id, "a.png")
    store.finish(scan_id, done_result())
    (row,) = rows_of(store, batch.id)
    assert row["scan_id"] == str(scan_id)
    assert (row["path"], row["status"], row["model"], row["version"]) == ("a.png", "done", "brain-mri", "1.0")
    assert (row["label"], row["score"], row["longest_diameter"], row["unit"]) == ("glioma", "0.9", "23.4", "mm")
    assert row["findings_reported"] == "1"
    assert row["notice"] == "Research use only"


def test_a_finding_that_is_not_reported_is_not_in_the_table(store, done_result):
    batch = store.new_batch()
    result = done_result()
    unreported = result.findings[0].model_copy(update={"reported": False})
    store.finish(store.add_scan(batch.id, "a.png"), result.model_copy(update={"findings": [unreported]}))
    (row,) = rows_of(store, batch.id)
    assert (row["findings_reported"], row["label"], row["score"]) == ("0", "", "")


def test_scans_without_findings_have_their_reason(store, rejected_result):
    batch = store.new_batch()
    store.finish(store.add_scan(batch.id, "a.txt"), rejected_result)
    store.fail(store.add_scan(batch.id, "b.png"), "The worker died.")
    store.add_scan(batch.id, "waiting.png")
    assert [(row["path"], row["status"], row["reason"], row["label"]) for row in rows_of(store, batch.id)] == [
        ("a.txt", "rejected", "The file is not an image.", ""),
        ("b.png", "failed", "The worker died.", ""),
    ]


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(store, done_result):
    batch = store.new_batch()
    names = ["=cmd|'/c calc'!A0.png", "+1.png", "-1.png", "@SUM(A1).png", 'a"b,c.png']
    for name in names:
        store.finish(store.add_scan(batch.id, name), done_result(location="=1+1"))
    rows = rows_of(store, batch.id)
    assert [row["path"] for row in rows] == [f"'{name}" for name in names[:4]] + names[4:]
    assert {row["location"] for row in rows} == {"'=1+1"}


def test_a_table_of_several_pages_has_every_scan_once(store, done_result, monkeypatch):
    monkeypatch.setattr(result_pages, "PAGE_ROWS", 2)
    batch = store.new_batch()
    ids = [store.add_scan(batch.id, f"{number}.png") for number in range(5)]
    for scan_id in ids:
        store.finish(scan_id, done_result())
    assert [int(row["scan_id"]) for row in rows_of(store, batch.id)] == ids


def test_a_batch_without_results_has_a_header_only(store):
    text = "".join(csv_lines(store.database, store.new_batch().id))
    assert text.count("\n") == 1
    assert text.startswith("scan_id,path,status")
