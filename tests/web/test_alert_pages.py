"""The pages of alerts on alerts that the store raised, and files that the alert worker wrote."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy

import pytest

from shared.alerting.rules import Policy, Rule, Rung, Target
from shared.queues import make_celery
from shared.schemas import Malignancy
from shared.settings import Settings
from shared.states import Scope
from shared.store.alerts import MAX_SCANS, acknowledge, alert_details, list_alerts
from shared.store.claims import finish
from shared.store.deliveries import claim_delivery, delivered, give_up, hand_over, postpone
from shared.store.digests import raise_digests
from shared.store.results import StoredResult
from web.app import create_app
from web.pages.alerts import PAGE_SCANS
from worker.alerts.drain import Drain
from worker.resources import Resources

MAIL = Target("email", "oncall@hospital.example")
LEAD = Target("email", "lead@hospital.example")
FOLDER = Target("folder", "default")


def rules(*targets: Target, escalate: tuple[Rung, ...] = (), at_once: float | None = 0.7) -> Policy:
    return Policy((Rule(name="gliomas", send=targets, escalate=escalate, at_once_urgency=at_once),))


@pytest.fixture
def told(store, done_result):
    """A function that ends a scan under rules; gives the id of the newest alert."""

    def tell(policy: Policy, path: str = "patient-name/a.png", batch: str = "Night run", **result) -> int:
        made = store.new_batch(batch)
        taken = store.claim(store.add_scan(made.id, path))
        findings = result.pop("findings", None)
        outcome = done_result(**result)
        outcome = outcome.model_copy(update={"findings": findings}) if findings else outcome
        images = {name: store.blobs.put(b"\x89PNG\r\n\x1a\n" + name.encode()) for name in ("overlay", "thumbnail")}
        stored = StoredResult(taken.sha256, "test-1", outcome.model_dump_json(exclude={"path"}), images)
        with store.database.write() as session:
            assert finish(session, taken, stored, policy).ours
        store.close(made.id)
        with store.database.write() as session:
            raise_digests(session, policy)
        return newest(store)

    return tell


@pytest.fixture
def written(web_settings):
    """A function that does what the alert worker does for the folder."""

    def write() -> None:
        resources = Resources(web_settings, make_celery(web_settings))
        Drain(resources, "folder")()
        resources.database.dispose()

    return write


def newest(store) -> int:
    with store.database.read() as session:
        return list_alerts(session).items[0].id


def details(store, alert_id):
    with store.database.read() as session:
        return alert_details(session, alert_id)


def text_of(http, path: str) -> str:
    answer = http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_without_alerts_the_page_says_what_to_do_next(http):
    page = text_of(http, "/alerts")
    assert "No alerts yet" in page
    assert "oncoqueue demo-scans" in page
    assert "Research use only" in page


def test_a_row_tells_what_was_found_and_where_it_went(http, store, told):
    alert_id = told(rules(MAIL, Target("slack", "ward"), escalate=(Rung(after_minutes=15, send=(LEAD,)),)))
    with store.database.write() as session:
        claimed = claim_delivery(session, "email", 60)
        assert hand_over(session, claimed, 60)
        delivered(session, claimed)
    page = text_of(http, "/alerts")
    for words in ("Glioma 93 %", "23.4 x 17.1 mm", "urgency 0.80", "oncall@hospital.example", "slack", "Night run"):
        assert words in page
    assert 'class="state sent"' in page
    assert "queued" in page
    assert "tells the next in 15 min" in page
    assert f'href="/alerts/{alert_id}"' in page
    assert re.search(r'src="/api/v1/scans/\d+/images/thumbnail"', page)


def test_a_failure_shows_its_reason_and_a_repeat_says_so(http, store, told):
    told(rules(MAIL, Target("slack", "ward")))
    with store.database.write() as session:
        give_up(session, claim_delivery(session, "email", 60), "The mail server does not know this recipient.")
    with store.database.write() as session:
        claimed = claim_delivery(session, "slack", 60)
        assert hand_over(session, claimed, 60)
    with store.database.write() as session:
        postpone(session, claimed, "Slack did not answer.", 7 * 60, unsure=True)
    for path in ("/alerts", f"/alerts/{newest(store)}"):
        page = text_of(http, path)
        assert "failed: The mail server does not know this recipient." in page
        assert "try 2 in 7 min: Slack did not answer." in page
        assert "may have been sent twice" in page


def test_the_filter_shows_open_alerts_first_and_all_on_demand(http, store, told):
    seen, waiting = told(rules(MAIL)), told(rules(MAIL), path="b.png")
    with store.database.write() as session:
        acknowledge(session, seen, "reader@hospital.example")
    first = text_of(http, "/alerts")
    assert f'href="/alerts/{waiting}"' in first
    assert f'href="/alerts/{seen}"' not in first
    assert re.search(r"Not acknowledged <b>1</b>", first)
    assert re.search(r"All <b>2</b>", first)
    everything = text_of(http, "/alerts?show=all")
    assert everything.index(f'href="/alerts/{waiting}"') < everything.index(f'href="/alerts/{seen}"')
    assert "by <bdi>reader@hospital.example</bdi>" in everything


def test_when_all_are_acknowledged_the_page_says_so(http, store, told):
    alert_id = told(rules(MAIL))
    with store.database.write() as session:
        acknowledge(session, alert_id, "reader@hospital.example")
    assert "Nothing waits for an answer" in text_of(http, "/alerts")


def test_the_list_goes_on_over_pages(http, told):
    for number in range(31):
        told(rules(MAIL), path=f"{number}.png")
    page = text_of(http, "/alerts")
    older = re.search(r'href="(/alerts\?[^"]*after=[^"]*)">Older', page)
    assert older
    rest = text_of(http, older[1].replace("&amp;", "&"))
    assert 'href="/alerts/1"' in rest
    assert 'href="/alerts/2"' not in rest


@pytest.mark.parametrize("query", ["show=none", "show=open&page=2", "after=x"])
def test_a_query_that_means_nothing_is_refused(http, query):
    assert http.get(f"/alerts?{query}").status_code == 422


@pytest.mark.parametrize(
    ("back", "leads_to"), [("list", "/alerts"), ("alert", "/alerts/1"), ("//evil.example", "/alerts/1")]
)
def test_the_button_acknowledges_and_leads_back(http, store, told, back, leads_to):
    alert_id = told(rules(MAIL, escalate=(Rung(after_minutes=15, send=(LEAD,)),)))
    answer = http.post(f"/alerts/{alert_id}/acknowledge", data={"back": back})
    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)
    seen = details(store, alert_id).alert
    assert seen.acknowledged_by == "somebody at this machine"
    assert seen.escalate_at is None
    page = text_of(http, f"/alerts/{alert_id}")
    assert "Acknowledged</span> by <bdi>somebody at this machine</bdi>" in page
    assert "<button" not in page.partition('class="page-head"')[2]


def test_an_account_that_may_only_read_sees_no_button_and_no_messages(start_server, web_settings, store, told, written):
    alert_id = told(rules(FOLDER))
    written()
    http = create_app(web_settings.model_copy(update={"login": "always"})).test_client()
    reader = {"Authorization": f"Bearer {store.new_token('reader', Scope.READ)}"}
    manager = {"Authorization": f"Bearer {store.new_token('manager')}"}
    page = http.get(f"/alerts/{alert_id}", headers=reader)
    assert page.status_code == 200
    assert "Acknowledge<" not in page.text
    assert "What would be sent" not in page.text
    [delivery] = details(store, alert_id).deliveries
    for name in ("mail", "message.eml", "message.json"):
        path = f"/alerts/deliveries/{delivery.id}/{name}"
        assert http.get(path, headers=reader).status_code == 403
        assert http.get(path, headers=manager).status_code == 200
    assert http.post(f"/alerts/{alert_id}/acknowledge", headers=reader).status_code == 403
    assert http.post(f"/alerts/{alert_id}/acknowledge", headers=manager).status_code == 303
    assert details(store, alert_id).alert.acknowledged_by == "manager"


def test_an_alert_shows_its_whole_record(http, store, told):
    alert_id = told(rules(MAIL))
    with store.database.write() as session:
        claimed = claim_delivery(session, "email", 60)
        assert hand_over(session, claimed, 60)
        delivered(session, claimed, "250 2.0.0 Ok: queued")
    with store.database.write() as session:
        acknowledge(session, alert_id, "reader@hospital.example")
    page = text_of(http, f"/alerts/{alert_id}")
    for kind in ("queued", "sent", "acknowledged"):
        assert f'<span class="{kind}">{kind}</span>' in page
    assert "250 2.0.0 Ok: queued" in page
    assert 'href="/models/brain-mri/1.0"' in page


def test_a_digest_shows_its_scans(http, store, told):
    alert_id = told(rules(MAIL, at_once=None))
    scan_ids = details(store, alert_id).scan_ids
    assert len(scan_ids) == 1
    assert "Digest of 1 scan" in text_of(http, "/alerts")
    page = text_of(http, f"/alerts/{alert_id}")
    assert f'href="/scans/{scan_ids[0]}"' in page


def test_an_alert_that_is_not_there_is_not_found(http):
    assert http.get("/alerts/99").status_code == 404


def test_the_mail_is_shown_in_a_frame_that_runs_nothing(http, store, told, written):
    alert_id = told(rules(FOLDER))
    written()
    [delivery] = details(store, alert_id).deliveries
    page = http.get(f"/alerts/{alert_id}")
    address = f"/alerts/deliveries/{delivery.id}/mail"
    assert f'src="{address}" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    mail = http.get(address)
    limits = mail.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "img-src data:", "frame-ancestors 'self'"} <= set(limits)
    assert any(limit.startswith("sandbox") and "allow-scripts" not in limit for limit in limits)
    assert "Urgent finding" in mail.text
    assert 'src="data:image/png;base64,' in mail.text
    assert "cid:" not in mail.text
    assert "frame-src" not in http.get("/alerts").headers["Content-Security-Policy"]


def test_the_slack_message_is_shown_as_a_reader_would_see_it(http, store, told, written):
    alert_id = told(rules(FOLDER))
    written()
    page = text_of(http, f"/alerts/{alert_id}").partition("What would be sent")[2]
    assert re.search(
        r'<a href="http://[^"]+/alerts/acknowledge/[^"]+" target="_blank" rel="noopener">Acknowledge</a>', page
    )
    assert "<strong>Glioma 93 %</strong>" in page
    assert "&#34;blocks&#34;" in page


def test_the_files_can_be_downloaded(http, store, told, written):
    alert_id = told(rules(FOLDER))
    written()
    [delivery] = details(store, alert_id).deliveries
    mail = http.get(f"/alerts/deliveries/{delivery.id}/message.eml")
    assert mail.headers["Content-Disposition"] == f'attachment; filename="alert-{delivery.id}.eml"'
    assert "Urgent finding" in message_from_bytes(mail.data, policy=policy.default)["Subject"]
    slack = http.get(f"/alerts/deliveries/{delivery.id}/message.json")
    assert json.loads(slack.data)["blocks"]


def test_a_delivery_that_wrote_no_file_has_none_to_show(http, store, told, web_settings):
    mailed, waiting = told(rules(MAIL)), told(rules(FOLDER), path="b.png")
    folder = web_settings.data_dir / "alerts"
    folder.mkdir(parents=True)
    for alert_id in (mailed, waiting):
        [delivery] = details(store, alert_id).deliveries
        if alert_id == mailed:
            (folder / f"{delivery.id}.eml").write_bytes(b"Subject: not of this channel\n\n")
        assert http.get(f"/alerts/deliveries/{delivery.id}/message.eml").status_code == 404
        assert "What would be sent" not in text_of(http, f"/alerts/{alert_id}")
    assert http.get("/alerts/deliveries/99/mail").status_code == 404
    assert http.get("/alerts/deliveries/1/message.toml").status_code == 404


def test_a_damaged_file_shows_no_preview(http, store, told, written, web_settings):
    alert_id = told(rules(FOLDER))
    written()
    for damage in (b"not JSON", b"\xff\xfe", b'{"blocks": 7}'):
        next((web_settings.data_dir / "alerts").glob("*.json")).write_bytes(damage)
        assert "What would be sent" not in text_of(http, f"/alerts/{alert_id}")


def test_names_are_shown_as_text(http, told):
    alert_id = told(rules(MAIL), batch="<script>alert(1)</script>", path="<img src=x>.png", label="<b>glioma</b>")
    for path in ("/alerts", f"/alerts/{alert_id}"):
        page = text_of(http, path)
        assert "&lt;b&gt;glioma" in page.lower()
        assert "<script>alert" not in page
        assert "<b>glioma" not in page.lower()


def test_with_only_the_folder_the_page_says_that_nobody_is_told(http, told):
    assert "Nobody is told yet" in text_of(http, "/alerts")
    told(rules(FOLDER))
    page = text_of(http, "/alerts")
    for words in ("Nobody is told yet", "ONCOQUEUE_SMTP_HOST", "ONCOQUEUE_SLACK_WEBHOOK", "oncoqueue test-alert email"):
        assert words in page


def test_where_alerts_go_elsewhere_no_such_notice_is_given(http, told, web_settings):
    connected = web_settings.model_copy(update={"smtp_host": "mail.hospital.example", "alert_to": str(MAIL)})
    assert "Nobody is told yet" not in create_app(connected).test_client().get("/alerts").text
    told(rules(MAIL))  # The workers have settings that this process has not.
    assert "Nobody is told yet" not in text_of(http, "/alerts")


def test_rules_that_are_not_valid_are_named(web_settings: Settings):
    wrong = web_settings.model_copy(update={"alert_to": "pigeon:coop"})
    assert "The rules of alerts are not valid here" in create_app(wrong).test_client().get("/alerts").text


def test_the_finding_that_matters_most_is_shown_with_its_malignancy(http, told, done_result):
    [glioma] = done_result().findings
    benign = Malignancy(label="benign", probability=0.07)
    surer = glioma.model_copy(update={"score": 0.97, "label": "meningioma", "malignancy": benign})
    doubtful = glioma.model_copy(update={"certain": False})
    alert_id = told(rules(MAIL), findings=[surer, doubtful])
    for path in ("/alerts", f"/alerts/{alert_id}"):
        page = text_of(http, path)
        assert "Glioma 93 %" in page
        assert "eningioma" not in page
        assert "type in doubt" in page
        assert "P(malignant) 92 % <span>malignant</span>" in page
        assert "and 1 more finding<" in page


def test_a_digest_names_the_models_and_gives_each_scan_its_urgency(http, told):
    page = text_of(http, f"/alerts/{told(rules(MAIL, at_once=None))}")
    assert re.search(r'<dt>Model</dt><dd><a href="/models/brain-mri/1.0">brain-mri 1.0</a></dd>', page)
    assert '<span class="quiet small">urgency 0.80</span>' in page


def test_the_record_of_an_alert_is_told_to_the_second(http, told):
    page = text_of(http, f"/alerts/{told(rules(MAIL))}")
    assert re.search(r" data-seconds>\d\d:\d\d:\d\d UTC<", page.partition('class="record"')[2])


def test_what_failed_can_be_sent_again_until_somebody_acknowledges(http, store, told):
    alert_id = told(rules(MAIL))
    assert "Send again" not in text_of(http, f"/alerts/{alert_id}")
    fail_mail(store)
    page = text_of(http, f"/alerts/{alert_id}")
    assert f'formaction="/alerts/{alert_id}/resend"' in page
    answer = http.post(f"/alerts/{alert_id}/resend")
    assert (answer.status_code, answer.location) == (303, f"/alerts/{alert_id}")
    [delivery] = details(store, alert_id).deliveries
    assert (delivery.state, delivery.attempt) == ("pending", 0)
    assert "Send again" not in text_of(http, f"/alerts/{alert_id}")
    fail_mail(store)
    with store.database.write() as session:
        acknowledge(session, alert_id, "reader")
    assert "Send again" not in text_of(http, f"/alerts/{alert_id}")


def fail_mail(store) -> None:
    with store.database.write() as session:
        assert give_up(session, claim_delivery(session, "email", 60), "The mail server does not know this recipient.")


def test_a_digest_of_many_scans_counts_those_that_its_page_leaves_out(http, store, done_result):
    batch, policy = store.new_batch(), rules(MAIL, at_once=None)
    for number in range(MAX_SCANS + 5):
        taken = store.claim(store.add_scan(batch.id, f"{number}.png"))
        stored = StoredResult(taken.sha256, "test-1", done_result().model_dump_json(exclude={"path"}), {})
        with store.database.write() as session:
            assert finish(session, taken, stored, policy).ours
    store.close(batch.id)
    with store.database.write() as session:
        raise_digests(session, policy)
    page = text_of(http, f"/alerts/{newest(store)}")
    assert f"and {MAX_SCANS + 5 - PAGE_SCANS} more" in page
