"""Programs that may come in. The database keeps a token's SHA-256 only: nobody can read the token from it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from shared.errors import ConflictError, NotFoundError
from shared.states import Scope
from shared.store.clock import utc_now
from shared.store.inserts import insert_new
from shared.store.scopes import scopes_as_words, scopes_of_words
from shared.tables import TOKENS, TokenRow

PREFIX = "oq_"  # lets scanners of repositories and logs recognise a token that was left there
RANDOM_BYTES = 32
USE_RECORDED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token; the token itself is not."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def create_token(
    session: Session, name: str, scopes: Collection[Scope], lifetime: timedelta, now: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token and its text, which is told this once. Raises ConflictError where the name is taken."""
    now = now or utc_now(session)
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {
        "name": name,
        "digest": _digest(text),
        "scopes": scopes_as_words(scopes),
        "created_at": now,
        "expires_at": now + lifetime,
    }
    new = session.execute(insert_new(session, TOKENS).returning(TOKENS.c.id), [values]).scalar_one_or_none()
    if new is None:
        raise ConflictError(f"There is already a token {name}.")
    return _view(session.scalars(select(TokenRow).where(TokenRow.id == new)).one()), text


def list_tokens(session: Session) -> list[ApiToken]:
    """All tokens, by name; those that have expired too."""
    return [_view(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.name))]


def revoke_token(session: Session, name: str) -> None:
    """Delete a token. Raises NotFoundError."""
    if session.execute(delete(TokenRow).where(TokenRow.name == name).returning(TokenRow.id)).first() is None:
        raise NotFoundError("token", name)


def find_token(session: Session, text: str, now: datetime | None = None) -> ApiToken | None:
    """The token with this text, unless there is none or it has expired."""
    row = session.scalar(select(TokenRow).where(TokenRow.digest == _digest(text)))
    return _view(row) if row is not None and row.expires_at > (now or utc_now(session)) else None


def is_use_stale(token: ApiToken, now: datetime) -> bool:
    """Whether `record_use` would write: most requests need no write transaction."""
    return token.last_used_at is None or now - token.last_used_at >= USE_RECORDED_EVERY


def record_use(session: Session, token: ApiToken, now: datetime | None = None) -> None:
    """Keep when the token was used, to the minute."""
    now = now or utc_now(session)
    stale = or_(TokenRow.last_used_at.is_(None), TokenRow.last_used_at <= now - USE_RECORDED_EVERY)
    session.execute(update(TokenRow).where(TokenRow.id == token.id, stale).values(last_used_at=now))


def _digest(text: str) -> str:
    """A token is random and long, so a plain hash of it cannot be guessed back."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _view(row: TokenRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        scopes=scopes_of_words(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
