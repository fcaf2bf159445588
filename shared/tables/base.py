"""What all tables share: names of constraints, ids, times and words as columns."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, kept in UTC: TIMESTAMPTZ on PostgreSQL, text that sorts like the time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC; a naive time is a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a time zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC; SQLite drops the zone that it was given."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def words(kind: type[StrEnum], column: str) -> Enum:
    """A StrEnum as text with a check constraint, named by its column; a native type is awkward to migrate."""
    return Enum(
        kind,
        name=column,
        native_enum=False,
        create_constraint=True,
        length=12,
        values_callable=lambda words: [word.value for word in words],
    )


# On SQLite only `INTEGER PRIMARY KEY` counts up by itself.
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Names constraints alike on all databases, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
