"""Hashing and checking passwords."""

from __future__ import annotations

from argon2 import PasswordHasher

from web.access.passwords import MAX_CHARS, Passwords, complaint_about

PASSWORD = "correct horse battery"


def test_a_password_fits_its_own_hash_only():
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert passwords.hash(PASSWORD) != kept
    assert passwords.check(kept, PASSWORD).right
    assert passwords.check(kept, PASSWORD).new_hash is None
    assert not passwords.check(kept, PASSWORD + "x").right


def test_an_unknown_name_or_a_broken_hash_fits_nothing():
    passwords = Passwords()
    assert not passwords.check(None, PASSWORD).right
    assert not passwords.check("broken", PASSWORD).right


def test_a_hash_of_old_parameters_is_renewed_for_the_right_password_only():
    passwords = Passwords()
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    renewed = passwords.check(kept, PASSWORD).new_hash
    assert renewed is not None
    assert passwords.check(renewed, PASSWORD).right
    assert passwords.check(kept, "wrong").new_hash is None


def test_letters_typed_on_different_keyboards_are_the_same():
    passwords = Passwords()
    assert passwords.check(passwords.hash("schlo\u0308sser und so"), "schl\u00f6sser und so").right


def test_short_and_endless_passwords_are_refused():
    assert "at least 12" in (complaint_about("x" * 11) or "")
    assert "at most" in (complaint_about("x" * (MAX_CHARS + 1)) or "")
    assert complaint_about("x" * 12) is None
