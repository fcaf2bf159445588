"""Who sends the request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import g

from shared.states import Scope


class Way(StrEnum):
    """How a visitor came in."""

    NONE = "not at all"
    LOCAL = "from this machine, where no login is needed"
    TOKEN = "with an API token"  # noqa: S105 - no token
    LOGIN = "with a password"


@dataclass(frozen=True)
class Visitor:
    """Who sends the request; `name` is that of the account or token."""

    way: Way
    name: str | None = None
    scopes: frozenset[Scope] = frozenset()

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody has logged in: what shows the button to log out."""
        return self.way is Way.LOGIN


NOBODY = Visitor(Way.NONE)
THIS_MACHINE = Visitor(Way.LOCAL, scopes=frozenset(Scope))


def visitor() -> Visitor:
    """Who sends the current request; NOBODY until the guard has looked."""
    found: Visitor = g.get("visitor", NOBODY)
    return found


def may(scope: str) -> bool:
    """Whether the visitor may do what `scope` names; for templates."""
    return Scope(scope) in visitor().scopes
