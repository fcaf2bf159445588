"""Logging in and out, and how long a login lasts."""

from __future__ import annotations

import io
import re
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from shared.states import Scope
from shared.store.accounts import add_account, find_account, remove_account, set_password
from web.access import login, sessions
from web.access.passwords import Passwords
from web.access.throttle import Throttle
from web.app import create_app

PASSWORD = "correct horse battery"
WRONG = "The name or the password is wrong."


def cookie(answer):
    """The one cookie that an answer sets."""
    (found,) = answer.headers.getlist("Set-Cookie")
    return found


def test_a_page_leads_to_the_login_and_back(browser):
    answer = browser.get("/?after=7")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/?after%3D7"
    assert browser.log_in(path=answer.headers["Location"]).headers["Location"] == "/?after=7"
    assert browser.get("/").status_code == 200


def test_a_page_tells_who_is_logged_in_and_offers_to_end_it(browser):
    browser.log_in()
    token = browser.form_token("/")
    assert "reader" in browser.get("/").text
    assert browser.post("/logout", {"csrf_token": token}).status_code == 303
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(("name", "password"), [("reader", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_is_refused_in_the_same_words(browser, name, password):
    answer = browser.log_in(name, password)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert browser.get("/").status_code == 303


def test_a_name_is_known_in_capitals_too(browser):
    assert browser.log_in(" Reader ").status_code == 303


def test_an_unknown_name_takes_as_long_as_a_wrong_password(browser):
    def seconds(name):
        token = browser.form_token()
        begun = time.perf_counter()
        assert browser.post("/login", {"csrf_token": token, "name": name, "password": "x" * 20}).status_code == 401
        return time.perf_counter() - begun

    pairs = [(seconds("reader"), seconds(f"nobody{turn}")) for turn in range(7)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


def test_over_https_the_cookie_is_secure_and_out_of_reach_of_scripts(browser):
    told = cookie(browser.log_in())
    assert told.startswith("__Host-oncoqueue=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(told.split("; "))
    assert "Domain" not in told


def test_on_loopback_a_login_works_without_https(web_settings, store):
    store.new_account("reader", PASSWORD)
    http = create_app(web_settings.model_copy(update={"login": "always"})).test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', http.get("/login").text)[1]
    answer = http.post("/login", data={"csrf_token": token, "name": "reader", "password": PASSWORD})
    assert answer.status_code == 303
    assert "Secure" not in cookie(answer)
    assert http.get("/").status_code == 200


def test_over_plain_http_no_password_is_asked_for(guarded_app, store):
    store.new_account("reader", PASSWORD)
    http = guarded_app.test_client()
    for answer in (
        http.get("/login", base_url="http://scans.example"),
        http.post("/login", base_url="http://scans.example", data={"name": "reader", "password": PASSWORD}),
    ):
        assert answer.status_code == 403
        assert "not encrypted" in answer.text
        assert "ONCOQUEUE_TLS_CERT" in answer.text
        assert 'type="password"' not in answer.text


def test_without_an_account_the_page_says_how_to_make_one(guarded_app):
    text = guarded_app.test_client().get("/login", base_url="https://scans.example").text
    assert "oncoqueue user add NAME" in text
    assert 'type="password"' not in text


def test_where_no_login_is_needed_the_page_leads_home(http):
    assert http.get("/login").headers["Location"] == "/"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_login_leads_to_no_other_site(browser, wanted):
    token = browser.form_token()
    form = {"csrf_token": token, "name": "reader", "password": PASSWORD}
    answer = browser.http.post("/login", base_url=browser.base_url, query_string={"next": wanted}, data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_a_login_form_without_its_token_is_refused(browser):
    answer = browser.post("/login", {"name": "reader", "password": PASSWORD})
    assert answer.status_code == 403
    assert "reload" in answer.text
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "made up"}])
def test_a_form_that_is_a_large_upload_is_refused_unread(browser, headers):
    body = {"csrf_token": browser.form_token(), "file": (io.BytesIO(b"x" * 100_000), "a.bin")}
    assert browser.post("/login", body, **headers).status_code == 413


def test_after_a_wrong_password_the_name_is_still_there(browser):
    text = browser.log_in('Read"er', "wrong password").text
    assert 'value="read&#34;er"' in text
    assert "wrong password" not in text


def test_a_login_form_of_another_site_is_refused(browser):
    form = {"csrf_token": browser.form_token(), "name": "reader", "password": PASSWORD}
    assert browser.post("/login", form, Origin="https://evil.example").status_code == 403


def test_with_a_login_what_acts_needs_the_token_of_the_page(browser, store):
    browser.log_in()
    batch = store.new_batch()
    address = f"/api/v1/batches/{batch.id}/cancel"
    token = browser.form_token("/")
    assert browser.post(address, {}).status_code == 403
    assert browser.post(address, {}, **{"X-CSRFToken": "made up"}).status_code == 403
    assert browser.post(address, {"csrf_token": token}).status_code == 403  # under /api/ only the header counts
    assert browser.post(address, {}, **{"X-CSRFToken": token, "Origin": "https://evil.example"}).status_code == 403
    assert browser.post(address, {}, **{"X-CSRFToken": token}).status_code == 200


def test_a_token_of_another_login_is_refused(browser, guarded_app, store):
    browser.log_in()
    other = type(browser)(guarded_app.test_client())
    other.log_in()
    address = f"/api/v1/batches/{store.new_batch().id}/cancel"
    assert browser.post(address, {}, **{"X-CSRFToken": other.form_token("/")}).status_code == 403


def test_an_upload_with_a_login_is_streamed_and_not_parsed_for_a_token(browser, store):
    browser.log_in()
    headers = {"X-CSRFToken": browser.form_token("/")}
    batch = store.new_batch()
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nbytes\r\n--b--\r\n'
    answer = browser.http.post(
        f"/api/v1/batches/{batch.id}/files",
        base_url=browser.base_url,
        data=body,
        content_type="multipart/form-data; boundary=b",
        headers=headers,
    )
    assert answer.json["scans"][0]["path"] == "a.png"


def test_logging_out_needs_the_token_too(browser):
    browser.log_in()
    assert browser.post("/logout", {}).status_code == 403
    assert browser.get("/").status_code == 200


def test_a_login_begins_with_a_new_session(browser):
    before = browser.form_token()
    browser.log_in()
    address = "/logout"
    assert browser.post(address, {"csrf_token": before}).status_code == 403


def test_a_new_password_ends_all_logins(browser, store):
    browser.log_in()
    with store.database.write() as session:
        set_password(session, "reader", Passwords().hash("another password"))
    assert browser.get("/").status_code == 303
    assert browser.log_in().status_code == 401
    assert browser.log_in(password="another password").status_code == 303


def test_removing_an_account_ends_its_logins(browser, store):
    browser.log_in()
    with store.database.write() as session:
        remove_account(session, "reader")
    assert browser.get("/").status_code == 303


def test_an_idle_login_ends(browser, monkeypatch):
    browser.log_in()
    monkeypatch.setitem(browser.http.application.config, "PERMANENT_SESSION_LIFETIME", timedelta(seconds=0.1))
    time.sleep(1.2)  # the cookie counts in seconds
    assert browser.get("/").status_code == 303


def test_a_login_that_is_never_idle_ends_too(browser, monkeypatch):
    browser.log_in()
    monkeypatch.setattr(sessions, "LONGEST", timedelta(0))
    assert browser.get("/").status_code == 303


def test_a_forged_cookie_is_no_login(browser):
    browser.http.set_cookie("__Host-oncoqueue", "eyJfdXNlcl9pZCI6IjE6MSJ9.forged.forged", domain="scans.example")
    assert browser.get("/").status_code == 303


def test_who_may_only_look_cannot_act(guarded_app, store, browser):
    store.new_account("looker", PASSWORD, Scope.READ)
    browser.log_in("looker")
    headers = {"X-CSRFToken": re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/").text)[1]}
    answer = browser.post(f"/api/v1/batches/{store.new_batch().id}/cancel", {}, **headers)
    assert answer.status_code == 403
    assert "scope manage" in answer.text


def test_too_many_tries_from_one_address_are_refused(web_settings, store, monkeypatch, browser):
    monkeypatch.setattr(login, "FAILURES_PER_ADDRESS", "3 per minute")
    other = type(browser)(create_app(web_settings.model_copy(update={"login": "always"})).test_client())
    assert [other.log_in(f"nobody{turn}").status_code for turn in range(4)] == [401, 401, 401, 429]
    answer = other.log_in()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "Try again in" in answer.text


@pytest.fixture
def attempt(browser):
    """A function that tries to log in from an address, and gives the status."""

    def make(name, address, password="wrong"):
        other = type(browser)(browser.http.application.test_client())
        form = {"csrf_token": other.form_token(), "name": name, "password": password}
        away = {"REMOTE_ADDR": address}
        return other.http.post("/login", base_url=other.base_url, data=form, environ_base=away).status_code

    return make


@pytest.mark.parametrize("name", ["reader", "nobody"])
def test_who_fails_under_a_name_is_held_up_alone(attempt, name):
    statuses = [attempt(name, "203.0.113.1") for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert attempt("reader", "203.0.113.2", PASSWORD) == 303
    assert attempt("somebody", "203.0.113.1") == 401


@pytest.mark.parametrize("name", ["reader", "nobody"])
def test_failures_under_one_name_from_many_addresses_are_bounded_too(attempt, monkeypatch, browser, name):
    monkeypatch.setattr(browser.http.application.extensions[login.EXTENSION], "_by_name", Throttle("3 per hour", "No."))
    assert [attempt(name, f"203.0.113.{turn}") for turn in range(4)] == [401, 401, 401, 429]
    assert attempt("somebody", "203.0.113.9") == 401


def test_who_has_logged_in_from_an_address_is_not_kept_out_by_others(attempt, monkeypatch, browser):
    monkeypatch.setattr(browser.http.application.extensions[login.EXTENSION], "_by_name", Throttle("3 per hour", "No."))
    assert attempt("reader", "192.0.2.1", PASSWORD) == 303
    assert [attempt("reader", f"203.0.113.{turn}") for turn in range(4)] == [401, 401, 401, 429]
    assert attempt("reader", "192.0.2.1", PASSWORD) == 303
    assert attempt("reader", "192.0.2.2", PASSWORD) == 429


def test_logins_that_succeed_are_not_counted(attempt):
    assert {attempt("reader", "192.0.2.1", PASSWORD) for _ in range(35)} == {303}


def test_a_copy_of_the_cookie_is_worth_nothing_after_logging_out(browser):
    browser.log_in()
    copy = browser.http.get_cookie("__Host-oncoqueue", domain="scans.example").value
    browser.post("/logout", {"csrf_token": browser.form_token("/")})
    browser.http.set_cookie("__Host-oncoqueue", copy, domain="scans.example", secure=True)
    assert browser.get("/").status_code == 303


def test_logging_out_ends_no_other_login(browser):
    other = type(browser)(browser.http.application.test_client())
    for one in (browser, other):
        one.log_in()
    browser.post("/logout", {"csrf_token": browser.form_token("/")})
    assert other.get("/").status_code == 200


def test_only_a_page_that_is_opened_prolongs_a_login(browser, store):
    browser.log_in()
    batch = store.new_batch()
    assert browser.get("/").headers.getlist("Set-Cookie")
    for path in (f"/api/v1/batches/{batch.id}", "/static/base.css", "/alerts/open"):
        assert "Set-Cookie" not in browser.get(path, **{"Sec-Fetch-Mode": "cors"}).headers
    assert "Set-Cookie" not in browser.get(f"/batches/{batch.id}", **{"Sec-Fetch-Mode": "cors"}).headers
    assert "Set-Cookie" not in browser.get("/static/base.css").headers


def test_a_login_is_recorded_and_renews_a_hash_of_old_parameters(guarded_app, store, browser):
    with store.database.write() as session:
        add_account(session, "elder", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD), [])
    assert browser.log_in("elder").status_code == 303
    with store.database.read() as session:
        account = find_account(session, "elder")
    assert "m=19456,t=2,p=1" in account.password_hash
    assert account.last_login_at > datetime.now(UTC) - timedelta(minutes=1)
    assert browser.get("/").status_code == 403  # renewing the hash has not ended the login, but nothing is allowed
