"""What every answer tells the browser."""

from __future__ import annotations

import pytest

from web.app import create_app

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("path", ["/", "/api/v1/batches", "/nowhere", "/static/base.css", "/login", "/health/live"])
def test_every_answer_has_the_policy(http, path):
    headers = http.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_other_services_on_this_host_may_go_on_without_https(http):
    assert "Strict-Transport-Security" not in http.get("/", base_url="https://localhost").headers


def test_where_it_is_set_https_is_demanded_from_now_on_but_only_over_https(web_settings):
    http = create_app(web_settings.model_copy(update={"hsts_days": 2})).test_client()
    assert "Strict-Transport-Security" not in http.get("/").headers
    assert http.get("/", base_url="https://localhost").headers["Strict-Transport-Security"] == "max-age=172800"


def test_pages_are_kept_nowhere(http, store):
    batch = store.new_batch()
    for path in ("/", f"/batches/{batch.id}", "/nowhere"):
        assert http.get(path, headers={"Accept": "text/html"}).headers["Cache-Control"] == "no-store"
