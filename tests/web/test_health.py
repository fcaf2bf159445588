"""Health and metrics."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from web.app import create_app


def test_the_process_is_live_and_ready(http):
    assert http.get("/health/live").json == {"status": "ok"}
    assert http.get("/health/ready").json == {"database": "ok", "redis": "ok"}


@pytest.mark.parametrize(
    ("change", "away"),
    [
        ({"redis_url": "redis://127.0.0.1:1/0"}, "Redis does not answer."),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "The database does not answer."),
    ],
)
def test_what_is_away_is_named_and_the_process_stays_live(web_settings, change, away):
    http = create_app(web_settings.model_copy(update=change)).test_client()
    answer = http.get("/health/ready")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.json["detail"] == away
    assert int(answer.headers["Retry-After"]) > 0
    assert http.get("/health/live").status_code == 200


def test_a_database_without_tables_is_not_ready(web_settings, tmp_path):
    empty = web_settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'empty.db'}"})
    answer = create_app(empty).test_client().get("/health/ready")
    assert answer.status_code == 503
    assert "oncoqueue migrate" in answer.json["detail"]


def test_metrics_count_what_waits_and_how_scans_ended(http, store, done_result):
    routine, urgent = store.new_batch("Jane Doe"), store.new_batch(priority="urgent")
    store.finish(store.add_scan(routine.id, "jane-doe.png"), done_result())
    store.fail(store.add_scan(routine.id, "b.png"), "Died.")
    store.add_scan(routine.id, "c.png")
    for name in ("d.png", "e.png"):
        store.add_scan(urgent.id, name)
    text = http.get("/metrics").text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["oncoqueue_waiting_scans", "urgent"] == 2
    assert samples["oncoqueue_waiting_scans", "routine"] == 1
    assert samples["oncoqueue_scans", "done"] == 1
    assert samples["oncoqueue_scans", "failed"] == 1
    assert samples["oncoqueue_oldest_waiting_seconds",] >= 0
    assert samples["process_resident_memory_bytes",] > 0
    assert "jane" not in text.lower()
