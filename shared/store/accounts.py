"""People who may log in. Whoever calls this has hashed the password; this module never sees one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.states import Scope
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.store.scopes import scopes_as_words, scopes_of_words
from shared.tables import USERS, UserRow


@dataclass(frozen=True)
class Account:
    """A person; a login made under an earlier `epoch` is over."""

    id: int
    name: str
    scopes: frozenset[Scope]
    epoch: int
    created_at: datetime
    last_login_at: datetime | None
    password_hash: str = field(repr=False)


def add_account(session: Session, name: str, password_hash: str, scopes: Collection[Scope]) -> Account:
    """A new account. Raises ConflictError where the name is taken."""
    values = {
        "name": name,
        "password_hash": password_hash,
        "scopes": scopes_as_words(scopes),
        "epoch": 1,
        "created_at": utc_now(session),
    }
    if session.execute(insert_new(session, USERS).returning(USERS.c.id), [values]).scalar_one_or_none() is None:
        raise ConflictError(f"There is already an account {name}.")
    return _named(session, name)


def set_password(session: Session, name: str, password_hash: str) -> Account:
    """A new password: epoch -> epoch + 1, which ends all logins. Raises NotFoundError."""
    new = {"password_hash": password_hash, "epoch": UserRow.epoch + 1}
    session.execute(update(UserRow).where(UserRow.name == name).values(new))
    return _named(session, name)


def remove_account(session: Session, name: str) -> None:
    """Delete an account; its logins are over. Raises NotFoundError."""
    account = _named(session, name)
    session.execute(delete(UserRow).where(UserRow.id == account.id))


def list_accounts(session: Session) -> list[Account]:
    """All accounts, by name."""
    return [_view(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]


def find_account(session: Session, name: str) -> Account | None:
    """The account of this name, if there is one."""
    row = session.scalar(select(UserRow).where(UserRow.name == name).execution_options(populate_existing=True))
    return _view(row) if row is not None else None


def get_account(session: Session, account_id: int) -> Account | None:
    """The account with this id, if it is still there."""
    row = session.scalar(select(UserRow).where(UserRow.id == account_id))
    return _view(row) if row is not None else None


def has_accounts(session: Session) -> bool:
    """Whether anybody can log in."""
    return session.scalar(select(UserRow.id).limit(1)) is not None


def record_login(session: Session, account: Account, new_hash: str | None) -> None:
    """Keep when somebody logged in, and the password's hash by today's parameters where that is a new one."""
    session.execute(update(UserRow).where(UserRow.id == account.id).values(last_login_at=utc_now(session)))
    if new_hash is not None:
        # Unless the password was changed meanwhile: then this hash is of the old one.
        same = (UserRow.id == account.id, UserRow.epoch == account.epoch)
        session.execute(update(UserRow).where(*same).values(password_hash=new_hash))


def _named(session: Session, name: str) -> Account:
    account = find_account(session, name)
    if account is None:
        raise NotFoundError("account", name)
    return account


def _view(row: UserRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        scopes=scopes_of_words(row.scopes),
        epoch=row.epoch,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        password_hash=row.password_hash,
    )
