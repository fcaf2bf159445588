"""Passwords: argon2id with the parameters that OWASP recommends for servers with little memory to spare."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_CHARS = 12
MAX_CHARS = 1024
MEMORY_KIB = 19 * 1024
PASSES = 2
AT_A_TIME = 2  # many tries at once must not take the web server's memory


@dataclass(frozen=True)
class Checked:
    """Whether a password is right, and its new hash where the kept one was made with other parameters."""

    right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords; may be used by several threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(32))
        self._turn = BoundedSemaphore(AT_A_TIME)

    def hash(self, password: str) -> str:
        """What to keep of a password."""
        return self._hasher.hash(_normal(password))

    def check(self, kept: str | None, password: str) -> Checked:
        """Whether `password` is the one that `kept` was made of; None, an unknown name, takes as long to refuse."""
        with self._turn:
            try:
                self._hasher.verify(kept or self._nobodys, _normal(password[:MAX_CHARS]))
            except (VerificationError, InvalidHashError):
                return Checked(right=False)
            stale = kept is not None and self._hasher.check_needs_rehash(kept)
            return Checked(right=kept is not None, new_hash=self.hash(password) if stale else None)


def complaint_about(password: str) -> str | None:
    """Why this cannot be a password, in one sentence; None if it can."""
    if len(password) < MIN_CHARS:
        return f"A password has at least {MIN_CHARS} characters."
    if len(password) > MAX_CHARS:
        return f"A password has at most {MAX_CHARS} characters."
    return None


def _normal(password: str) -> str:
    """Keyboards differ in how they write the same letter."""
    return unicodedata.normalize("NFKC", password)
