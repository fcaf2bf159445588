"""Who may come in: people with a password, programs with a token."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.tables.base import Base, Id, UtcDateTime


class UserRow(Base):
    """A person. `scopes` are words with blanks between; `epoch` grows with each new password and ends all logins."""

    __tablename__ = "users"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TokenRow(Base):
    """A program. Only the SHA-256 of its token is kept: a token is random and long, so no slow hash is needed."""

    __tablename__ = "api_tokens"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EndedLoginRow(Base):
    """A login that was ended before its time: cookies that still name it are worth nothing."""

    __tablename__ = "ended_logins"

    login: Mapped[str] = mapped_column(String(43), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


USERS = cast(Table, UserRow.__table__)
TOKENS = cast(Table, TokenRow.__table__)
ENDED_LOGINS = cast(Table, EndedLoginRow.__table__)
