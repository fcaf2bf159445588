"""Tokens of programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from shared.errors import ConflictError, NotFoundError
from shared.states import Scope
from shared.store.scopes import scopes_of_words
from shared.store.tokens import create_token, find_token, is_use_stale, list_tokens, record_use, revoke_token
from shared.tables import TokenRow

DAY = timedelta(days=1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_token_is_found_by_its_text_until_it_expires(write, read):
    token, words = write(create_token, "scanner", {Scope.SUBMIT}, DAY, NOW)
    assert words.startswith("oq_")
    assert len(words) > 40
    assert read(find_token, words, NOW + DAY - timedelta(seconds=1)) == token
    assert read(find_token, words, NOW + DAY) is None
    assert read(find_token, words + "x", NOW) is None


def test_the_database_keeps_a_hash_only(write, read):
    _, words = write(create_token, "scanner", {Scope.SUBMIT}, DAY)
    row = read(lambda session: session.execute(select(*TokenRow.__table__.columns)).one())
    assert words not in str(row)
    assert words.removeprefix("oq_") not in str(row)


def test_a_name_is_taken_once_and_free_again_when_revoked(write):
    write(create_token, "scanner", [], DAY)
    with pytest.raises(ConflictError, match="already a token scanner"):
        write(create_token, "scanner", [], DAY)
    write(revoke_token, "scanner")
    write(create_token, "scanner", [], DAY)
    with pytest.raises(NotFoundError, match="no token nobody"):
        write(revoke_token, "nobody")


def test_use_is_recorded_once_a_minute(write, read):
    token, _ = write(create_token, "scanner", [], DAY, NOW)

    def used(after):
        write(record_use, token, NOW + timedelta(seconds=after))
        (found,) = read(list_tokens)
        return (found.last_used_at - NOW).total_seconds()

    assert is_use_stale(token, NOW)
    assert [used(0), used(59), used(60), used(61)] == [0, 0, 60, 60]
    (found,) = read(list_tokens)
    assert not is_use_stale(found, NOW + timedelta(seconds=119))
    assert is_use_stale(found, NOW + timedelta(seconds=120))


def test_text_that_is_no_token_finds_nothing(read):
    for words in ("", "\ud800", "x" * 100_000, "\x00"):
        assert read(find_token, words) is None


def test_a_scope_of_a_later_release_gives_nothing(write, read):
    _, words = write(create_token, "scanner", {Scope.READ}, DAY)
    write(lambda session: session.execute(text("UPDATE api_tokens SET scopes = 'read conquer'")))
    assert read(find_token, words).scopes == {Scope.READ}
    assert scopes_of_words("") == frozenset()
