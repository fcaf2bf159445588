"""Requests that outlast a restart of the server. Every request of ours may be sent twice without harm."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from shared.addresses import is_loopback
from shared.errors import SettingsError
from web.client.errors import ApiError, ServerAwayError, StoppedError, WrongServerError
from web.client.failures import NAMES, explained
from web.problem import Problem

CONNECT_SECONDS = 5
READ_SECONDS = 120  # a large upload is hashed and flushed before the answer comes
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 10.0
BUSY_STATUSES = frozenset({429, 502, 503, 504})

Body = Callable[[], Iterator[bytes]]


class Transport:
    """One server, reached through a pool of connections; may be used by several threads."""

    def __init__(
        self, server_url: str, token: str | None, patience_seconds: float, ca_file: Path | None = None
    ) -> None:
        """`ca_file`: PEM of certificates to trust beside those that the system trusts."""
        self.server_url = server_url.rstrip("/")
        self.patience_seconds = patience_seconds
        self._stopped = Event()
        self._http = httpx.Client(
            base_url=self.server_url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            # Shorter than the server keeps a connection, so that it is not closed under a request.
            limits=httpx.Limits(max_connections=32, keepalive_expiry=5),
            # No proxy leads to this machine. What to trust is said apart from that, and holds here too.
            trust_env=not is_loopback(urlsplit(self.server_url).hostname or ""),
            verify=True if ca_file is None else trusting(ca_file),
        )

    def stop(self) -> None:
        """End all waiting, now and later, with StoppedError."""
        self._stopped.set()

    def pause(self, seconds: float) -> None:
        """Sleep. Raises StoppedError."""
        if self._stopped.wait(seconds):
            raise StoppedError("Stopped.")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | Body | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> httpx.Response:
        """Send until the server answers; a `content` that is a function is called for each attempt.

        Raises ApiError where it refuses, ServerAwayError where it stays silent or busy beyond the patience, and
        WrongServerError at once.
        """
        deadline = time.monotonic() + self.patience_seconds
        for pause in _pauses():
            body = content() if callable(content) else content
            try:
                response = self._http.request(method, path, content=body, headers=headers, params=params)
            except httpx.TransportError as error:
                self._wait(pause, deadline, explained(error, self.server_url))
                continue
            if response.status_code not in BUSY_STATUSES:
                return _accepted(response)
            busy = f"The server at {self.server_url} is busy or starts (HTTP {response.status_code}). Try again later."
            self._wait(max(pause, retry_after(response) or 0), deadline, ServerAwayError(busy))
        raise AssertionError("the pauses never end")

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a large answer as they arrive. Not retried: the caller may have used some."""
        try:
            with self._http.stream("GET", path) as response:
                if response.is_error:
                    response.read()
                yield _accepted(response).iter_bytes()
        except httpx.TransportError as error:
            raise explained(error, self.server_url) from error

    def _wait(self, pause: float, deadline: float, failure: ServerAwayError | WrongServerError) -> None:
        if isinstance(failure, WrongServerError) or time.monotonic() + pause > deadline:
            raise failure
        self.pause(pause)


def trusting(ca_file: Path) -> ssl.SSLContext:
    """What the system trusts, and the certificates in the file. Raises SettingsError."""
    context = httpx.create_ssl_context()
    # A certificate that somebody names is meant, also where it is made by hand: not a CA's, or without all extensions
    # that Python asks for from 3.13 on.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ValueError) as error:
        raise SettingsError(f"ONCOQUEUE_SERVER_CA_FILE: {ca_file} is no PEM file of certificates: {error}.") from error
    return context


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that the answer asks to wait; None where it does not say."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _pauses() -> Iterator[float]:
    """Exponential backoff with jitter, in seconds."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients in time, guards nothing
        pause = min(2 * pause, LONGEST_PAUSE)


def _accepted(response: httpx.Response) -> httpx.Response:
    """The response, unless it is an error."""
    if response.has_redirect_location:
        where = response.headers["Location"]
        raise WrongServerError(f"{response.url} leads on to {where}: write the server's own address in {NAMES}.")
    if not response.is_error:
        return response
    try:
        detail = _detail(Problem.model_validate_json(response.content))
    except ValidationError:
        detail = response.reason_phrase
    raise ApiError(response.status_code, detail)


def _detail(problem: Problem) -> str:
    wrong: list[Any] = [f"{error.where}: {error.message}" for error in problem.errors]
    return " ".join([problem.detail, *wrong])
