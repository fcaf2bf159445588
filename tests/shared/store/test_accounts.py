"""Accounts of people."""

from __future__ import annotations

import pytest

from shared.errors import ConflictError, NotFoundError
from shared.states import Scope
from shared.store.accounts import (
    add_account,
    find_account,
    get_account,
    has_accounts,
    list_accounts,
    record_login,
    remove_account,
    set_password,
)


def test_an_account_is_found_by_name_and_by_id(write, read):
    assert not read(has_accounts)
    account = write(add_account, "reader", "hash", {Scope.MANAGE, Scope.READ})
    assert read(has_accounts)
    assert read(find_account, "reader") == read(get_account, account.id) == account
    assert (account.scopes, account.epoch, account.last_login_at) == ({Scope.READ, Scope.MANAGE}, 1, None)
    assert read(find_account, "nobody") is None
    assert "hash" not in repr(account)


def test_a_name_is_taken_once(write, read):
    write(add_account, "reader", "hash", [])
    with pytest.raises(ConflictError, match="already an account reader"):
        write(add_account, "reader", "other", [])
    assert read(find_account, "reader").password_hash == "hash"


def test_a_new_password_begins_a_new_epoch(write):
    write(add_account, "reader", "hash", [])
    account = write(set_password, "reader", "new")
    assert (account.password_hash, account.epoch) == ("new", 2)
    with pytest.raises(NotFoundError, match="no account nobody"):
        write(set_password, "nobody", "new")


def test_a_login_is_recorded_and_may_renew_the_hash_in_the_same_epoch(write, read):
    account = write(add_account, "reader", "hash", [])
    write(record_login, account, "renewed")
    found = read(find_account, "reader")
    assert (found.password_hash, found.epoch) == ("renewed", 1)
    assert found.last_login_at is not None


def test_a_renewed_hash_of_the_old_password_never_replaces_a_new_password(write, read):
    before = write(add_account, "reader", "hash", [])
    write(set_password, "reader", "new")
    write(record_login, before, "renewed")
    assert read(find_account, "reader").password_hash == "new"


def test_an_id_is_never_given_again(write, read):
    first = write(add_account, "reader", "hash", [])
    write(remove_account, "reader")
    second = write(add_account, "reader", "hash", [])
    assert second.id > first.id
    assert read(get_account, first.id) is None


def test_accounts_are_listed_by_name(write, read):
    for name in ("b", "a"):
        write(add_account, name, "hash", [])
    assert [account.name for account in read(list_accounts)] == ["a", "b"]
    with pytest.raises(NotFoundError):
        write(remove_account, "nobody")
