"""Logins that were ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.store.logins import end_login, forget_ended_logins, is_ended

Call = Callable[..., Any]


def test_a_login_is_ended_once_and_for_all(write: Call, read: Call) -> None:
    assert not read(is_ended, "one")
    write(end_login, "one")
    write(end_login, "one")
    assert read(is_ended, "one")
    assert not read(is_ended, "two")


def test_a_login_is_forgotten_once_its_cookie_is_too_old(write: Call, read: Call) -> None:
    write(end_login, "one")
    assert write(forget_ended_logins) == 0
    assert read(is_ended, "one")
    assert write(forget_ended_logins, timedelta(seconds=-1)) == 1
    assert not read(is_ended, "one")
