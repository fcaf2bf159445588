"""An application that asks for a login, and somebody who may log in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from web.app import create_app

PASSWORD = "correct horse battery"
HTTPS = "https://scans.example"
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class Browser:
    """A test client as a browser: cookies, forms with their tokens, pages instead of JSON."""

    http: FlaskClient
    base_url: str = HTTPS

    def get(self, path: str, **given: Any) -> Any:
        """Look at a page."""
        return self.http.get(path, base_url=self.base_url, headers=PAGE | given)

    def post(self, path: str, form: dict[str, str], **headers: str) -> Any:
        """Send a form as it is."""
        origin = {"Origin": self.base_url}
        return self.http.post(path, base_url=self.base_url, data=form, headers=PAGE | origin | headers)

    def form_token(self, path: str = "/login") -> str:
        """The token in the form on a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found is not None
        return found[1]

    def log_in(self, name: str = "reader", password: str = PASSWORD, path: str = "/login") -> Any:
        """Fill in the form and send it."""
        return self.post(path, {"csrf_token": self.form_token(), "name": name, "password": password})


@pytest.fixture
def guarded_app(web_settings):
    """An application that asks everybody, with the account `reader`."""
    return create_app(web_settings.model_copy(update={"login": "always"}))


@pytest.fixture
def browser(guarded_app, store) -> Browser:
    """A browser over HTTPS."""
    store.new_account("reader", PASSWORD)
    return Browser(guarded_app.test_client())
