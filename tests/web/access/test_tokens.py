"""Programs and their tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.store.tokens import list_tokens, revoke_token
from web.access import tokens
from web.app import create_app

PATH = "/api/v1/batches"


@pytest.fixture
def http(guarded_app):
    """An application that asks everybody."""
    return guarded_app.test_client()


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def last_use(store):
    with store.database.read() as session:
        (token,) = list_tokens(session)
    return token.last_used_at


def test_a_token_that_has_expired_is_refused(http, store):
    answer = http.get(PATH, headers=bearer(store.new_token("old", days=-0.001)))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert "expired" in answer.json["detail"]


def test_a_token_that_was_revoked_is_refused(http, store):
    text = store.new_token("gone")
    assert http.get(PATH, headers=bearer(text)).status_code == 200
    with store.database.write() as session:
        revoke_token(session, "gone")
    assert http.get(PATH, headers=bearer(text)).status_code == 401


def test_the_use_of_a_token_is_recorded(http, store):
    text = store.new_token("used")
    assert last_use(store) is None
    http.get(PATH, headers=bearer(text))
    assert last_use(store) > datetime.now(UTC) - timedelta(minutes=1)


def test_a_program_needs_no_token_of_a_form_and_gets_no_cookie(http, store):
    answer = http.post(PATH, json={"name": "night"}, headers=bearer(store.new_token("all")))
    assert answer.status_code == 201
    assert "Set-Cookie" not in http.get("/", headers=bearer(store.new_token("more"))).headers


def test_too_many_unknown_tokens_are_refused_but_known_ones_never(web_settings, store, monkeypatch):
    monkeypatch.setattr(tokens, "FAILURES_ALLOWED", "2 per minute")
    http = create_app(web_settings.model_copy(update={"login": "always"})).test_client()
    assert [http.get(PATH, headers=bearer(f"oq_{turn}")).status_code for turn in range(3)] == [401, 401, 429]
    refused = http.get(PATH, headers=bearer("oq_9"))
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.mimetype == "application/problem+json"
    assert http.get(PATH, headers=bearer(store.new_token("known"))).status_code == 200
    assert http.get(PATH, headers=bearer("oq_9"), environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 401
