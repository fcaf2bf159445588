"""Who may speak to the server."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from shared.errors import SettingsError
from web.addresses import is_loopback
from web.app import create_app


@pytest.fixture
def guarded(web_settings, token):
    """An application that asks for the token."""
    return create_app(web_settings.model_copy(update={"api_token": SecretStr(token)})).test_client()


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/batches", "/metrics", "/api/v1/openapi.json", "/static/base.css", "/nowhere"]
)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "Basic a-token-for-tests", "Bearer ü"])
def test_without_the_right_token_nothing_is_told(guarded, path, header):
    answer = guarded.get(path, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"


def test_with_the_token_everything_is_told(guarded, token):
    for path in ("/", "/api/v1/batches", "/metrics", "/static/base.css"):
        assert guarded.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_health_needs_no_token(guarded):
    assert guarded.get("/health/live").status_code == 200
    assert guarded.get("/health/ready").status_code == 200


def test_on_other_addresses_the_server_does_not_start_without_a_token(web_settings):
    with pytest.raises(SettingsError, match="ONCOQUEUE_API_TOKEN"):
        create_app(web_settings.model_copy(update={"host": "0.0.0.0"}))


def test_without_a_token_a_foreign_name_for_this_machine_is_refused(http):
    assert http.get("/api/v1/batches", headers={"Host": "evil.example"}).status_code == 403
    assert http.get("/api/v1/batches", headers={"Host": "[::1]:8077"}).status_code == 200


def test_without_a_token_a_page_of_another_site_cannot_change_anything(http, store):
    batch = store.new_batch()
    headers = {"Origin": "https://evil.example"}
    assert http.post(f"/api/v1/batches/{batch.id}/cancel", headers=headers).status_code == 403
    headers = {"Origin": "http://localhost"}
    assert http.post(f"/api/v1/batches/{batch.id}/cancel", headers=headers).status_code == 200


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
