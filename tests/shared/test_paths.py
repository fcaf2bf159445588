"""Paths of scans inside a batch."""

from __future__ import annotations

import pytest

from shared.paths import MAX_PATH_CHARS, BadPathError, normalise_path


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("a.png", "a.png"),
        ("ward/study 1/ä.dcm", "ward/study 1/ä.dcm"),
        ("./a//b/./c.png", "a/b/c.png"),
        ("folder/", "folder"),
        ("a..b/...", "a..b/..."),
        ("x" * MAX_PATH_CHARS, "x" * MAX_PATH_CHARS),
    ],
)
def test_a_relative_path_is_normalised(raw: str, path: str) -> None:
    assert normalise_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        "",
        ".",
        "./",
        "/etc/passwd",
        "../a.png",
        "a/../../b.png",
        "a/..",
        "a\\b.png",
        "C:/a.png",
        "a\x00.png",
        "a\nb.png",
        "a\x7fb.png",
        "a\x85b.png",
        "a\u2028b.png",
        "a\udc80b.png",
        "x" * (MAX_PATH_CHARS + 1),
    ],
)
def test_a_path_that_could_mislead_is_refused(raw: str) -> None:
    with pytest.raises(BadPathError):
        normalise_path(raw)
