"""Scopes as the database keeps them: words with blanks between."""

from __future__ import annotations

from collections.abc import Collection

from shared.states import Scope

KNOWN = {scope.value: scope for scope in Scope}


def scopes_as_words(scopes: Collection[Scope]) -> str:
    """In the order in which Scope declares them."""
    return " ".join(scope for scope in Scope if scope in scopes)


def scopes_of_words(words: str) -> frozenset[Scope]:
    """A word that a later release has added gives nothing here."""
    return frozenset(KNOWN[word] for word in words.split() if word in KNOWN)
