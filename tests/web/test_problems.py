"""Every error is a problem document, and for a browser a page."""

from __future__ import annotations

import re
import time

import pytest

from web.app import create_app
from web.problem import Problem


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/batches/0", 404),
        ("GET", "/api/v1/batches/x", 404),
        ("GET", "/api/v1/batches/99999999999999999999999", 404),
        ("GET", "/api/v1/batches/77", 404),
        ("GET", "/api/v1/scans/77/images/overlay", 404),
        ("GET", "/batches/77", 404),
        ("DELETE", "/api/v1/batches", 405),
        ("POST", "/api/v1/batches", 415),
        ("GET", "/api/v1/batches?colour=blue", 422),
        ("GET", "/?colour=blue", 422),
        ("GET", "/?after=x", 422),
    ],
)
def test_an_error_is_a_problem_document(http, method, path, status):
    answer = http.open(path, method=method)
    assert answer.mimetype == "application/problem+json"
    problem = Problem.model_validate_json(answer.data)
    assert (answer.status_code, problem.status) == (status, status)
    assert problem.instance == path.partition("?")[0]
    assert problem.title
    assert problem.detail


def test_a_wrong_method_names_the_right_ones(http):
    assert "POST" in http.delete("/api/v1/batches").headers["Allow"]


def test_broken_json_is_a_422(http):
    answer = http.post("/api/v1/batches", data=b'{"name": ', content_type="application/json")
    assert answer.status_code == 422


def test_too_much_json_is_a_413(http):
    answer = http.post("/api/v1/batches", data=b" " * (9 * 1024 * 1024), content_type="application/json")
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


def test_our_own_mistake_is_a_500_that_tells_nothing(app):
    @app.get("/broken")
    def broken():
        raise RuntimeError("a secret")

    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert b"secret" not in answer.data
    assert b"Traceback" not in answer.data


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(web_settings):
    away = web_settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    answer = create_app(away).test_client().get("/api/v1/batches")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["detail"] == "The database does not answer; try again shortly."


BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("GET", "/batches/77", 404, "There is no batch 77."),
        ("GET", "/?after=x", 422, "after"),
        ("DELETE", "/", 405, "Method Not Allowed"),
    ],
)
def test_for_a_browser_an_error_is_a_page(http, method, path, status, said):
    answer = http.open(path, method=method, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert said in answer.text
    assert "Research use only" in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/batches/77", "/metrics/nowhere", "/health/nowhere"])
def test_what_is_for_programs_answers_a_browser_alike(http, path):
    assert http.get(path, headers=BROWSER).mimetype == "application/problem+json"


def test_our_own_mistake_is_a_page_that_tells_nothing(app):
    @app.get("/broken")
    def broken():
        raise RuntimeError("a secret")

    answer = app.test_client().get("/broken", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert "secret" not in answer.text


@pytest.mark.parametrize("login", ["auto", "always"])
@pytest.mark.parametrize("path", ["/", "/login", "/batches/1", "/alerts"])
def test_while_the_database_is_away_every_page_says_that_it_will_be_back(web_settings, path, login):
    away = web_settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none", "login": login})
    http = create_app(away).test_client()
    if login == "always":
        http.set_cookie("oncoqueue", cookie_of_a_login(http.application))
    answer = http.get(path, headers=BROWSER)
    if (login, path) == ("auto", "/login"):
        assert answer.status_code == 303
        return
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert int(answer.headers["Retry-After"]) > 0
    assert "try again shortly" in answer.text
    assert f'href="{path}">Try again' in answer.text


def cookie_of_a_login(app):
    """What the browser of somebody holds who logged in before the database went away."""
    signer = app.session_interface.get_signing_serializer(app)
    return signer.dumps({"_user_id": "1:1", "since": time.time(), "login": "any", "_permanent": True})


def test_trying_again_leads_to_no_other_host(web_settings):
    away = {"database_url": "postgresql://nobody@127.0.0.1:1/none", "login": "always"}
    http = create_app(web_settings.model_copy(update=away)).test_client()
    http.set_cookie("oncoqueue", cookie_of_a_login(http.application))
    answer = http.get("/", environ_overrides={"PATH_INFO": "//evil.example/away"}, headers=BROWSER)
    assert answer.status_code == 503
    assert re.search(r'href="/(?!/)[^"]*">Try again', answer.text)
