"""Logins that were ended before their time. A cookie cannot be taken back, so what it names is remembered instead."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.tables import ENDED_LOGINS, EndedLoginRow

LONGEST_LOGIN = timedelta(days=7)
"""A login is over by then, ended or not, however often pages are opened under it."""


def end_login(session: Session, login: str) -> None:
    """Remember that this login is over. Ending it again changes nothing."""
    session.execute(insert_new(session, ENDED_LOGINS), [{"login": login, "ended_at": utc_now(session)}])


def is_ended(session: Session, login: str) -> bool:
    """Whether this login was ended."""
    return session.scalar(select(EndedLoginRow.login).where(EndedLoginRow.login == login)) is not None


def forget_ended_logins(session: Session, longest: timedelta = LONGEST_LOGIN) -> int:
    """Forget those whose cookies are too old by now anyway; gives how many."""
    old = EndedLoginRow.ended_at < utc_now(session) - longest
    return len(session.execute(delete(EndedLoginRow).where(old).returning(EndedLoginRow.login)).all())
