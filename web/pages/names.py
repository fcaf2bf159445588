"""Names that others chose, as they are shown."""

from __future__ import annotations

TURNS = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C], "\N{REPLACEMENT CHARACTER}"
)


def plain(name: str) -> str:
    """The name with what would turn its reading direction made visible: "exe.gpj" must not look like "jpg.exe"."""
    return name.translate(TURNS)
