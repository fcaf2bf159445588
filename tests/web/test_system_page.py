"""The System page and model cards."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from shared.alerting.rules import Policy, Rule, Target
from shared.settings import Settings
from shared.states import Priority
from shared.store.claims import finish
from shared.store.deliveries import claim_delivery, give_up
from shared.store.depth import alert_depth
from shared.store.installation import keep_model, worker_seen
from shared.store.results import StoredResult
from shared.tables import WorkerRow
from web.app import create_app
from web.markdown import render_markdown
from web.storage import ENOUGH_FILES, storage

MAIL = Target("email", "oncall@hospital.example")


def page_of(http) -> str:
    answer = http.get("/system")
    assert answer.status_code == 200, answer.text
    return answer.text


def see(store, name: str, role: str, ago_seconds: float = 0.0) -> None:
    """A worker that was seen so long ago."""
    with store.database.write() as session:
        worker_seen(session, name, role, "brain-mri-1.0-abc", "litert", threads=8)
        row = session.get_one(WorkerRow, name)
        earlier = row.seen_at - timedelta(seconds=ago_seconds)
        session.execute(update(WorkerRow).where(WorkerRow.name == name).values(seen_at=earlier))


def test_without_workers_the_page_says_how_to_start_them(http):
    page = page_of(http)
    assert "No analysis worker is running. Start one: <code>oncoqueue worker</code>" in page
    assert "Start it: <code>oncoqueue alert-worker</code>" in page
    assert "No worker was seen in the last hour." in page
    assert "Research use only" in page


def test_scans_that_wait_for_a_worker_make_it_urgent(http, store):
    store.add_scan(store.new_batch(priority=Priority.URGENT).id, "a.png")
    page = page_of(http)
    assert "No analysis worker is running, and 1 scan waits for one." in page
    assert "<dt>Urgent scans</dt><dd>1 waiting</dd>" in page
    assert "<dt>Routine scans</dt><dd>0 waiting</dd>" in page


def test_workers_are_shown_and_those_not_heard_of_are_missing(http, store):
    see(store, "host:1", "analysis")
    see(store, "host:2", "alerts")
    see(store, "host:3", "analysis", ago_seconds=300)
    page = page_of(http)
    assert "worker is running" not in page
    assert page.count('class="state alive">0 s ago') + page.count('class="state alive">1 s ago') == 2
    assert "missing for 5 min" in page
    for words in ("host:1", "brain-mri-1.0-abc", "litert"):
        assert words in page


def test_only_missing_workers_are_none(http, store):
    see(store, "host:3", "analysis", ago_seconds=300)
    assert "No analysis worker is running" in page_of(http)


def test_alerts_that_are_due_or_failed_are_counted(http, store, done_result):
    policy = Policy((Rule(name="urgent", send=(MAIL, Target("slack", "ward"))),))
    taken = store.claim(store.add_scan(store.new_batch().id, "a.png"))
    stored = StoredResult(taken.sha256, "test-1", done_result().model_dump_json(exclude={"path"}), {})
    with store.database.write() as session:
        finish(session, taken, stored, policy)
    with store.database.write() as session:
        claimed = claim_delivery(session, "email", 60)
        assert (alert_depth(session).waiting, alert_depth(session).sending, alert_depth(session).due) == (2, 1, 1)
        give_up(session, claimed, "The mail server does not know this recipient.")
    page = page_of(http)
    assert "1 failed</a>" in page
    words = " ".join(re.sub(r"<[^>]+>", "", page.partition("Alerts to send</dt>")[2].partition("</dd>")[0]).split())
    assert re.fullmatch(r"1 to send, due for \d+ s", words)
    assert "<dt>Last hour</dt><dd>1 scan</dd>" in page


def test_limits_are_shown_and_secrets_are_not(web_settings: Settings):
    secret = "https://hooks.slack.com/services/T0/B0/s3cr3t"
    given = web_settings.model_validate(
        web_settings.model_dump() | {"slack_webhook": secret, "smtp_password": "s3cr3t", "max_file_mb": 64}
    )
    page = page_of(create_app(given).test_client())
    assert "64 MB" in page
    assert "ONCOQUEUE_MAX_FILE_MB" in page
    assert "s3cr3t" not in page
    assert str(web_settings.redis_url) not in page


def test_with_database_and_redis_away_the_page_says_so_in_a_few_seconds(tmp_path: Path):
    away = Settings(
        data_dir=tmp_path,
        database_url="postgresql://nobody@127.0.0.1:9/none",
        redis_url="redis://127.0.0.1:9/0",
    )
    begin = time.monotonic()
    page = page_of(create_app(away).test_client())
    assert time.monotonic() - begin < 10
    assert "The database does not answer." in page
    assert "Redis does not answer." in page
    assert page.count("does not answer</span>") == 2
    assert "PostgreSQL" in page


def test_a_model_leads_to_its_card(http, store):
    with store.database.write() as session:
        keep_model(session, "brain-mri", "1.0", "brain-mri", "# Model card\n\n<script>alert(1)</script> *fine*")
    assert 'href="/models/brain-mri/1.0"' in page_of(http)
    card = http.get("/models/brain-mri/1.0").text
    assert "<h1>Model card</h1>" in card
    assert "<em>fine</em>" in card
    assert "<script>alert" not in card
    assert "Research use only" in card


def test_a_model_without_a_card_says_so(http, store):
    with store.database.write() as session:
        keep_model(session, "brain-mri", "1.0", "brain-mri", "")
    assert "This model came without a card" in http.get("/models/brain-mri/1.0").text


@pytest.mark.parametrize("path", ["/models/brain-mri/9", "/models/%3Cscript%3E/1"])
def test_a_model_that_no_worker_has_loaded_is_not_found(http, path):
    answer = http.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<script>/" not in answer.text


def test_markdown_is_shown_and_never_run():
    page = render_markdown(
        "[bad](javascript:alert(1)) ![pixel](https://elsewhere.example/p.png)\n\n<b>x</b>\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n"
    )
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "&lt;b&gt;" in page
    assert '<td class="num">2</td>' in page
    assert "style=" not in page


def test_storage_is_measured_exactly_where_there_is_little(tmp_path: Path):
    assert storage(tmp_path / "none" / "yet").used == 0
    for number, folder in enumerate(("00/11", "00/22", "ff/00")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_bytes(bytes(100 * (number + 1)))
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "half").write_bytes(bytes(5000))
    found = storage(tmp_path)
    assert (found.used, found.is_estimate) == (600, False)
    assert 0 < found.free < found.total


def test_storage_is_estimated_where_there_is_much(tmp_path: Path):
    for number in range(16):
        folder = tmp_path / f"{number:02x}" / "00"
        folder.mkdir(parents=True)
        for file in range(ENOUGH_FILES // 4):
            (folder / str(file)).touch()
        (folder / "content").write_bytes(bytes(1000))
    found = storage(tmp_path)
    assert (found.used, found.is_estimate) == (16_000, True)
