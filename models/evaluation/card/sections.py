"""Building blocks of model cards, Markdown in and out. No library, so that any model's card may use them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from models.evaluation.figures import Figure

WIDTH = 120


def title(name: str, version: str, release_id: str) -> str:
    """The card's head, with what must stand on every page."""
    return (
        f"# Model card: {name} {version}\n\n"
        "**Research use only. Not a medical device; not for diagnosis.**\n\n"
        f"Release id `{release_id}`.\n"
    )


def section(heading: str, *parts: str) -> str:
    """A second-level section; each part is a paragraph, a list or a table."""
    return "\n".join([f"\n## {heading}\n", *(part.rstrip("\n") + "\n" for part in parts if part)])


def paragraph(text: str) -> str:
    """Prose, wrapped."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()), WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
        )
        for item in items
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells as `cell` prints them."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell(value) for value in line)} |" for line in lines)


def cell(value: object) -> str:
    """A figure with its interval, a number with three decimals, a dash for what is not defined."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def interval_note() -> str:
    """What the brackets after a figure are."""
    return paragraph(
        "In brackets: 95 % interval, percentile bootstrap over patient (or near-duplicate) groups, which is too narrow "
        "where groups are few. Where every case is right it is a point and says nothing of rarer errors."
    )


def files(recorded: Mapping[str, str]) -> str:
    """SHA-256 of the files, as release.json records them and loading checks them."""
    return section(
        "Files", paragraph("Checked against these digests whenever the model is loaded."),
        table(("file", "SHA-256"), [(name, f"`{digest}`") for name, digest in recorded.items()]),
    )  # fmt: skip


def licence(data_terms: str = "") -> str:
    """Who may use the weights, and for what; `data_terms` where the training images bind further."""
    return section("Licence", paragraph(f"Research use only. {data_terms}"))


def targets(rows: Iterable[tuple[str, str, Figure | None, bool | None]]) -> str:
    """(task, wanted, measured, reached or None where nothing was measured)."""
    said = {True: "reached", False: "not reached", None: "not measured"}
    return table(
        ("task", "target", "measured", ""), [(task, goal, figure, said[met]) for task, goal, figure, met in rows]
    )
