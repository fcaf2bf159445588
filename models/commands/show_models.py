"""`oncoqueue models`: what is installed, and the model cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models.digests import check_digests
from models.errors import ModelsError, ReleaseError
from models.release import WEIGHTS_FOLDER, release_folder


@click.command()
@click.argument("name", required=False)
def models(name: str | None) -> None:
    """List the models that are installed and check their files; with NAME, or a release's folder, show its card.

    Research use only.
    """
    try:
        if name:
            _show_card(release_folder(name))
        else:
            _list(sorted(path.parent for path in WEIGHTS_FOLDER.glob("*/release.json")))
    except ModelsError as error:
        raise click.ClickException(str(error)) from error


def _list(folders: list[Path]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "version", "files", "SHA-256", title="Research use only", title_justify="left")
    damaged = []
    for folder in folders:
        values = _values(folder)
        try:
            check_digests(folder, values["files"])
            state = "as recorded"
        except ReleaseError as error:
            damaged.append(str(error))
            state = "damaged"
        size = sum((folder / file).stat().st_size for file in values["files"] if (folder / file).exists())
        table.add_row(values["name"], values["version"], f"{len(values['files'])}, {size / 1e6:.1f} MB", state)
    Console().print(table)
    click.echo("oncoqueue models NAME shows a model's card: what it was trained on, its figures and its limits.")
    if damaged:
        raise ReleaseError(" ".join(damaged))


def _show_card(folder: Path) -> None:
    """As its two JSON files make it, and only of the very files that it speaks of."""
    from rich.console import Console
    from rich.markdown import Markdown

    from models.evaluation.card import EVALUATION_FILE, render_card

    check_digests(folder, _values(folder)["files"])
    if not (folder / EVALUATION_FILE).exists():
        raise ReleaseError(f"The model in {folder} has no card: it was never evaluated.")
    console, text = Console(), render_card(folder)
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        click.echo(text)


def _values(folder: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        if not isinstance(values, dict) or not {"name", "version", "files"} <= values.keys():
            raise ValueError("it lacks name, version or files")
    except (OSError, ValueError) as error:
        raise ReleaseError(f"The release file in {folder} is damaged: {error}") from error
    return values
