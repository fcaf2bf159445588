"""`oncoqueue models`: what is installed, and the model cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from models.digests import check_digests
from models.errors import ModelsError, ReleaseError
from models.release import CARD_FILE, WEIGHTS_FOLDER


@click.command()
@click.argument("name", required=False)
def models(name: str | None) -> None:
    """List the models that are installed and check their files; with NAME, or a release's folder, show its card.

    Research use only.
    """
    try:
        if name:
            own = Path(name)  # one that training left in a folder
            _show_card(own if (own / "release.json").is_file() else WEIGHTS_FOLDER / name)
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
    from rich.console import Console
    from rich.markdown import Markdown

    _values(folder)
    card = folder / CARD_FILE
    if not card.exists():
        raise ReleaseError(f"The model {folder.name} has no card: it was never evaluated.")
    console, text = Console(), card.read_text(encoding="utf-8")
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        click.echo(text)


def _values(folder: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        if not {"name", "version", "files"} <= values.keys():
            raise ValueError("it lacks name, version or files")
    except FileNotFoundError as error:
        there = ", ".join(sorted(path.parent.name for path in WEIGHTS_FOLDER.glob("*/release.json")))
        raise ReleaseError(f"There is no model {folder.name!r}; there is {there}.") from error
    except ValueError as error:
        raise ReleaseError(f"The release file of model {folder.name!r} is damaged: {error}") from error
    return values
