"""The page that the link in an alert leads to."""

from __future__ import annotations

import pytest
from itsdangerous import URLSafeTimedSerializer

from shared.alerting.rules import Policy, load_policy
from shared.links import SALT, acknowledge_link, secret_key
from shared.schemas import ScanResult
from shared.store.alerts import alert_details, list_alerts
from shared.store.claims import finish
from shared.store.results import StoredResult
from web.access import acknowledge as page
from web.app import create_app

PATIENT = "jane-doe.png"


@pytest.fixture
def raise_alert(web_settings, store, done_result):
    """A function that raises an urgent alert to `target` and gives the path of its link."""

    def raise_one(target: str = "folder", batch_name: str = "Jane Doe") -> str:
        smtp_host = "127.0.0.1" if target.startswith("email:") else None
        settings = web_settings.model_copy(update={"alert_to": target, "smtp_host": smtp_host})
        batch = store.new_batch(batch_name)
        end_scan(store, store.add_scan(batch.id, PATIENT), done_result(0.95), load_policy(settings))
        with store.database.read() as session:
            newest = list_alerts(session).items[0]
            (delivery,) = alert_details(session, newest.id).deliveries
        return "/" + acknowledge_link(settings, delivery.id).split("/", 3)[3]

    return raise_one


def end_scan(store, scan_id: int, result: ScanResult, policy: Policy) -> None:
    """End a scan as a worker with this policy does."""
    taken = store.claim(scan_id)
    stored = StoredResult(taken.sha256, "test-1", result.model_dump_json(exclude={"path"}), {})
    with store.database.write() as session:
        assert finish(session, taken, stored, policy).ours


def newest(store):
    """The newest alert."""
    with store.database.read() as session:
        return list_alerts(session).items[0]


@pytest.fixture
def public(guarded_app):
    """An application that asks everybody else for a login."""
    return guarded_app.test_client()


def test_looking_shows_what_the_alert_is_about_and_changes_nothing(public, store, raise_alert):
    path = raise_alert()
    answer = public.get(path)
    alert = newest(store)
    assert answer.status_code == 200
    assert f"Urgent finding in scan {alert.scan_id}" in answer.text
    assert "nobody has acknowledged it yet" in answer.text
    assert "Research use only" in answer.text
    assert public.head(path).status_code == 200
    assert newest(store).acknowledged_at is None


def test_the_page_names_no_patient(public, store, raise_alert):
    text = public.get(raise_alert()).text.lower()
    assert "jane" not in text


def test_the_button_acknowledges_for_the_recipient(public, store, raise_alert):
    path = raise_alert("email:oncall@hospital.example")
    answer = public.post(path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == path
    assert newest(store).acknowledged_by == "oncall@hospital.example"
    shown = public.get(path).text
    assert "Acknowledged by oncall@hospital.example" in shown
    assert "<button" not in shown.partition("<main")[2]


def test_a_name_that_is_given_is_kept_with_the_recipient(public, store, raise_alert):
    public.post(raise_alert("email:oncall@hospital.example"), data={"name": " A. \n\tReader\x00 "})
    assert newest(store).acknowledged_by == "A. Reader (oncall@hospital.example)"


def test_a_name_is_shown_escaped_and_cut(public, store, raise_alert):
    path = raise_alert()
    public.post(path, data={"name": "<script>" + "x" * 500})
    text = public.get(path).text
    assert "&lt;script&gt;" in text
    assert "x" * 80 not in text
    assert newest(store).acknowledged_by.endswith("x (folder)")


def test_who_is_first_stays(public, store, raise_alert):
    path = raise_alert()
    for name in ("first", "second"):
        public.post(path, data={"name": name})
    assert newest(store).acknowledged_by == "first (folder)"


def test_somebody_who_is_logged_in_acknowledges_under_that_name(browser, store, raise_alert):
    browser.log_in()
    path = raise_alert()
    assert "You are logged in as reader" in browser.get(path).text
    browser.post(path, {"name": "somebody else"})
    assert newest(store).acknowledged_by == "reader"


def test_a_mail_programs_browser_without_cookies_can_acknowledge(public, store, raise_alert):
    assert public.post(raise_alert(), headers={"Origin": "null"}).status_code == 303
    assert newest(store).acknowledged_at is not None


def test_a_link_that_has_expired_says_so(web_settings, store, raise_alert):
    path = raise_alert()
    http = create_app(web_settings.model_copy(update={"alert_link_days": -1})).test_client()
    for answer in (http.get(path), http.post(path)):
        assert answer.status_code == 410
        assert "expired" in answer.text
    assert newest(store).acknowledged_at is None


@pytest.mark.parametrize("damage", [lambda token: token[:-3], lambda token: "x" + token, lambda _: "nonsense"])
def test_a_link_that_is_not_ours_says_so(public, store, raise_alert, damage):
    token = raise_alert().rpartition("/")[2]
    answer = public.post(f"/alerts/acknowledge/{damage(token)}")
    assert answer.status_code == 404
    assert "not complete" in answer.text
    assert newest(store).acknowledged_at is None


def test_a_link_whose_alert_is_gone_says_so(public, web_settings):
    assert public.get("/" + acknowledge_link(web_settings, 12345).split("/", 3)[3]).status_code == 404


def test_a_signature_for_something_else_is_no_link(public, web_settings, raise_alert):
    raise_alert()
    other = URLSafeTimedSerializer(secret_key(web_settings), salt=SALT + "x").dumps(1)
    assert public.get(f"/alerts/acknowledge/{other}").status_code == 404


def test_a_digest_is_named_by_its_batch(public, store, web_settings, done_result):
    policy = load_policy(web_settings.model_copy(update={"alert_to": "folder"}))
    batch = store.new_batch()
    scan_id = store.add_scan(batch.id, "a.png")
    store.close(batch.id)
    end_scan(store, scan_id, done_result(0.5), policy)
    alert = newest(store)
    with store.database.read() as session:
        (delivery,) = alert_details(session, alert.id).deliveries
    text = public.get("/" + acknowledge_link(web_settings, delivery.id).split("/", 3)[3]).text
    assert f"Findings in batch {batch.id}" in text


def test_too_many_links_from_one_address_are_refused(web_settings, monkeypatch):
    monkeypatch.setattr(page, "LOOKS_ALLOWED", "2 per minute")
    http = create_app(web_settings).test_client()
    assert [http.get("/alerts/acknowledge/x").status_code for _ in range(3)] == [404, 404, 429]


def test_the_page_leads_to_the_scan_and_says_where_that_needs_a_login(public, http, store, raise_alert):
    path = raise_alert()
    link = f'<a href="/scans/{newest(store).scan_id}">Open scan {newest(store).scan_id}</a>'
    assert link in public.get(path).text
    assert "after logging in" in public.get(path).text
    assert link in http.get(path).text
    assert "after logging in" not in http.get(path).text
    public.post(path)
    assert link in public.get(path).text
