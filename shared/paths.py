"""The path of a scan inside its batch: relative, normalised, printable. It names a scan; it is never opened here."""

from __future__ import annotations

import re
import unicodedata

MAX_PATH_CHARS = 1024
FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}  # control characters with NUL, lone surrogates, line separators
DRIVE = re.compile(r"[A-Za-z]:")


class BadPathError(ValueError):
    """A path no scan may have; the message says why, without repeating the path."""


def normalise_path(raw: str) -> str:
    """`raw` as a relative path with `/` between its parts and no empty or `.` part; raises BadPathError."""
    if any(unicodedata.category(character) in FORBIDDEN_CATEGORIES for character in raw):
        raise BadPathError("The path has a control character or is not valid Unicode.")
    if "\\" in raw or DRIVE.match(raw):
        raise BadPathError("The path has a backslash or a drive letter; use / between folders.")
    if raw.startswith("/"):
        raise BadPathError("The path is absolute; send it relative to the folder that is submitted.")
    parts = [part for part in raw.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise BadPathError("The path leaves its folder (..).")
    if not parts:
        raise BadPathError("The path is empty.")
    path = "/".join(parts)
    if len(path) > MAX_PATH_CHARS:
        raise BadPathError(f"The path is longer than {MAX_PATH_CHARS} characters.")
    return path
