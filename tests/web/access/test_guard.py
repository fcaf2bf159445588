"""Who may speak to the server, and what each may do."""

from __future__ import annotations

import pytest

from shared.addresses import is_loopback
from shared.states import Scope
from web.app import create_app

PRIVATE = ["/", "/api/v1/batches", "/metrics", "/api/v1/openapi.json", "/nowhere", "/batches/1"]


@pytest.fixture
def guarded(web_settings):
    """An application that asks everybody."""
    return create_app(web_settings.model_copy(update={"login": "always"})).test_client()


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "Basic a-token-for-tests", "Bearer ü"])
def test_without_the_right_token_nothing_is_told(guarded, path, header):
    answer = guarded.get(path, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"


def test_with_a_token_everything_is_told(guarded, store):
    token = store.new_token("all")
    for path in ("/", "/api/v1/batches", "/metrics", "/static/base.css"):
        assert guarded.get(path, headers=bearer(token)).status_code == 200


def test_health_and_static_files_need_nothing(guarded):
    for path in ("/health/live", "/health/ready", "/static/base.css"):
        assert guarded.get(path).status_code == 200


def test_every_other_route_needs_a_login_or_a_token(web_settings):
    app = create_app(web_settings.model_copy(update={"login": "always"}))
    http = app.test_client()
    open_paths = ("/health/", "/static/", "/login", "/logout", "/alerts/acknowledge/")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(open_paths):
            continue
        path = "/".join(str(_sample(part)) for part in rule.rule.split("/"))
        for method in (rule.methods or set()) - {"OPTIONS"}:
            assert http.open(path, method=method).status_code == 401, (method, path)


def _sample(part):
    """A value for a placeholder of a rule."""
    if not part.startswith("<"):
        return part
    return part.partition("(")[2].split(",")[0] if "any(" in part else 1


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"login": "always"}, {"trusted_proxies": 1}])
def test_other_addresses_and_proxies_turn_the_login_on(web_settings, changes):
    http = create_app(web_settings.model_copy(update=changes)).test_client()
    assert http.get("/api/v1/batches").status_code == 401


def test_on_loopback_no_login_is_needed_and_no_cookie_is_set(http):
    answer = http.get("/")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.2:8077", "localhost.evil.example"])
def test_a_foreign_name_for_this_machine_needs_a_login(http, host):
    assert http.get("/api/v1/batches", headers={"Host": host}).status_code == 401


def test_other_names_of_loopback_need_none(http):
    assert http.get("/api/v1/batches", headers={"Host": "[::1]:8077"}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_passes_on_is_not_from_this_machine(http, header):
    assert http.get("/api/v1/batches", headers={header: "127.0.0.1"}).status_code == 401


def test_a_peer_that_is_not_on_loopback_needs_a_login(http):
    away = {"REMOTE_ADDR": "192.168.1.2"}
    assert http.get("/api/v1/batches", environ_base=away).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_page_of_another_site_cannot_change_anything(http, store, origin):
    batch = store.new_batch()
    address = f"/api/v1/batches/{batch.id}/cancel"
    assert http.post(address, headers={"Origin": origin}).status_code == 403
    assert http.post(address, headers={"Origin": "http://localhost"}).status_code == 200


def test_a_token_is_checked_on_loopback_too(http, store):
    reader = store.new_token("reader", Scope.READ)
    assert http.get("/api/v1/batches", headers=bearer(reader)).status_code == 200
    assert http.post("/api/v1/blobs/missing", headers=bearer(reader), json={"sha256": []}).status_code == 403
    assert http.get("/api/v1/batches", headers=bearer("oq_wrong")).status_code == 401


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, {"look", "metrics"}),
        (Scope.SUBMIT, {"create", "close"}),
        (Scope.MANAGE, {"close", "cancel", "retry"}),
        (Scope.METRICS, {"metrics"}),
    ],
)
def test_each_scope_allows_its_own(guarded, store, scope, allowed):
    token = store.new_token("one", scope)
    batch = f"/api/v1/batches/{store.new_batch().id}"
    tried = {
        "look": ("GET", batch, None),
        "metrics": ("GET", "/metrics", None),
        "create": ("POST", "/api/v1/batches", {"name": "night"}),
        "close": ("POST", f"{batch}/close", None),
        "cancel": ("POST", f"{batch}/cancel", None),
        "retry": ("POST", f"{batch}/retry", None),
    }
    answers = {
        what: guarded.open(path, method=method, json=body, headers=bearer(token))
        for what, (method, path, body) in tried.items()
    }
    assert {what for what, answer in answers.items() if answer.status_code < 300} == allowed
    refused = [answer for answer in answers.values() if answer.status_code >= 300]
    assert {answer.status_code for answer in refused} == {403}
    assert all("needs the scope" in answer.json["detail"] for answer in refused)


def test_a_refusal_names_the_missing_scope(guarded, store):
    token = store.new_token("one", Scope.METRICS)
    detail = guarded.get("/api/v1/batches", headers=bearer(token)).json["detail"]
    assert detail == "This needs the scope read, which the token does not have."


def test_what_is_nowhere_is_a_404_whatever_the_scope(guarded, store):
    token = store.new_token("one", Scope.SUBMIT)
    assert guarded.get("/api/v1/nowhere", headers=bearer(token)).status_code == 404


def test_a_trusted_proxy_says_where_a_request_comes_from(web_settings, store):
    http = create_app(web_settings.model_copy(update={"trusted_proxies": 1})).test_client()
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "scans.example"}
    store.new_account("reader", "a long password")
    assert "Name" in http.get("/login", headers=told).text
    assert http.get("/login", headers=told | {"X-Forwarded-Proto": "http"}).status_code == 403


def test_without_a_trusted_proxy_its_headers_make_nothing_secure(web_settings, store):
    http = create_app(web_settings.model_copy(update={"login": "always"})).test_client()
    answer = http.get("/login", headers={"Host": "scans.example", "X-Forwarded-Proto": "https"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_addresses_are_told_from_others(host, loopback):
    assert is_loopback(host) is loopback
