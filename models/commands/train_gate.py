"""`oncoqueue train gate`: what tells brain MRI from everything else."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--data", required=True, type=_FOLDER, help="Collections of known kinds.")
@click.option("--others", type=_FOLDER, help="Pictures of other kinds, DIR/<kind>/<source>/*.png; see docs/gate.md.")
@click.option(
    "--run", type=click.Path(path_type=Path), default=Path("runs/gate"), show_default=True, help="Features and curves."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where the release goes. Default: RUN/release/gate.")
@click.option("--seed", type=int, help="Default: the config's.")
@click.option("--config", "file", type=_FILE, help="Another TOML file than models/configs/gate.toml.")
def train_gate(
    data: Path, others: Path | None, run: Path, out: Path | None, seed: int | None, file: Path | None
) -> None:
    """Train the gate, on one core, in some fifteen minutes.

    Ends with an evaluation on held-out patients, on sources that training never saw, and with whole kinds left out.
    Research use only.
    """
    from models.training.gate.config import load_gate_config
    from models.training.gate.run import train_gate as train  # Keras, scikit-learn: seconds to import

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        config = load_gate_config(file) if file else load_gate_config()
    except (TypeError, ValueError) as error:
        raise click.ClickException(f"The config {file} cannot be read: {error}.") from error
    release = train(
        config if seed is None else replace(config, seed=seed), data, others, run, out or run / "release/gate"
    )
    click.echo(f"Release {release.id} is in {release.folder}")
