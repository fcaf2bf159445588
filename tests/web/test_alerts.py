"""Alerts over the API, and the commands that use it."""

from __future__ import annotations

import json

import httpx
import pytest
import redis
from click.testing import CliRunner

from shared.alerting.rules import Policy, Rule, Rung, Target
from shared.cli import cli
from shared.schemas import Malignancy, ScanResult
from shared.states import Scope
from shared.store.alerts import get_alert, list_alerts
from shared.store.claims import finish
from shared.store.deliveries import claim_delivery, due_channels, give_up
from shared.store.results import StoredResult
from web.app import create_app

MAIL = Target("email", "oncall@hospital.example")
RULES = Policy((Rule(name="urgent", send=(MAIL,), escalate=(Rung(after_minutes=15, send=(MAIL,)),)),))


@pytest.fixture
def raised(done_result):
    """A function that raises an alert in a store, and gives its id."""

    def make(store, path: str = "a.png", result: ScanResult | None = None) -> int:
        batch = store.new_batch()
        taken = store.claim(store.add_scan(batch.id, f"{batch.id}/{path}"))
        stored = StoredResult(taken.sha256, "test-1", (result or done_result()).model_dump_json(exclude={"path"}), {})
        with store.database.write() as session:
            finish(session, taken, stored, RULES)
        with store.database.read() as session:
            return list_alerts(session).items[0].id

    return make


def test_alerts_are_listed_newest_first_in_pages(http, store, raised):
    ids = [raised(store, f"{number}.png") for number in range(3)]
    first = http.get("/api/v1/alerts?limit=2").json
    assert [alert["id"] for alert in first["items"]] == ids[:0:-1]
    rest = http.get(f"/api/v1/alerts?limit=2&after={first['next']}").json
    assert ([alert["id"] for alert in rest["items"]], rest["next"]) == (ids[:1], None)


def test_an_alert_is_listed_with_the_finding_that_matters_most(http, store, raised, done_result):
    result = done_result()
    benign = Malignancy(label="benign", probability=0.07)
    surer = result.findings[0].model_copy(update={"score": 0.97, "label": "meningioma", "malignancy": benign})
    raised(store, result=result.model_copy(update={"findings": [surer, *result.findings]}))
    assert http.get("/api/v1/alerts").json["items"][0]["finding"]["label"] == "glioma"


def test_an_alert_tells_whom_it_goes_to_and_what_happened(http, store, raised):
    alert_id = raised(store)
    found = http.get(f"/api/v1/alerts/{alert_id}").json
    assert found["alert"]["kind"] == "at once"
    assert [(d["channel"], d["recipient"], d["state"]) for d in found["deliveries"]] == [
        ("email", "oncall@hospital.example", "pending")
    ]
    assert [event["kind"] for event in found["events"]] == ["queued"]
    assert (found["scan_ids"], found["scans"]) == ([found["alert"]["scan_id"]], 1)


def test_acknowledging_is_done_once_and_takes_an_alert_off_the_open_ones(http, store, raised):
    first, second = raised(store), raised(store, "b.png")
    seen = http.post(f"/api/v1/alerts/{first}/acknowledge").json
    assert seen["acknowledged_by"] == "somebody at this machine"
    assert http.post(f"/api/v1/alerts/{first}/acknowledge").json == seen
    assert [alert["id"] for alert in http.get("/api/v1/alerts?show=open").json["items"]] == [second]


def test_what_failed_is_sent_again_on_request(http, store, raised):
    alert_id = raised(store)
    with store.database.write() as session:
        give_up(session, claim_delivery(session, "email", 60), "550 5.1.1 no such user")
    found = http.post(f"/api/v1/alerts/{alert_id}/resend")
    assert found.status_code == 200
    [delivery] = found.json["deliveries"]
    assert (delivery["state"], delivery["attempt"], delivery["reason"]) == ("pending", 0, None)
    assert [event["kind"] for event in found.json["events"]] == ["queued", "failed", "queued"]
    assert http.post("/api/v1/alerts/99/resend").status_code == 404


def test_the_alert_worker_is_told_of_what_is_sent_again(http, store, raised, redis_url):
    alert_id = raised(store)
    with store.database.write() as session:
        give_up(session, claim_delivery(session, "email", 60), "550 5.1.1 no such user")
    http.post(f"/api/v1/alerts/{alert_id}/resend")
    with redis.Redis.from_url(redis_url) as client:
        [message] = client.lrange("alerts", 0, -1)
    assert json.loads(message)["headers"]["task"] == "oncoqueue.alerts.email"


def test_while_redis_is_away_what_is_to_be_sent_again_waits_for_the_sweep(web_settings, store, raised):
    away = create_app(web_settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})).test_client()
    alert_id = raised(store)
    with store.database.write() as session:
        give_up(session, claim_delivery(session, "email", 60), "550 5.1.1 no such user")
    assert away.post(f"/api/v1/alerts/{alert_id}/resend").json["deliveries"][0]["state"] == "pending"
    with store.database.read() as session:
        assert due_channels(session) == {"email"}


@pytest.mark.parametrize("path", ["/api/v1/alerts/99", "/api/v1/alerts/0"])
def test_an_alert_that_is_not_there_is_a_404(http, path):
    assert http.get(path).status_code == 404


@pytest.mark.parametrize("query", ["show=seen", "limit=0", "after=x", "page=1"])
def test_a_query_that_means_nothing_is_refused(http, query):
    assert http.get(f"/api/v1/alerts?{query}").status_code == 422


def test_acknowledging_and_sending_again_need_the_scope_to_manage_and_acknowledging_is_done_in_the_tokens_name(
    client, guarded_server, raised
):
    store = guarded_server.store
    alert_id = raised(store)
    for name, scopes, status in (("only-reads", (Scope.READ, Scope.SUBMIT), 403), ("night-desk", (Scope.MANAGE,), 200)):
        headers = {"Authorization": f"Bearer {store.new_token(name, *scopes)}"}
        for action in ("resend", "acknowledge"):
            answer = httpx.post(f"{guarded_server.url}/api/v1/alerts/{alert_id}/{action}", headers=headers)
            assert answer.status_code == status
    with store.database.read() as session:
        assert get_alert(session, alert_id).acknowledged_by == "night-desk"


@pytest.fixture
def run(server, monkeypatch):
    """A function that runs a command against the server and gives its result."""
    monkeypatch.setenv("ONCOQUEUE_SERVER_URL", server.url)
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_the_commands_list_alerts_and_acknowledge_one(run, server, raised):
    alert_id = raised(server.store)
    listed = run("alerts", "--open")
    assert listed.exit_code == 0, listed.output
    assert "Research use only" in listed.stderr
    assert "Research use only" not in listed.stdout
    [row] = [line.split("\t") for line in listed.output.splitlines() if line.startswith(f"{alert_id}\t")]
    assert row[2].startswith("scan ")
    assert row[3].startswith("glioma 93 %")
    assert row[5] == "email oncall@hospital.example pending"
    assert row[6].startswith("open, escalates ")
    done = run("acknowledge", alert_id)
    assert done.output.startswith(f"Alert {alert_id}: acknowledged by somebody at this machine at ")
    assert not any(line.startswith(f"{alert_id}\t") for line in run("alerts", "--open").output.splitlines())
    as_json = run("alerts", "--json")
    assert as_json.stderr == ""
    everything = json.loads(as_json.stdout)
    assert everything[0]["id"] == alert_id
    assert everything[0]["acknowledged_by"] == "somebody at this machine"


def test_several_alerts_are_acknowledged_by_one_command_and_an_unknown_one_among_them_is_named(run, server, raised):
    first, second = raised(server.store), raised(server.store, "b.png")
    done = run("acknowledge", first, 10**9, second)
    assert done.exit_code == 1
    assert done.stderr == "Error: There is no alert 1000000000.\n"
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [f"Alert {first}", f"Alert {second}"]
    assert run("acknowledge", first, second).exit_code == 0


def test_the_table_begins_with_the_most_urgent_open_alert_and_says_so(run, server, raised, done_result):
    seen = raised(server.store, result=done_result(0.99))
    run("acknowledge", seen)
    low, high, middle = (raised(server.store, result=done_result(urgency)) for urgency in (0.75, 0.97, 0.85))
    listed = run("alerts")
    ids = [int(line.split("\t")[0]) for line in listed.stdout.splitlines()[1:]]
    assert [each for each in ids if each in (seen, low, high, middle)] == [high, middle, low, seen]
    assert "open ones first, the most urgent on top" in listed.stderr
    newest = [alert["id"] for alert in json.loads(run("alerts", "--json").stdout)[:3]]
    assert newest == [middle, high, low]


def test_acknowledging_an_alert_that_is_not_there_says_so(run):
    gone = run("acknowledge", 10**9)
    assert gone.exit_code == 1
    assert "There is no alert 1000000000." in gone.output
